// Envoy's own error replies, said in the client's format: what happened, and who can mend it.
// The details are Envoy's response code details ("Response Code Details" in Envoy's documentation); seen on 1.37–1.40.

import { type ErrorCode, TollgateError } from '../core/errors.ts'

export interface EnvoyReply {
  readonly status: number
  readonly codeDetails: string
  /** The body Envoy was going to send; the rate limit service writes its explanation there. */
  readonly body: Buffer
}

/** The status stays Envoy's; the code and the message are ours. */
export function readEnvoyReply({ status, codeDetails, body }: EnvoyReply): TollgateError {
  if (codeDetails === 'request_rate_limited') return new TollgateError('rate_limited', readMessage(body) ?? 'Rate limit reached.')
  const [code, message] = describe(status, codeDetails)
  return new TollgateError(code, message)
}

/**
 * Whether the last provider had the request when Envoy gave up on it: it did not answer in time, or its connection broke after it had been made.
 * False for a connection that was never made, for a provider without hosts, and for what Envoy refused by itself.
 */
export function mayHaveBeenServed(codeDetails: string): boolean {
  if (/^(upstream_response_timeout|upstream_per_try_timeout|upstream_per_try_idle_timeout|response_timeout|stream_idle_timeout)$/.test(codeDetails)) return true
  return codeDetails.startsWith('upstream_reset_before_response_started') && !/connection_failure|connection_timeout|overflow/.test(codeDetails)
}

function describe(status: number, details: string): readonly [ErrorCode, string] {
  if (details === 'rate_limiter_error') {
    return ['limits_unavailable', 'The rate limit service could not be asked, so the request was refused rather than let through uncounted. Try again shortly.']
  }
  if (details === 'request_payload_too_large' || status === 413) return ['request_too_large', 'The request body is larger than this gateway accepts.']
  if (details.includes('timeout') || status === 504) return ['provider_timeout', `The provider did not answer in time (${details}).`]
  if (details === 'cluster_not_found' || details === 'route_not_found' || details === 'direct_response') {
    return ['no_provider', "Envoy's configuration does not know the provider of this model. It is older than tollgate.yaml: the operator must render it again."]
  }
  if (details === 'no_healthy_upstream' || details.startsWith('upstream_reset') || details.includes('overflow')) {
    return ['provider_unreachable', `No provider of this model could be reached (${details}).`]
  }
  if (status < 500) return ['malformed_request', `Envoy refused the request (${details}).`]
  return ['provider_error', `The request failed on its way to the provider (${details}).`]
}

// The rate limit service answers in OpenAI's shape; anything else (another service, no body) has no message for us.
function readMessage(body: Buffer): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'))
    const error = typeof parsed === 'object' && parsed !== null && 'error' in parsed ? parsed.error : undefined
    const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined
    return typeof message === 'string' ? message : undefined
  } catch {
    return undefined
  }
}
