// A Messages request, read whole. Source: docs.anthropic.com, API reference, "Messages".

import type { Conversation, JsonObject, JsonValue, Message } from '../conversation.ts'
import { expectInteger, expectList, expectString, optionalBoolean, optionalInteger, optionalObject, optionalShare, optionalString, unsupported } from './field-checks.ts'
import { judgeParameters } from './judge-parameters.ts'
import { readCacheMark } from './read-cache-mark.ts'
import { readMessages, readSystem } from './read-messages.ts'
import { readOutput } from './read-output.ts'
import { readThinking } from './read-thinking.ts'
import { readTools } from './read-tools.ts'

const readHere: ReadonlySet<string> = new Set(
  [
    'model messages max_tokens system metadata stop_sequences stream temperature top_p top_k',
    'thinking tools tool_choice output_config output_format cache_control',
  ].flatMap((names) => names.split(' ')),
)

export function readRequest(body: JsonObject): Conversation {
  const dropped = new Set(judgeParameters(body, readHere))
  const maxOutputTokens = expectInteger(body['max_tokens'], 'max_tokens', 0)
  if (maxOutputTokens === 0) throw unsupported('max_tokens', 'only Anthropic fills its cache without an answer')
  const { system, messages } = readMessages(body['messages'], dropped)
  const { tools, toolChoice, parallelToolCalls } = readTools(body, dropped)
  return {
    system: [...readSystem(body['system'], 'system'), ...system],
    messages: markLast(messages, body),
    tools,
    toolChoice,
    parallelToolCalls,
    output: readOutput(body),
    maxOutputTokens,
    temperature: optionalShare(body['temperature'], 'temperature'),
    topP: optionalShare(body['top_p'], 'top_p'),
    topK: optionalInteger(body['top_k'], 'top_k', 0),
    presencePenalty: undefined,
    frequencyPenalty: undefined,
    seed: undefined,
    stop: readStop(body['stop_sequences']),
    reasoning: readThinking(body),
    user: optionalString(optionalObject(body['metadata'], 'metadata')?.['user_id'], 'metadata.user_id'),
    metadata: undefined,
    stream: optionalBoolean(body['stream'], 'stream') ?? false,
    dropped: [...dropped],
  }
}

function readStop(value: JsonValue | undefined): readonly string[] {
  if (value === undefined || value === null) return []
  return expectList(value, 'stop_sequences').map((item, index) => expectString(item, `stop_sequences.${index}`))
}

// A mark of the whole request is one behind its last block that can bear it.
function markLast(messages: readonly Message[], body: JsonObject): readonly Message[] {
  const mark = readCacheMark(body, '')
  const last = messages.at(-1)
  if (mark.cache === undefined || last?.role !== 'user') return messages
  const part = last.parts.at(-1)
  if (part === undefined) return messages
  return [...messages.slice(0, -1), { role: 'user', parts: [...last.parts.slice(0, -1), { ...part, ...mark }] }]
}
