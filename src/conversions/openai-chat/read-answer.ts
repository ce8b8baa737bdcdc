// A whole chat completion of OpenAI, or of somebody who copied it. Of several choices the first is read: no other was asked for.

import { TollgateError } from '../../core/errors.ts'
import { convertOpenaiUsage } from '../../core/usage-fields.ts'
import type { RawUsage } from '../../core/usage.ts'
import type { Answer, AnswerPart, FinishReason } from '../answer.ts'
import type { JsonObject, JsonValue, ReasoningPart, ToolCallPart } from '../conversation.ts'
import { isJsonObject, isList } from '../json-value.ts'
import { readFinishReason } from './finish-reasons.ts'
import { thoughtSignature } from './read-assistant.ts'
import { isError, readError } from './read-error.ts'
import { readTexts } from './read-texts.ts'

export function readAnswer(body: JsonValue): Answer {
  if (!isJsonObject(body)) throw unreadable('it is no JSON object')
  if (isError(body)) throw new TollgateError('provider_error', `The provider answered with an error: ${readError(body).message}`)
  const [choice] = isList(body['choices']) ? body['choices'] : []
  const message = isJsonObject(choice) ? choice['message'] : undefined
  if (!isJsonObject(choice) || !isJsonObject(message)) throw unreadable('it has no choices[0].message')
  const id = stringOr(body['id'], '')
  const texts = readTexts(message)
  if (texts === undefined) throw unreadable('choices[0].message.content is neither text nor parts')
  const thoughts = readThinkingBlocks(message['thinking_blocks'])
  const calls = readCalls(message, id)
  const parts: AnswerPart[] = [...thoughts, ...(thoughts.length === 0 ? texts : texts.filter((text) => text.kind !== 'reasoning')), ...calls]
  const isRefusal = texts.some((text) => text.kind === 'refusal')
  return { id, model: stringOr(body['model'], ''), parts, ...readFinish(choice, { hasCalls: calls.length > 0, isRefusal }), usage: readUsage(body) }
}

/** vLLM says in `stop_reason` which of the client's stop sequences came up. */
export function readFinish(choice: JsonObject, message: { readonly hasCalls: boolean; readonly isRefusal: boolean }): { finish: FinishReason; stopSequence: string | undefined } {
  const finish = readFinishReason(stringOr(choice['finish_reason'], 'stop'), message)
  const stopSequence = choice['stop_reason']
  return finish === 'stop' && typeof stopSequence === 'string' && stopSequence !== '' ? { finish: 'stop_sequence', stopSequence } : { finish, stopSequence: undefined }
}

/** Of an answer or a chunk. Groq's streams have it in `x_groq`. */
export function readUsage(body: JsonObject): RawUsage | undefined {
  const groq = body['x_groq']
  const usage = body['usage'] ?? (isJsonObject(groq) ? groq['usage'] : undefined)
  return isJsonObject(usage) ? convertOpenaiUsage(usage) : undefined
}

/** For calls without an id: from the answer's, for ids must differ within a conversation, and at most 40 characters, OpenAI's limit. */
export function makeCallId(answerId: string, place: number): string {
  const tail = answerId.replaceAll(/[^a-zA-Z0-9_-]/g, '').slice(-24)
  return tail === '' ? `call_${place}` : `call_${tail}_${place}`
}

/** Some look-alikes write the object itself. Undefined for what cannot be arguments. */
export function argumentsText(value: JsonValue | undefined): string | undefined {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  return isJsonObject(value) ? JSON.stringify(value) : undefined
}

function readCalls(message: JsonObject, answerId: string): readonly ToolCallPart[] {
  const calls = isList(message['tool_calls']) ? message['tool_calls'] : []
  const legacy = message['function_call']
  const all: readonly JsonValue[] = calls.length === 0 && isJsonObject(legacy) ? [{ function: legacy }] : calls
  return all.map((call, place) => {
    const fields = isJsonObject(call) && isJsonObject(call['function']) ? call['function'] : undefined
    const name = fields?.['name']
    const json = argumentsText(fields?.['arguments'])
    if (!isJsonObject(call) || typeof name !== 'string' || json === undefined) throw unreadable(`choices[0].message.tool_calls[${place}] is no call of a function`)
    const signature = thoughtSignature(call)
    return { kind: 'tool_call', id: stringOr(call['id'], '') || makeCallId(answerId, place), name, arguments: json, ...(signature === undefined ? {} : { signature }) }
  })
}

// From another gateway, which answers for a provider that signs its thoughts.
function readThinkingBlocks(value: JsonValue | undefined): readonly ReasoningPart[] {
  if (!isList(value)) return []
  return value.flatMap((block): ReasoningPart[] => {
    if (!isJsonObject(block)) return []
    if (typeof block['data'] === 'string') return [{ kind: 'reasoning', text: '', redacted: block['data'] }]
    const text = stringOr(block['thinking'], '')
    const signature = stringOr(block['signature'], '')
    return text === '' && signature === '' ? [] : [{ kind: 'reasoning', text, ...(signature === '' ? {} : { signature }) }]
  })
}

export function stringOr(value: JsonValue | undefined, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}

function unreadable(what: string): TollgateError {
  return new TollgateError('provider_error', `The provider's answer is no chat completion: ${what}.`)
}
