// A whole answer as a message of Anthropic. Source: docs.anthropic.com, API reference, "Messages", response.

import type { Answer, AnswerPart, FinishReason } from '../answer.ts'
import { readCallInput } from '../call-input.ts'
import type { JsonObject } from '../conversation.ts'
import type { AnswerContext } from '../dialect.ts'
import { withSignature } from '../tool-call-signature.ts'
import { callId } from './call-id.ts'
import { writeStopReason } from './map-stop-reason.ts'
import { writeUsage } from './write-usage.ts'

export function writeAnswer(answer: Answer, context: AnswerContext): JsonObject {
  const content = answer.parts.map((part, index) => writePart(part, index, context)).filter((block) => block !== undefined)
  const parts = { hasCalls: content.some((block) => block['type'] === 'tool_use'), hasRefused: answer.parts.some((part) => part.kind === 'refusal') }
  return {
    ...messageHead(answer.id, context),
    content,
    stop_reason: stopReason(answer.finish, parts),
    stop_sequence: answer.stopSequence ?? null,
    usage: writeUsage(answer.usage),
  }
}

/** What a message says before its content. */
export function messageHead(id: string, context: AnswerContext): JsonObject {
  return { id: id === '' ? `msg_${context.exchangeId}` : id, type: 'message', role: 'assistant', model: context.clientModel }
}

/** The reason that fits what the answer holds: clients look at it before they look for calls. */
export function stopReason(finish: FinishReason, { hasCalls, hasRefused }: { readonly hasCalls: boolean; readonly hasRefused: boolean }): string {
  if (finish === 'stop' && hasRefused) return writeStopReason('refusal')
  if (finish === 'stop' && hasCalls) return writeStopReason('tool_calls')
  return writeStopReason(finish === 'tool_calls' && !hasCalls ? 'stop' : finish)
}

/** The id under which the client answers a call: in Anthropic's letters, with the provider's signature inside. */
export function toolUseId({ id, signature, index }: { readonly id: string; readonly signature: string | undefined; readonly index: number }, context: AnswerContext): string {
  return withSignature(id === '' ? `toolu_${context.exchangeId}_${index}` : callId(id), signature)
}

/** Undefined for parts of nothing, which the API would not send. */
function writePart(part: AnswerPart, index: number, context: AnswerContext): JsonObject | undefined {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return part.text === '' ? undefined : { type: 'text', text: part.text }
    case 'reasoning':
      if (part.redacted !== undefined) return { type: 'redacted_thinking', data: part.redacted }
      // Unsigned thoughts have the signature of nothing: they can be read, but no provider takes them back.
      return part.text === '' && part.signature === undefined ? undefined : { type: 'thinking', thinking: part.text, signature: part.signature ?? '' }
    case 'tool_call':
      return { type: 'tool_use', id: toolUseId({ id: part.id, signature: part.signature, index }, context), name: part.name, input: readCallInput(part.arguments) }
  }
}
