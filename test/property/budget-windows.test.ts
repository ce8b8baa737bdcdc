// Over half a century and every zone that Intl knows: windows follow each other without gap or overlap, and begin where a calendar says.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CalendarUnit, WindowSpec } from '../../src/budgets/budget.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, windowAt } from '../../src/budgets/window.ts'

type Calendar = Extract<WindowSpec, { kind: 'calendar' }>

const units: readonly CalendarUnit[] = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year']
/** Whose clocks do what others do not: half hours, changes at midnight, skipped days, changes twice within weeks. */
const strange = ['Australia/Lord_Howe', 'America/Santiago', 'America/Havana', 'America/St_Johns', 'Pacific/Apia', 'Asia/Kathmandu', 'Africa/Casablanca', 'Africa/Cairo', 'Asia/Pyongyang', 'America/Caracas']
const zone = fc.oneof(fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', ...strange), fc.constantFrom(...Intl.supportedValuesOf('timeZone')))
const spec: fc.Arbitrary<Calendar> = fc.record({
  kind: fc.constant('calendar' as const),
  every: fc.constantFrom(...units),
  timeZone: zone,
  weekStart: fc.integer({ min: 1, max: 7 }),
  monthDay: fc.integer({ min: 1, max: 28 }),
})
/** Any moment, and those around the weekends on which clocks are changed. */
const moment = fc.oneof(
  fc.integer({ min: Date.UTC(1990, 0), max: Date.UTC(2040, 0) }),
  fc.tuple(fc.integer({ min: 1990, max: 2037 }), fc.constantFrom(2, 3, 8, 9, 10), fc.integer({ min: 0, max: 31 * DAY_MS })).map(([year, month, ms]) => Date.UTC(year, month) + ms),
)

/** What the clock shows, read another way than the code under test does: `2026-03-29 03:00:00`. */
const clocks = new Map<string, Intl.DateTimeFormat>()
function shown(timeZone: string, ms: number): string {
  const clock = clocks.get(timeZone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  clocks.set(timeZone, clock)
  return clock.format(ms)
}

/** The date on which the period of a date began, by counting back day for day. */
function firstDay({ every, weekStart, monthDay }: Calendar, date: string): string {
  const begins = (day: Date): boolean => {
    if (every === 'week') return day.getUTCDay() === weekStart % 7
    const isMonth = every === 'month' || (every === 'quarter' ? day.getUTCMonth() % 3 === 0 : day.getUTCMonth() === 0)
    return every === 'day' || (day.getUTCDate() === monthDay && isMonth)
  }
  let day = new Date(`${date}T00:00:00Z`)
  while (!begins(day)) day = new Date(day.getTime() - DAY_MS)
  return day.toISOString().slice(0, 10)
}

test('windows tile time: each contains its moment, begins where the one before ended, and is the window of all its moments', () => {
  fc.assert(
    fc.property(spec, moment, fc.double({ min: 0, max: 1, noNaN: true }), (calendar, now, share) => {
      const { startMs, endMs } = windowAt(calendar, now)
      assert.ok(startMs <= now && now < endMs)
      // Copies, so that each is computed by itself.
      assert.equal(windowAt({ ...calendar }, endMs).startMs, endMs)
      assert.equal(windowAt({ ...calendar }, startMs - 1).endMs, startMs)
      const inside = startMs + Math.floor((endMs - 1 - startMs) * share)
      assert.deepEqual(windowAt({ ...calendar }, inside), { startMs, endMs })
    }),
    { numRuns: 3000 },
  )
})

test('days, weeks, months, quarters and years begin with the first midnight of their date, or with what the clock shows instead of it', () => {
  const dated = spec.filter(({ every }) => every !== 'minute' && every !== 'hour')
  fc.assert(
    fc.property(dated, moment, (calendar, now) => {
      const { startMs, endMs } = windowAt(calendar, now)
      for (const edge of [startMs, endMs]) {
        const [date = '', time] = shown(calendar.timeZone, edge).split(' ')
        const [dateBefore = '', timeBefore] = shown(calendar.timeZone, edge - 1000).split(' ')
        assert.notEqual(firstDay(calendar, date), firstDay(calendar, dateBefore))
        const isMidnight = time === '00:00:00' && (date === firstDay(calendar, date) || skipsDays(calendar.timeZone))
        const isChanged = timeBefore !== shown('UTC', Date.parse(`1970-01-01T${time}Z`) - 1000).slice(11)
        assert.ok(isMidnight || isChanged)
      }
    }),
    { numRuns: 3000 },
  )
})

test('hours begin with the full hour or with a change of the clock, and last no longer than one', () => {
  fc.assert(
    fc.property(spec, moment, (calendar, now) => {
      const { startMs, endMs } = windowAt({ ...calendar, every: 'hour' }, now)
      assert.ok(endMs - startMs <= HOUR_MS)
      const isChanged = (edge: number): boolean =>
        shown(calendar.timeZone, edge) !== shown('UTC', Date.parse(`${shown(calendar.timeZone, edge - 1000).replace(' ', 'T')}Z`) + 1000)
      for (const edge of [startMs, endMs]) assert.ok(shown(calendar.timeZone, edge).endsWith(':00:00') || isChanged(edge))
      assert.ok(endMs - startMs === HOUR_MS || isChanged(startMs) || isChanged(endMs))
    }),
    { numRuns: 3000 },
  )
})

const lengths: Readonly<Record<CalendarUnit, readonly [number, number]>> = {
  minute: [MINUTE_MS, MINUTE_MS],
  hour: [MINUTE_MS, HOUR_MS],
  day: [21 * HOUR_MS, 27 * HOUR_MS],
  week: [6 * DAY_MS - 3 * HOUR_MS, 7 * DAY_MS + 3 * HOUR_MS],
  month: [27 * DAY_MS - 3 * HOUR_MS, 31 * DAY_MS + 3 * HOUR_MS],
  quarter: [89 * DAY_MS - 3 * HOUR_MS, 92 * DAY_MS + 3 * HOUR_MS],
  year: [364 * DAY_MS - 3 * HOUR_MS, 366 * DAY_MS + 3 * HOUR_MS],
}

test('no window is longer or shorter than a calendar can make it', () => {
  fc.assert(
    fc.property(spec, moment, (calendar, now) => {
      const { startMs, endMs } = windowAt(calendar, now)
      const [shortest, longest] = lengths[calendar.every]
      assert.ok(endMs - startMs >= shortest && endMs - startMs <= longest, `${calendar.every} of ${(endMs - startMs) / HOUR_MS} h`)
      // Where nobody changes clocks, only the calendar decides.
      if (calendar.timeZone === 'UTC') assert.equal((endMs - startMs) % (calendar.every === 'minute' ? MINUTE_MS : HOUR_MS), 0)
    }),
    { numRuns: 3000 },
  )
})

/** Zones that once crossed the date line: a period may begin on the day after its first, which never was. */
function skipsDays(timeZone: string): boolean {
  return /^Pacific\/(Apia|Fakaofo|Enderbury|Kanton|Kiritimati|Kwajalein)$/.test(timeZone)
}
