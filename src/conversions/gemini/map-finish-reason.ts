// Why Gemini stopped, in our words. Source: ai.google.dev/api/generate-content and Vertex AI REST reference, FinishReason.

import type { FinishReason } from '../answer.ts'

const reasons: Readonly<Record<string, FinishReason>> = {
  // Also for one of the client's stop sequences: Gemini does not tell which.
  STOP: 'stop',
  MAX_TOKENS: 'length',
  CONTINUATION: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  LANGUAGE: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
  MODEL_ARMOR: 'content_filter',
  IMAGE_SAFETY: 'content_filter',
  IMAGE_PROHIBITED_CONTENT: 'content_filter',
  IMAGE_RECITATION: 'content_filter',
}

// Google answers 200 although its model failed to write a call.
const failures = new Set(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS', 'MISSING_THOUGHT_SIGNATURE', 'MALFORMED_RESPONSE'])

/** Undefined: there is no answer, the model failed. For reasons we do not know an answer with something in it is complete, an empty one was withheld. */
export function mapFinishReason(reason: string, given: { readonly parts: number; readonly calls: number }): FinishReason | undefined {
  if (failures.has(reason) && given.parts === 0) return undefined
  const mapped = Object.hasOwn(reasons, reason) ? reasons[reason] : undefined
  const finish = mapped ?? (given.parts === 0 ? 'content_filter' : 'stop')
  return finish === 'stop' && given.calls > 0 ? 'tool_calls' : finish
}

export function describeFailure(reason: string, message: string | undefined): string {
  return `The model failed to answer (${reason}).${message === undefined ? '' : ` ${message}`}`
}
