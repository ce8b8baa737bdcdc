// Why Claude stopped, in our words and back. Source: docs.anthropic.com, "Handling stop reasons".

import type { FinishReason } from '../answer.ts'

const reasons: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  // Only Anthropic's own tools pause a turn, and we ask for none: what there is is the answer.
  pause_turn: 'stop',
  stop_sequence: 'stop_sequence',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  // "Streaming classifiers intervened to handle potential policy violations": not the model, the provider.
  refusal: 'content_filter',
}

const stopReasons: Readonly<Record<FinishReason, string>> = {
  stop: 'end_turn',
  stop_sequence: 'stop_sequence',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
  refusal: 'refusal',
}

/** `calls`: of the client's tools. A tool of ours is no call to the client. */
export function readStopReason(reason: string, calls: number): FinishReason {
  const finish = Object.hasOwn(reasons, reason) ? (reasons[reason] ?? 'stop') : 'stop'
  if (finish === 'tool_calls') return calls > 0 ? 'tool_calls' : 'stop'
  return finish
}

export function writeStopReason(reason: FinishReason): string {
  return stopReasons[reason]
}
