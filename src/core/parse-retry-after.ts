// When a provider wants to be asked again, from the headers of its refusal.

/** The headers that are looked at, lower-case: Envoy's log of attempts carries no others. */
export const RETRY_HEADERS = [
  'retry-after',
  'retry-after-ms',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-reset-requests',
  'x-ratelimit-remaining-tokens',
  'x-ratelimit-reset-tokens',
] as const

type HeaderMap = ReadonlyMap<string, string>

/** Milliseconds from `nowMs` (Unix time), 0 or more; undefined when the headers do not say it. */
export function parseRetryAfter(headers: HeaderMap, nowMs: number): number | undefined {
  return parseNumber(headers.get('retry-after-ms'), 1) ?? parseNumber(headers.get('retry-after'), 1000) ?? parseDate(headers.get('retry-after'), nowMs) ?? parseResets(headers)
}

// RFC 9110 wants whole seconds; some providers send fractions. `retry-after-ms` is OpenAI's and Azure's own.
function parseNumber(text: string | undefined, unitMs: number): number | undefined {
  return text !== undefined && /^\s*\d{1,12}(?:\.\d{1,9})?\s*$/.test(text) ? Number(text) * unitMs : undefined
}

function parseDate(text: string | undefined, nowMs: number): number | undefined {
  const atMs = text?.trim().endsWith(' GMT') === true ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}

/** OpenAI: of the limits that are used up (`remaining: 0`), the one that is reset last. `6m0s`, `1.5s`, `20ms`. */
function parseResets(headers: HeaderMap): number | undefined {
  const resets = ['requests', 'tokens'].flatMap((what) => (headers.get(`x-ratelimit-remaining-${what}`)?.trim() === '0' ? (parseGoDuration(headers.get(`x-ratelimit-reset-${what}`)) ?? []) : []))
  return resets.length === 0 ? undefined : Math.max(...resets)
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

function parseGoDuration(text: string | undefined): number | undefined {
  if (text === undefined || !/^(?:\d{1,6}(?:\.\d{1,9})?(?:ms|s|m|h)){1,4}$/.test(text)) return undefined
  return [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (unitsMs[unit ?? ''] ?? 0), 0)
}
