// The response object around the items of an answer. Source: platform.openai.com, API reference, "The response object".

import type { RawUsage } from '../../core/usage.ts'
import type { FinishReason, ProviderError } from '../answer.ts'
import type { JsonObject } from '../conversation.ts'
import type { AnswerContext } from '../dialect.ts'
import { writeUsage } from './write-usage.ts'

/** How an answer ended; `in_progress` before it did. */
export type ResponseState =
  | { readonly status: 'in_progress' }
  | { readonly status: 'finished'; readonly reason: FinishReason; readonly usage: RawUsage | undefined }
  | { readonly status: 'failed'; readonly error: ProviderError; readonly usage: RawUsage | undefined }

/** `id`: the provider's, '' when it has none. */
export function responseId(id: string, context: AnswerContext): string {
  const known = id === '' ? context.exchangeId : id
  return known.startsWith('resp_') ? known : `resp_${known}`
}

export function writeResponse(id: string, output: readonly JsonObject[], state: ResponseState, context: AnswerContext): JsonObject {
  const reason = state.status === 'finished' ? incompleteReason(state.reason) : undefined
  const status = state.status === 'finished' ? (reason === undefined ? 'completed' : 'incomplete') : state.status
  const usage = state.status === 'in_progress' ? undefined : state.usage
  return {
    id: responseId(id, context),
    object: 'response',
    created_at: context.createdSeconds,
    status,
    background: false,
    error: state.status === 'failed' ? { code: errorCode(state.error), message: state.error.message } : null,
    incomplete_details: reason === undefined ? null : { reason },
    ...requestEcho,
    model: context.clientModel,
    output,
    usage: usage === undefined ? null : writeUsage(usage),
  }
}

/** Undefined when the answer is whole. */
export function incompleteReason(reason: FinishReason): 'max_output_tokens' | 'content_filter' | undefined {
  if (reason === 'length') return 'max_output_tokens'
  return reason === 'content_filter' ? 'content_filter' : undefined
}

/** The codes that a response's error may have are a closed list; these are the two that fit what a provider says of itself. */
export function errorCode({ type }: ProviderError): 'rate_limit_exceeded' | 'server_error' {
  return type !== undefined && /rate_?limit|throttl|too_?many|resource_exhausted|quota/i.test(type) ? 'rate_limit_exceeded' : 'server_error'
}

// OpenAI repeats the request's parameters here. When the answer is written the request is gone, so this says what OpenAI says where a
// parameter has no value, or its default. Nothing was stored.
const requestEcho = {
  instructions: null,
  max_output_tokens: null,
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: null, summary: null },
  store: false,
  temperature: null,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_p: null,
  truncation: 'disabled',
  metadata: {},
} as const
