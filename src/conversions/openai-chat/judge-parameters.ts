// The parameters of a chat request that no other API has: which may be left out and named to the client, and which would change the answer.

import type { JsonObject, JsonValue } from '../conversation.ts'
import { expectArray, expectObject, expectOneOf, malformed, notThis, optionalBoolean, optionalInteger, optionalString, unsupported } from '../field-checks.ts'
import { type Judge, judgeAll, type Verdict } from '../judge-parameters.ts'

const dropString: Judge = (value, param) => (optionalString(value, param) === undefined ? 'honoured' : 'dropped')
const dropTrue: Judge = (value, param) => (optionalBoolean(value, param) === true ? 'dropped' : 'honoured')
const dropObject: Judge = (value, param) => (Object.keys(expectObject(value, param)).length > 0 ? 'dropped' : 'honoured')
const refuse =
  (reason: string): Judge =>
  (_value, param) => {
    throw unsupported(param, reason)
  }

const judges: ReadonlyMap<string, Judge> = new Map<string, Judge>([
  ['n', (value, param) => atMost(optionalInteger(value, param, { least: 1 }), 1, param, 'asks for more than one choice')],
  ['logprobs', (value, param) => atMost(Number(optionalBoolean(value, param)), 0, param, 'asks for token probabilities')],
  ['top_logprobs', (value, param) => atMost(optionalInteger(value, param, { least: 0, most: 20 }), 0, param, 'asks for token probabilities')],
  ['modalities', judgeModalities],
  // Without "audio" among the modalities it does nothing.
  ['audio', dropObject],
  ['functions', refuse('is the API before tools; send tools instead')],
  ['function_call', refuse('is the API before tools; send tool_choice instead')],
  ['web_search_options', refuse('asks for a web search, which this model cannot do through this API')],
  ['moderation', refuse('asks for moderation results, which only OpenAI gives')],
  ['logit_bias', dropObject],
  ['prediction', dropObject],
  ['prompt_cache_options', dropObject],
  ['prompt_cache_key', dropString],
  ['prompt_cache_retention', dropString],
  ['store', dropTrue],
  ['verbosity', (value, param) => (expectOneOf(value, param, ['low', 'medium', 'high']) === 'medium' ? 'honoured' : 'dropped')],
  ['service_tier', (value, param) => (['auto', 'default'].includes(optionalString(value, param) ?? '') ? 'honoured' : 'dropped')],
])

/** The names of what was left out. `read`: names that are read elsewhere. Throws TollgateError for what would change the answer. */
export function judgeParameters(body: JsonObject, read: ReadonlySet<string>): string[] {
  return judgeAll(body, judges, read)
}

/** Usage in streams is not ours to decide; obfuscation is padding that nobody misses. */
export function checkStreamOptions(body: JsonObject): void {
  const options = body['stream_options']
  if (options === undefined || options === null) return
  const fields = expectObject(options, 'stream_options')
  optionalBoolean(fields['include_usage'], 'stream_options.include_usage')
  if (body['stream'] !== true) throw malformed('stream_options', 'is allowed only where stream is true')
}

function judgeModalities(value: JsonValue, param: string): Verdict {
  for (const modality of expectArray(value, param)) {
    if (modality === 'audio') throw unsupported(param, 'asks for audio, and this model answers in text')
    if (modality !== 'text') throw malformed(param, `must hold "text" and "audio" only, ${notThis(modality)}`)
  }
  return 'honoured'
}

function atMost(value: number | undefined, most: number, param: string, what: string): Verdict {
  if (value !== undefined && value > most) throw unsupported(param, `${what}, which this model does not give through this API`)
  return 'honoured'
}
