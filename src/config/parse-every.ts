// How often a budget begins anew: by the calendar, or after a length of time.

import type { CalendarUnit } from '../budgets/budget.ts'
import { parsePeriod } from './parse-period.ts'
import type { Parsed } from './problem.ts'

const calendarUnits: readonly CalendarUnit[] = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year']

/** `hour` … `year` as they are, `15m`, `4h`, `30d` → milliseconds. */
export function parseEvery(text: string): Parsed<CalendarUnit | number> {
  const unit = calendarUnits.find((known) => known === text)
  if (unit !== undefined) return { ok: true, value: unit }
  const period = parsePeriod(text)
  return period.ok ? period : { ok: false, message: everyRule }
}

export const everyRule = `${calendarUnits.join(', ')}, or a whole number of minutes, hours or days, such as 15m, 4h or 30d`
