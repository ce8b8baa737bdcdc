// The parameters of a Responses request that no other API has: which may be left out and named to the client, and which would change the
// answer. What OpenAI remembers between requests (responses, conversations, prompts, files) nobody else knows.

import type { JsonObject, JsonValue } from '../conversation.ts'
import {
  expectArray,
  expectObject,
  expectOneOf,
  expectString,
  malformed,
  optionalBoolean,
  optionalInteger,
  optionalObject,
  optionalString,
  unsupported,
} from '../field-checks.ts'
import { type Judge, judgeAll } from '../judge-parameters.ts'

const dropTrue: Judge = (value, param) => (optionalBoolean(value, param) === true ? [param] : [])
const dropString: Judge = (value, param) => (expectString(value, param) === '' ? [] : [param])
const dropObject: Judge = (value, param) => (Object.keys(expectObject(value, param)).length > 0 ? [param] : [])
const dropList: Judge = (value, param) => (expectArray(value, param).length > 0 ? [param] : [])
const dropUnless =
  (...harmless: readonly string[]): Judge =>
  (value, param) =>
    harmless.includes(expectString(value, param)) ? [] : [param]
const refuse =
  (reason: string): Judge =>
  (_value, param) => {
    throw unsupported(param, reason)
  }
/** OpenAI's own words for parameters of the chat API. */
const moved =
  (newName: string): Judge =>
  (_value, param) => {
    throw malformed(param, `is a parameter of the chat API; here it is ${newName}`)
  }

const readElsewhere = new Set(
  'model input instructions tools tool_choice parallel_tool_calls max_output_tokens temperature top_p user safety_identifier metadata stream'.split(' '),
)

const judges: ReadonlyMap<string, Judge> = new Map<string, Judge>([
  ['previous_response_id', refuse('names a response that only OpenAI has; send the whole conversation as input')],
  ['conversation', refuse('names a conversation that only OpenAI has; send its items as input')],
  ['prompt', refuse('names a prompt template that only OpenAI has; send its text as instructions')],
  ['background', judgeBackground],
  ['moderation', refuse('asks for moderation results, which only OpenAI gives')],
  ['top_logprobs', judgeLogprobs],
  ['text', judgeText],
  ['reasoning', judgeReasoning],
  ['include', judgeInclude],
  ['stream_options', (value, param) => (optionalObject(value, param) === undefined ? [] : [])],
  ['store', dropTrue],
  // It bounds calls of OpenAI's own tools, which are refused.
  ['max_tool_calls', (value, param) => (optionalInteger(value, param) === undefined ? [] : [param])],
  ['context_management', dropList],
  ['prompt_cache_key', dropString],
  ['prompt_cache_retention', dropString],
  ['prompt_cache_options', dropObject],
  ['service_tier', dropUnless('auto', 'default')],
  ['truncation', (value, param) => (expectOneOf(value, param, ['auto', 'disabled']) === 'auto' ? [param] : [])],
  ['messages', moved('input')],
  ['response_format', moved('text.format')],
  ['reasoning_effort', moved('reasoning.effort')],
  ['verbosity', moved('text.verbosity')],
  ['max_tokens', moved('max_output_tokens')],
  ['max_completion_tokens', moved('max_output_tokens')],
])

/** The names of what was left out. Throws TollgateError for what would change the answer. */
export function judgeParameters(body: JsonObject): string[] {
  return judgeAll(body, judges, readElsewhere)
}

function judgeBackground(value: JsonValue, param: string): readonly string[] {
  if (optionalBoolean(value, param) === true) throw unsupported(param, 'asks for an answer to be fetched later, which only OpenAI keeps')
  return []
}

function judgeLogprobs(value: JsonValue, param: string): readonly string[] {
  const count = optionalInteger(value, param, { least: 0, most: 20 }) ?? 0
  if (count > 0) throw unsupported(param, 'asks for token probabilities, which this model does not give through this API')
  return []
}

function judgeText(value: JsonValue, param: string): readonly string[] {
  const verbosity = expectObject(value, param)['verbosity'] ?? undefined
  if (verbosity === undefined) return []
  return expectOneOf(verbosity, `${param}.verbosity`, ['low', 'medium', 'high']) === 'medium' ? [] : [`${param}.verbosity`]
}

function judgeReasoning(value: JsonValue, param: string): readonly string[] {
  const fields = expectObject(value, param)
  const isSaid = (name: string): boolean => !['', 'auto', 'standard'].includes(optionalString(fields[name], `${param}.${name}`) ?? '')
  return ['context', 'mode'].filter(isSaid).map((name) => `${param}.${name}`)
}

// Encrypted thoughts are in every answer (encrypted-content.ts); the rest is about OpenAI's own tools, or probabilities.
function judgeInclude(value: JsonValue, param: string): readonly string[] {
  const names = expectArray(value, param).map((name, index) => expectString(name, `${param}[${index}]`))
  return names.every((name) => name === 'reasoning.encrypted_content') ? [] : [param]
}
