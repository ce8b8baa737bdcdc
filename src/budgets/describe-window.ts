// Windows in words, for messages and tables.

import type { WindowSpec } from './budget.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from './window.ts'

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

/** `hour (UTC)`, `week from Sunday (UTC)`, `month from the 15th (Europe/Berlin)`, `4 h`; `any 4 h` for one that slides. */
export function describeWindow(spec: WindowSpec): string {
  switch (spec.kind) {
    case 'calendar':
      return `${spec.every}${describeStart(spec)} (${spec.timeZone})`
    case 'fixed':
      return describeLength(spec.lengthMs)
    case 'sliding':
      return `any ${describeLength(spec.lengthMs)}`
  }
}

function describeStart({ every, weekStart, monthDay }: Extract<WindowSpec, { readonly kind: 'calendar' }>): string {
  if (every === 'week') return weekStart === 1 ? '' : ` from ${WEEKDAYS[weekStart - 1]}`
  const isMonthly = every === 'month' || every === 'quarter' || every === 'year'
  return !isMonthly || monthDay === 1 ? '' : ` from the ${ordinal(monthDay)}`
}

/** In the largest unit that divides it. */
function describeLength(lengthMs: number): string {
  if (lengthMs % DAY_MS === 0) return `${lengthMs / DAY_MS} d`
  return lengthMs % HOUR_MS === 0 ? `${lengthMs / HOUR_MS} h` : `${lengthMs / MINUTE_MS} min`
}

function ordinal(day: number): string {
  const isTeen = day > 10 && day < 20
  return `${day}${isTeen ? 'th' : (['th', 'st', 'nd', 'rd'][day % 10] ?? 'th')}`
}
