// Step 8: what kind of answer is this, and do we need to see its body?

import type { Headers } from '../core/headers.ts'

export type AnswerKind =
  /** Made by Envoy itself, not by a provider: to be put into the client's error format, never metered. */
  | 'envoy'
  /** A provider's error: passes as it is. */
  | 'error'
  /** A whole JSON document, delivered at once. */
  | 'json'
  /** Server-sent events, or AWS's event stream frames, delivered as they come. */
  | 'stream'
  /** Anything else (audio, files): passes unseen and is charged by estimate. */
  | 'opaque'

/** `codeDetails`: Envoy's response.code_details, which is `via_upstream` for everything that came from a provider. */
export function classifyAnswer(headers: Headers, codeDetails: string | undefined): AnswerKind {
  if (codeDetails !== undefined && codeDetails !== 'via_upstream') return 'envoy'
  const status = Number(headers.get(':status'))
  if (!(status >= 200 && status < 300)) return 'error'
  const contentType = (headers.get('content-type') ?? '').toLowerCase()
  if (contentType.startsWith('text/event-stream') || contentType.startsWith('application/vnd.amazon.eventstream')) return 'stream'
  if (/^application\/(?:[a-z0-9.+-]+\+)?json\b/.test(contentType)) return 'json'
  return 'opaque'
}
