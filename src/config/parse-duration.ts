// Durations carry their unit, because a bare 10 has been read as milliseconds by someone before.

import type { Parsed } from './problem.ts'

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

/** No timeout of ours makes sense beyond a day; Envoy itself takes more. */
const MAX_DURATION_MS = 24 * 3_600_000

/** `500ms`, `10s`, `5m`, `1.5h` → whole milliseconds, 1 … 24 h. */
export function parseDuration(text: string): Parsed<number> {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text)
  const milliseconds = match === null ? Number.NaN : Math.round(Number(match[1]) * (unitMs[match[2] ?? ''] ?? Number.NaN))
  if (!(milliseconds >= 1 && milliseconds <= MAX_DURATION_MS)) return { ok: false, message: durationRule }
  return { ok: true, value: milliseconds }
}

export const durationRule = 'a number with its unit (ms, s, m or h), such as 500ms, 10s or 5m; more than 0, at most 24h'
