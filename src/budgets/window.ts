// When the windows of a budget begin and end. Those of the calendar follow the clock on somebody's wall, so a day may have 23 hours, or 25.

import type { Slide } from './budget-store.ts'
import type { CalendarUnit, WindowSpec } from './budget.ts'
import { firstMomentAt, offsetChange, zoneOffset } from './wall-clock.ts'

/** From `startMs` until just before `endMs`; milliseconds since 1970. */
export interface Window {
  readonly startMs: number
  readonly endMs: number
}

type Calendar = Extract<WindowSpec, { readonly kind: 'calendar' }>
type DatedUnit = Exclude<CalendarUnit, 'minute' | 'hour'>

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** How finely a sliding window forgets. */
const SLICES = 60

// Every admission asks for the window of every budget, and it is the same one for a long time.
const latest = new WeakMap<WindowSpec, Window>()

/**
 * The window that a moment is in. Windows follow each other without gap or overlap. For one that slides: what still counts at that moment, and
 * by when all of it will be forgotten.
 */
export function windowAt(spec: WindowSpec, nowMs: number): Window {
  if (spec.kind === 'sliding') return { startMs: nowMs - spec.lengthMs, endMs: forgottenAt(spec.lengthMs, nowMs) }
  const known = latest.get(spec)
  if (known !== undefined && nowMs >= known.startMs && nowMs < known.endMs) return known
  const window = spec.kind === 'fixed' ? evenWindow(spec.lengthMs, nowMs) : calendarWindow(spec, nowMs)
  latest.set(spec, window)
  return window
}

/**
 * How a store keeps what is charged in a sliding window at a moment; undefined for windows that do not slide. One slice more counts than the length has:
 * the oldest is only partly over, and to forget it too early would let more than the limit into the length.
 */
export function slideAt(spec: WindowSpec, nowMs: number): Slide | undefined {
  if (spec.kind !== 'sliding') return undefined
  const sliceMs = sliceOf(spec.lengthMs)
  return { slices: SLICES + 1, sliceMs, slice: Math.floor(nowMs / sliceMs) }
}

function forgottenAt(lengthMs: number, nowMs: number): number {
  const sliceMs = sliceOf(lengthMs)
  return (Math.floor(nowMs / sliceMs) + SLICES + 1) * sliceMs
}

function sliceOf(lengthMs: number): number {
  return Math.ceil(lengthMs / SLICES)
}

function evenWindow(lengthMs: number, nowMs: number): Window {
  const startMs = Math.floor(nowMs / lengthMs) * lengthMs
  return { startMs, endMs: startMs + lengthMs }
}

function calendarWindow(spec: Calendar, nowMs: number): Window {
  switch (spec.every) {
    // Every zone is whole minutes ahead of UTC, or behind it.
    case 'minute':
      return evenWindow(MINUTE_MS, nowMs)
    case 'hour':
      return hourWindow(spec.timeZone, nowMs)
    default:
      return datedWindow(spec, spec.every, nowMs)
  }
}

// An hour also ends where the clock is changed: one that the clock shows twice is two windows, and one of which it shows only half is half as long.
function hourWindow(timeZone: string, nowMs: number): Window {
  const offset = zoneOffset(timeZone, nowMs)
  const startMs = Math.floor((nowMs + offset) / HOUR_MS) * HOUR_MS - offset
  const endMs = startMs + HOUR_MS
  return {
    startMs: zoneOffset(timeZone, startMs) === offset ? startMs : offsetChange(timeZone, startMs, nowMs),
    endMs: zoneOffset(timeZone, endMs - 1) === offset ? endMs : offsetChange(timeZone, nowMs, endMs - 1),
  }
}

// A window begins when the clock shows its first midnight, or something later, for the first time.
function datedWindow(spec: Calendar, every: DatedUnit, nowMs: number): Window {
  const begin = (period: number): number => firstMomentAt(spec.timeZone, dateOfPeriod(spec, every, period))
  let period = periodOfDate(spec, every, nowMs + zoneOffset(spec.timeZone, nowMs))
  let [startMs, endMs] = [begin(period), begin(period + 1)]
  // A clock that is set back over midnight shows the day before once more, while the next has begun.
  while (endMs <= nowMs) {
    period += 1
    ;[startMs, endMs] = [endMs, begin(period + 1)]
  }
  return { startMs, endMs }
}

const MONTHS: Readonly<Record<'month' | 'quarter' | 'year', number>> = { month: 1, quarter: 3, year: 12 }

/** 1970-01-01 was the fourth day of a week that began on Monday. */
function firstWeekday(weekStart: number): number {
  return weekStart - 4
}

/** Number of the period that a date is in, counted from 1970; `wall` as the moment at which UTC would show it. */
function periodOfDate({ weekStart, monthDay }: Calendar, every: DatedUnit, wall: number): number {
  const days = Math.floor(wall / DAY_MS)
  if (every === 'day') return days
  if (every === 'week') return Math.floor((days - firstWeekday(weekStart)) / 7)
  const date = new Date(wall)
  const month = (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth() - (date.getUTCDate() < monthDay ? 1 : 0)
  return Math.floor(month / MONTHS[every])
}

/** The first midnight of a period, as the moment at which UTC would show it. */
function dateOfPeriod({ weekStart, monthDay }: Calendar, every: DatedUnit, period: number): number {
  if (every === 'day') return period * DAY_MS
  if (every === 'week') return (period * 7 + firstWeekday(weekStart)) * DAY_MS
  return Date.UTC(1970, period * MONTHS[every], monthDay)
}
