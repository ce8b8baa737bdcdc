// The types of errors that Anthropic's clients know (docs.anthropic.com, "Errors"), for errors in the words of other providers.

const known = new Set([
  'invalid_request_error',
  'authentication_error',
  'billing_error',
  'permission_error',
  'not_found_error',
  'request_too_large',
  'rate_limit_error',
  'timeout_error',
  'api_error',
  'overloaded_error',
])

const likely: readonly (readonly [RegExp, string])[] = [
  [/throttl|rate.?limit|exhausted|quota|too.?many/i, 'rate_limit_error'],
  [/overload|unavailable|not.?ready|capacity/i, 'overloaded_error'],
  [/time.?out|deadline/i, 'timeout_error'],
  [/invalid|validation|bad.?request/i, 'invalid_request_error'],
]

export function isAnthropicErrorType(type: string): boolean {
  return known.has(type)
}

/** `type`: the provider's own type or code. */
export function mapErrorType(type: string | undefined): string {
  if (type === undefined) return 'api_error'
  if (known.has(type)) return type
  return likely.find(([pattern]) => pattern.test(type))?.[1] ?? 'api_error'
}
