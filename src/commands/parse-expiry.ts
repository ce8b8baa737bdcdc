// When a key ends: after a time from now, or on a day.

/** The longest a key may live: one that outlives everybody who knows of it is no expiry. */
const MAX_DAYS = 3_660
const DAY_MS = 86_400_000
const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, d: DAY_MS, w: 7 * DAY_MS, y: 365 * DAY_MS }

/** `12h`, `90d`, `8w`, `1y` or `2027-01-31` (until the end of that day, UTC) → milliseconds since the Unix epoch; undefined for anything else, and for the past. */
export function parseExpiry(text: string, nowMs: number): number | undefined {
  const match = /^(\d{1,5})([hdwy])$/.exec(text)
  const atMs = match === null ? parseDay(text) : nowMs + Number(match[1]) * (unitMs[match[2] ?? ''] ?? Number.NaN)
  return atMs > nowMs && atMs <= nowMs + MAX_DAYS * DAY_MS ? atMs : undefined
}

export const expiryRule = `a time from now (12h, 90d, 8w, 1y) or a day (2027-01-31), in the future and within ${MAX_DAYS} days`

// Date.parse takes 2027-02-31 for the 3rd of March.
function parseDay(text: string): number {
  const startMs = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(startMs) && new Date(startMs).toISOString().startsWith(text) ? startMs + DAY_MS : Number.NaN
}
