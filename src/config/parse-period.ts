// Long times: windows of budgets, and how long files are kept. Whole minutes, because nobody means a budget of seconds.

import type { Parsed } from './problem.ts'

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Ten years. */
const MAX_PERIOD_MS = 3_660 * 86_400_000

/** `15m`, `4h`, `30d` → milliseconds, 1 minute … ten years. */
export function parsePeriod(text: string): Parsed<number> {
  const match = /^(\d{1,7})([mhd])$/.exec(text)
  const milliseconds = match === null ? Number.NaN : Number(match[1]) * (unitMs[match[2] ?? ''] ?? Number.NaN)
  if (!(milliseconds > 0 && milliseconds <= MAX_PERIOD_MS)) return { ok: false, message: periodRule }
  return { ok: true, value: milliseconds }
}

export const periodRule = 'a whole number of minutes, hours or days, such as 15m, 4h or 30d; at most 3660d'
