// Why a model on Bedrock stopped, in our words. Source: Bedrock API reference, Converse, stopReason.

import type { FinishReason } from '../answer.ts'

const reasons: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop_sequence'],
  ['tool_use', 'tool_calls'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['guardrail_intervened', 'content_filter'],
  ['content_filtered', 'content_filter'],
  // Claude's; anthropic-messages/map-stop-reason.ts says why.
  ['refusal', 'content_filter'],
])

// Bedrock answers 200 although it could not make sense of what its model wrote.
const failures = new Set(['malformed_model_output', 'malformed_tool_use'])

/** `calls`: of the client's tools. Undefined: there is no answer, the model failed. Reasons we do not know end an answer like any other. */
export function mapStopReason(reason: string, given: { readonly parts: number; readonly calls: number }): FinishReason | undefined {
  if (failures.has(reason) && given.parts === 0) return undefined
  const finish = reasons.get(reason) ?? 'stop'
  if (finish === 'stop' || finish === 'tool_calls') return given.calls > 0 ? 'tool_calls' : 'stop'
  return finish
}

export function describeFailure(reason: string): string {
  return `The model failed to answer (${reason}).`
}
