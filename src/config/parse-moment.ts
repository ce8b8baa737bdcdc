// A moment must say its zone: what a bare date means depends on who reads it.

import type { Parsed } from './problem.ts'

/** `2026-08-01T00:00:00Z`, `2026-08-01T00:00+02:00` → milliseconds since 1970. */
export function parseMoment(text: string): Parsed<number> {
  const match = /^\d{4}-\d{2}-(\d{2})T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2})$/.exec(text)
  const ms = match === null ? Number.NaN : Date.parse(text)
  // Date.parse takes the 31st of every month, and means the first of the next.
  const isDay = new Date(`${text.slice(0, 10)}T00:00:00Z`).getUTCDate() === Number(match?.[1])
  return Number.isNaN(ms) || !isDay ? { ok: false, message: momentRule } : { ok: true, value: ms }
}

export const momentRule = 'a moment with its zone, such as 2026-08-01T00:00:00Z or 2026-08-01T00:00+02:00'
