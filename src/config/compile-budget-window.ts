// every:, sliding:, timezone:, week_start: and month_day: of a budget → its windows.

import type { CalendarUnit, WindowSpec } from '../budgets/budget.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../budgets/window.ts'
import type { Draft } from './draft.ts'
import { budgetSchema } from './schema-budgets.ts'
import type { Path } from './yaml-source.ts'

/** Units that always have the same length. */
const LENGTHS: Readonly<Partial<Record<CalendarUnit, number>>> = { minute: MINUTE_MS, hour: HOUR_MS, day: DAY_MS, week: 7 * DAY_MS }
const WEEKDAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']

/** Undefined when it is wrong. `path` is that of the budget. */
export function compileWindow(draft: Draft, path: Path): WindowSpec | undefined {
  const { shape } = budgetSchema
  const every = draft.pick([...path, 'every'], shape.every)
  const sliding = draft.pick([...path, 'sliding'], shape.sliding)
  if (every === undefined || sliding === undefined) return undefined
  checkCalendarFields(draft, path, sliding ? undefined : every)
  if (sliding) {
    const lengthMs = typeof every === 'number' ? every : LENGTHS[every]
    if (lengthMs !== undefined) return { kind: 'sliding', lengthMs }
    const length = every === 'month' ? '30d' : every === 'quarter' ? '90d' : '365d'
    draft.problem([...path, 'sliding'], `but one ${every} is not as long as another; write a length, every: ${length}, or remove sliding`)
    return undefined
  }
  if (typeof every === 'number') return { kind: 'fixed', lengthMs: every }
  const timeZone = draft.pick([...path, 'timezone'], shape.timezone) ?? 'UTC'
  const weekStart = WEEKDAYS.indexOf(draft.pick([...path, 'week_start'], shape.week_start) ?? 'monday') + 1
  return { kind: 'calendar', every, timeZone, weekStart, monthDay: draft.pick([...path, 'month_day'], shape.month_day) ?? 1 }
}

/** `every` undefined: the window slides. */
function checkCalendarFields(draft: Draft, path: Path, every: CalendarUnit | number | undefined): void {
  const refuse = (field: string, why: string): void => {
    if (draft.has([...path, field])) draft.problem([...path, field], `${field} ${why}; remove it`, 'key')
  }
  const isCalendar = typeof every === 'string'
  if (!isCalendar) refuse('timezone', `says by whose clock days begin, and ${every === undefined ? 'a window that slides' : 'a length of time'} begins by none`)
  if (every !== 'week') refuse('week_start', 'is only for every: week')
  if (every !== 'month' && every !== 'quarter' && every !== 'year') refuse('month_day', 'is only for every: month, quarter or year')
}
