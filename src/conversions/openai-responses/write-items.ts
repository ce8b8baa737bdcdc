// The items that an answer is made of. Source: platform.openai.com, API reference, "The response object", output.

import type { JsonObject, ReasoningPart, ToolCallPart } from '../conversation.ts'
import { withSignature } from '../tool-call-signature.ts'
import { writeEncryptedContent } from './encrypted-content.ts'

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete'

/** `place`: of the item in the answer. Ids differ from those of every other exchange, for clients keep items and send them back. */
export function itemId(prefix: 'msg' | 'rs' | 'fc', exchangeId: string, place: number): string {
  return `${prefix}_${exchangeId}_${place}`
}

export function messageItem(id: string, content: readonly JsonObject[], status: ItemStatus): JsonObject {
  return { id, type: 'message', status, content, role: 'assistant' }
}

export function messageContent(kind: 'text' | 'refusal', text: string): JsonObject {
  return kind === 'text' ? { type: 'output_text', annotations: [], logprobs: [], text } : { type: 'refusal', refusal: text }
}

/** No arguments are an empty object, for clients parse them; a call that has only begun has none yet. */
export function callItem(id: string, call: Omit<ToolCallPart, 'kind'>, status: ItemStatus): JsonObject {
  const json = call.arguments === '' && status !== 'in_progress' ? '{}' : call.arguments
  return { id, type: 'function_call', status, arguments: json, call_id: withSignature(call.id, call.signature), name: call.name }
}

/** What the model thought is what OpenAI calls a summary: the only form of thoughts that its clients know to show. */
export function reasoningItem(id: string, thought: Omit<ReasoningPart, 'kind'>): JsonObject {
  return { id, type: 'reasoning', summary: thought.text === '' ? [] : [summaryPart(thought.text)], encrypted_content: writeEncryptedContent(thought) }
}

export function summaryPart(text: string): JsonObject {
  return { type: 'summary_text', text }
}
