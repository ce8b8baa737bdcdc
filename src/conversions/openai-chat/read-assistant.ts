// One assistant message: what the model thought, said, refused and called, in this order.

import { appendAll } from '../append-all.ts'
import type { AssistantPart, JsonObject, JsonValue, ReasoningPart, ToolCallPart } from '../conversation.ts'
import { splitSignature } from '../tool-call-signature.ts'
import { expectArray, expectObject, expectOneOf, expectString, malformed, optionalString, unsupported } from '../field-checks.ts'
import { isJsonObject } from '../json-value.ts'
import { readCacheMark } from '../read-cache-mark.ts'
import { readAssistantContent, readThinking } from './read-content.ts'

export function readAssistant(message: JsonObject, at: string): readonly AssistantPart[] {
  if (isJsonObject(message['audio'])) throw unsupported(`${at}.audio`, 'refers to a recording that only OpenAI has')
  const content = message['content'] ?? null
  const refusal = optionalString(message['refusal'], `${at}.refusal`) ?? ''
  const calls = readCalls(message, at)
  if (content === null && refusal === '' && calls.length === 0) throw malformed(`${at}.content`, 'must be a string or an array of parts where there are no tool_calls')
  const parts: AssistantPart[] = readReasoning(message, at)
  if (content !== null) appendAll(parts, readAssistantContent(content, at))
  if (refusal !== '') parts.push({ kind: 'refusal', text: refusal })
  appendAll(parts, calls)
  return parts
}

// `thinking_blocks` have the signatures; `reasoning_content` (DeepSeek, LiteLLM) and `reasoning` (OpenRouter) are the same thoughts as text.
function readReasoning(message: JsonObject, at: string): ReasoningPart[] {
  const blocks = message['thinking_blocks']
  if (blocks !== undefined && blocks !== null) {
    return expectArray(blocks, `${at}.thinking_blocks`).map((block, index) => {
      const place = `${at}.thinking_blocks[${index}]`
      return readThinking(expectObject(block, place), place)
    })
  }
  const text = message['reasoning_content'] ?? message['reasoning']
  return typeof text === 'string' && text !== '' ? [{ kind: 'reasoning', text }] : []
}

function readCalls(message: JsonObject, at: string): readonly ToolCallPart[] {
  const calls = message['tool_calls']
  const read = calls === undefined || calls === null ? [] : expectArray(calls, `${at}.tool_calls`).map((call, index) => readCall(call, `${at}.tool_calls[${index}]`))
  const legacy = message['function_call']
  if (legacy === undefined || legacy === null) return read
  // Calls of the API before tools have no id: the function message after this one names the function. The place makes ids differ.
  const place = `${at}.function_call`
  return [...read, { kind: 'tool_call', id: `call_${at.replaceAll(/\D/g, '')}_legacy`, ...readFunction(expectObject(legacy, place), place) }]
}

function readCall(value: JsonValue, at: string): ToolCallPart {
  const call = expectObject(value, at)
  if (call['type'] === 'custom') throw unsupported(`${at}.type`, 'is "custom": custom tools exist at OpenAI only')
  if (call['type'] !== undefined) expectOneOf(call['type'], `${at}.type`, ['function'])
  const { id, signature = thoughtSignature(call) } = splitSignature(expectString(call['id'], `${at}.id`))
  const part: ToolCallPart = { kind: 'tool_call', id, ...readFunction(expectObject(call['function'], `${at}.function`), `${at}.function`) }
  const cache = readCacheMark(call, at)
  if (signature === undefined && cache === undefined) return part
  return { ...part, ...(signature === undefined ? {} : { signature }), ...(cache === undefined ? {} : { cache }) }
}

function readFunction(fields: JsonObject, at: string): { name: string; arguments: string } {
  return { name: expectString(fields['name'], `${at}.name`), arguments: expectString(fields['arguments'], `${at}.arguments`) }
}

/** Where Google's own OpenAI endpoint has it (ai.google.dev, "Thought signatures"). */
export function thoughtSignature(call: JsonObject): string | undefined {
  const extra = call['extra_content']
  const google = isJsonObject(extra) ? extra['google'] : undefined
  const signature = isJsonObject(google) ? google['thought_signature'] : undefined
  return typeof signature === 'string' && signature !== '' ? signature : undefined
}
