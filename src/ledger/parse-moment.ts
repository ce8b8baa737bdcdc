// Moments as people write them when they ask for rows.

const DAY = /^\d{4}-\d\d-\d\d$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/
const AGO = /^(\d{1,5})([mhdw])$/
const AGO_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

export const momentRule = 'a day in UTC (2026-03-01: its beginning), a time (2026-03-01T12:00:00Z) or how long ago (30m, 24h, 7d, 4w)'

/** In ISO 8601, UTC, with milliseconds; undefined when the text is none. */
export function parseMoment(text: string, nowMs: number): string | undefined {
  const ago = AGO.exec(text)
  const atMs = ago === null ? parseDate(text) : nowMs - Number(ago[1]) * (AGO_MS[ago[2] ?? ''] ?? 0)
  return Number.isNaN(atMs) ? undefined : new Date(atMs).toISOString()
}

function parseDate(text: string): number {
  if (!DAY.test(text) && !TIME.test(text)) return Number.NaN
  const atMs = Date.parse(text)
  // A day that a month does not have becomes one of the next month.
  return Number.isNaN(atMs) || new Date(`${text.slice(0, 10)}T00:00:00Z`).toISOString().slice(0, 10) !== text.slice(0, 10) ? Number.NaN : atMs
}
