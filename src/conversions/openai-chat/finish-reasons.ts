// Why an answer ended, in OpenAI's words and in ours.

import type { FinishReason } from '../answer.ts'

const openaiReasons: Readonly<Record<FinishReason, string>> = {
  stop: 'stop',
  stop_sequence: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  content_filter: 'content_filter',
  // OpenAI tells a refusal in the message's `refusal`, and stops.
  refusal: 'stop',
}

/** Clients run tools when the reason says so, whatever the message holds: so the two must agree. */
export function openaiFinishReason(reason: FinishReason, hasCalls: boolean): string {
  if (reason === 'stop' && hasCalls) return 'tool_calls'
  return reason === 'tool_calls' && !hasCalls ? 'stop' : openaiReasons[reason]
}

/** `length` is OpenAI's word; the others are Mistral's and older servers'. What nobody knows is a plain end. */
export function readFinishReason(reason: string, message: { readonly hasCalls: boolean; readonly isRefusal: boolean }): FinishReason {
  switch (reason) {
    case 'length':
    case 'max_tokens':
    case 'model_length':
      return 'length'
    case 'content_filter':
      return 'content_filter'
    default:
      if (message.hasCalls) return 'tool_calls'
      return message.isRefusal ? 'refusal' : 'stop'
  }
}
