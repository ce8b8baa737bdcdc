// One error class and one table: what a client sees, which status it gets, which gRPC code Envoy gets.

export interface ErrorKind {
  /** HTTP status of the answer to the client. */
  readonly httpStatus: number
  /** OpenAI's `error.type` for it. */
  readonly openaiType: string
  /** OpenAI's `error.code` for it. */
  readonly openaiCode: string
  /** Anthropic's `error.type` for it (docs.anthropic.com, "Errors"). */
  readonly anthropicType: string
}

/** Every way in which a request can end by our own decision. */
export const errorKinds = {
  unknown_path: { httpStatus: 404, openaiType: 'invalid_request_error', openaiCode: 'unknown_url', anthropicType: 'not_found_error' },
  method_not_allowed: { httpStatus: 405, openaiType: 'invalid_request_error', openaiCode: 'method_not_allowed', anthropicType: 'invalid_request_error' },
  caller_missing: { httpStatus: 401, openaiType: 'invalid_request_error', openaiCode: 'invalid_api_key', anthropicType: 'authentication_error' },
  caller_ambiguous: { httpStatus: 400, openaiType: 'invalid_request_error', openaiCode: 'ambiguous_caller', anthropicType: 'invalid_request_error' },
  caller_unknown: { httpStatus: 401, openaiType: 'invalid_request_error', openaiCode: 'invalid_api_key', anthropicType: 'authentication_error' },
  callers_unavailable: { httpStatus: 503, openaiType: 'server_error', openaiCode: 'callers_unavailable', anthropicType: 'api_error' },
  model_not_allowed: { httpStatus: 403, openaiType: 'invalid_request_error', openaiCode: 'model_not_allowed', anthropicType: 'permission_error' },
  provider_choice_denied: { httpStatus: 403, openaiType: 'invalid_request_error', openaiCode: 'provider_choice_denied', anthropicType: 'permission_error' },
  malformed_request: { httpStatus: 400, openaiType: 'invalid_request_error', openaiCode: 'malformed_request', anthropicType: 'invalid_request_error' },
  unsupported_request: { httpStatus: 400, openaiType: 'invalid_request_error', openaiCode: 'unsupported_request', anthropicType: 'invalid_request_error' },
  unsupported_parameter: { httpStatus: 422, openaiType: 'invalid_request_error', openaiCode: 'unsupported_parameter', anthropicType: 'invalid_request_error' },
  model_not_found: { httpStatus: 404, openaiType: 'invalid_request_error', openaiCode: 'model_not_found', anthropicType: 'not_found_error' },
  model_missing: { httpStatus: 400, openaiType: 'invalid_request_error', openaiCode: 'model_required', anthropicType: 'invalid_request_error' },
  format_not_served: { httpStatus: 422, openaiType: 'invalid_request_error', openaiCode: 'unsupported_endpoint', anthropicType: 'invalid_request_error' },
  request_too_large: { httpStatus: 413, openaiType: 'invalid_request_error', openaiCode: 'request_too_large', anthropicType: 'request_too_large' },
  rate_limited: { httpStatus: 429, openaiType: 'rate_limit_error', openaiCode: 'rate_limit_exceeded', anthropicType: 'rate_limit_error' },
  limits_unavailable: { httpStatus: 503, openaiType: 'server_error', openaiCode: 'limits_unavailable', anthropicType: 'api_error' },
  budget_exceeded: { httpStatus: 429, openaiType: 'insufficient_quota', openaiCode: 'budget_exceeded', anthropicType: 'rate_limit_error' },
  budgets_unavailable: { httpStatus: 503, openaiType: 'server_error', openaiCode: 'budgets_unavailable', anthropicType: 'api_error' },
  cost_unbounded: { httpStatus: 422, openaiType: 'invalid_request_error', openaiCode: 'cost_unbounded', anthropicType: 'invalid_request_error' },
  price_unknown: { httpStatus: 403, openaiType: 'invalid_request_error', openaiCode: 'price_unknown', anthropicType: 'permission_error' },
  no_provider: { httpStatus: 503, openaiType: 'server_error', openaiCode: 'no_provider_available', anthropicType: 'api_error' },
  provider_unreachable: { httpStatus: 503, openaiType: 'server_error', openaiCode: 'provider_unreachable', anthropicType: 'api_error' },
  provider_timeout: { httpStatus: 504, openaiType: 'server_error', openaiCode: 'provider_timeout', anthropicType: 'timeout_error' },
  provider_error: { httpStatus: 502, openaiType: 'server_error', openaiCode: 'provider_error', anthropicType: 'api_error' },
  internal: { httpStatus: 500, openaiType: 'server_error', openaiCode: 'internal_error', anthropicType: 'api_error' },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof errorKinds

/**
 * The one error class. `message` is public: it says what happened, where, and what to do, and never
 * contains a secret. The cause stays inside and goes to the log.
 */
export class TollgateError extends Error {
  readonly code: ErrorCode
  /** OpenAI's `error.param`: the request field at fault, if there is one. */
  readonly param: string | undefined
  /** Response headers that belong to this error; lower-case names. */
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ErrorCode, message: string, options: { param?: string; headers?: Readonly<Record<string, string>>; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'TollgateError'
    this.code = code
    this.param = options.param
    this.headers = options.headers ?? {}
  }

  get httpStatus(): number {
    return errorKinds[this.code].httpStatus
  }

  /** Any thrown value as a TollgateError; what was not ours becomes an opaque `internal` with the cause kept. */
  static from(thrown: unknown): TollgateError {
    if (thrown instanceof TollgateError) return thrown
    return new TollgateError('internal', 'Tollgate failed to process this request. The log has the cause.', { cause: thrown })
  }
}

/** Fails to compile when a union is not exhausted. */
export function assertNever(value: never): never {
  throw new TollgateError('internal', `unexpected value ${JSON.stringify(value)}`)
}
