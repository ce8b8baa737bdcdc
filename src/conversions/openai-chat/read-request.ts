// A chat completions request, read whole. Source: platform.openai.com, API reference, "Create chat completion"; extensions are named where
// they are read.

import { type Conversation, efforts, type JsonObject, type JsonValue, type OutputFormat, type Reasoning } from '../conversation.ts'
import {
  expectObject,
  expectOneOf,
  expectString,
  malformed,
  notThis,
  optionalBoolean,
  optionalInteger,
  optionalNumber,
  optionalObject,
  optionalString,
  optionalStrings,
} from '../field-checks.ts'
import { isList } from '../json-value.ts'
import { checkStreamOptions, judgeParameters } from './judge-parameters.ts'
import { readMessages } from './read-messages.ts'
import { readTools } from './read-tools.ts'

const readHere: ReadonlySet<string> = new Set(
  [
    'model messages tools tool_choice parallel_tool_calls response_format max_tokens max_completion_tokens temperature top_p top_k',
    'presence_penalty frequency_penalty seed stop reasoning_effort thinking user safety_identifier metadata stream stream_options',
  ].flatMap((names) => names.split(' ')),
)

export function readRequest(body: JsonObject): Conversation {
  const dropped = judgeParameters(body, readHere)
  checkStreamOptions(body)
  const { system, messages, dropped: droppedOfMessages } = readMessages(body['messages'])
  const { tools, toolChoice, parallelToolCalls } = readTools(body)
  const maxTokens = optionalInteger(body['max_tokens'], 'max_tokens', { least: 1 })
  const user = optionalString(body['user'], 'user')
  return {
    system,
    messages,
    tools,
    toolChoice,
    parallelToolCalls,
    output: readOutput(body['response_format']),
    maxOutputTokens: optionalInteger(body['max_completion_tokens'], 'max_completion_tokens', { least: 1 }) ?? maxTokens,
    temperature: optionalNumber(body['temperature'], 'temperature', { least: 0, most: 2 }),
    topP: optionalNumber(body['top_p'], 'top_p', { least: 0, most: 1 }),
    // Not OpenAI's, but of every server that runs open models, and Anthropic and Google have it.
    topK: optionalInteger(body['top_k'], 'top_k'),
    presencePenalty: optionalNumber(body['presence_penalty'], 'presence_penalty', { least: -2, most: 2 }),
    frequencyPenalty: optionalNumber(body['frequency_penalty'], 'frequency_penalty', { least: -2, most: 2 }),
    seed: optionalInteger(body['seed'], 'seed'),
    stop: readStop(body['stop']),
    reasoning: readReasoning(body),
    user: optionalString(body['safety_identifier'], 'safety_identifier') ?? user,
    metadata: optionalStrings(body['metadata'], 'metadata'),
    stream: optionalBoolean(body['stream'], 'stream') ?? false,
    dropped: droppedOfMessages.length === 0 ? dropped : [...dropped, ...droppedOfMessages],
  }
}

function readOutput(value: JsonValue | undefined): OutputFormat | undefined {
  const format = optionalObject(value, 'response_format')
  if (format === undefined) return undefined
  switch (expectOneOf(format['type'], 'response_format.type', ['text', 'json_object', 'json_schema'])) {
    case 'text':
      return undefined
    case 'json_object':
      return { kind: 'json' }
    case 'json_schema': {
      const at = 'response_format.json_schema'
      const fields = expectObject(format['json_schema'], at)
      return {
        kind: 'schema',
        name: expectString(fields['name'], `${at}.name`),
        description: optionalString(fields['description'], `${at}.description`),
        schema: optionalObject(fields['schema'], `${at}.schema`) ?? {},
        strict: optionalBoolean(fields['strict'], `${at}.strict`),
      }
    }
  }
}

function readStop(value: JsonValue | undefined): readonly string[] {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return value === '' ? [] : [value]
  if (!isList(value)) throw malformed('stop', `must be a string or an array of strings, ${notThis(value)}`)
  return value.map((stop, index) => expectString(stop, `stop[${index}]`)).filter((stop) => stop !== '')
}

// `thinking` is Anthropic's parameter, which gateways accept in chat requests. Adaptive thinking without an effort has Anthropic's default,
// high (docs.anthropic.com, "Effort").
function readReasoning(body: JsonObject): Reasoning | undefined {
  const said = body['reasoning_effort']
  const effort = said === undefined || said === null ? undefined : expectOneOf(said, 'reasoning_effort', efforts)
  const thinking = optionalObject(body['thinking'], 'thinking')
  if (thinking === undefined) return effort === undefined ? undefined : { effort, budgetTokens: undefined, visible: effort !== 'none' }
  switch (expectOneOf(thinking['type'], 'thinking.type', ['enabled', 'disabled', 'adaptive'])) {
    case 'disabled':
      return { effort: 'none', budgetTokens: 0, visible: false }
    case 'adaptive':
      return { effort: effort ?? 'high', budgetTokens: undefined, visible: true }
    case 'enabled': {
      const budgetTokens = optionalInteger(thinking['budget_tokens'], 'thinking.budget_tokens', { least: 0 })
      if (budgetTokens === undefined) throw malformed('thinking.budget_tokens', 'must be a whole number, and is missing')
      return { effort, budgetTokens, visible: true }
    }
  }
}
