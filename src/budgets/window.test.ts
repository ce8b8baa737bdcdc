// Days with a clock change, days that never were, ends of months: each window against a calendar.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CalendarUnit, WindowSpec } from './budget.ts'
import { describeWindow } from './describe-window.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, slideAt, windowAt } from './window.ts'

interface Zone {
  readonly timeZone?: string
  readonly weekStart?: number
  readonly monthDay?: number
}

function calendar(every: CalendarUnit, { timeZone = 'UTC', weekStart = 1, monthDay = 1 }: Zone = {}): WindowSpec {
  return { kind: 'calendar', every, timeZone, weekStart, monthDay }
}

/** Start and end of the window at `now`, as times with their zone. */
function at(spec: WindowSpec, now: string): [string, string] {
  const { startMs, endMs } = windowAt(spec, Date.parse(now))
  return [new Date(startMs).toISOString(), new Date(endMs).toISOString()]
}

/** The windows from the one at `from` until the moment `to`: starts, and lengths in minutes. */
function run(spec: WindowSpec, from: string, to: string): [string, number][] {
  const found: [string, number][] = []
  for (let now = Date.parse(from); now < Date.parse(to);) {
    const { startMs, endMs } = windowAt(spec, now)
    found.push([new Date(startMs).toISOString().slice(0, 16), (endMs - startMs) / MINUTE_MS])
    now = endMs
  }
  return found
}

const berlin = { timeZone: 'Europe/Berlin' }

describe('a day', () => {
  it('has 23 hours when the clock is set forward, 25 when it is set back', () => {
    assert.deepEqual(at(calendar('day', berlin), '2026-03-29T12:00:00Z'), ['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'])
    assert.deepEqual(at(calendar('day', berlin), '2026-10-25T12:00:00Z'), ['2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'])
  })

  it('has half an hour less or more on Lord Howe', () => {
    const lordHowe = calendar('day', { timeZone: 'Australia/Lord_Howe' })
    assert.deepEqual(run(lordHowe, '2026-04-04T00:00:00Z', '2026-04-05T00:00:00Z'), [['2026-04-03T13:00', 24 * 60], ['2026-04-04T13:00', 24.5 * 60]])
    assert.deepEqual(run(lordHowe, '2026-10-03T00:00:00Z', '2026-10-04T00:00:00Z'), [['2026-10-02T13:30', 24 * 60], ['2026-10-03T13:30', 23.5 * 60]])
  })

  it('may never come: Apia went from the 29th to the 31st', () => {
    const apia = calendar('day', { timeZone: 'Pacific/Apia' })
    assert.deepEqual(run(apia, '2011-12-29T12:00:00Z', '2012-01-01T00:00:00Z'), [['2011-12-29T10:00', 24 * 60], ['2011-12-30T10:00', 24 * 60], ['2011-12-31T10:00', 24 * 60]])
  })

  it('begins at one where midnight is skipped, and once where it comes twice', () => {
    const santiago = calendar('day', { timeZone: 'America/Santiago' })
    assert.deepEqual(at(santiago, '2026-09-06T12:00:00Z'), ['2026-09-06T04:00:00.000Z', '2026-09-07T03:00:00.000Z'])
    assert.deepEqual(at(santiago, '2026-04-04T12:00:00Z'), ['2026-04-04T03:00:00.000Z', '2026-04-05T04:00:00.000Z'])
    const havana = calendar('day', { timeZone: 'America/Havana' })
    assert.deepEqual(at(havana, '2026-11-01T05:30:00Z'), ['2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z'])
  })

  it('does not come back when a minute after midnight it is yesterday again', () => {
    const johns = calendar('day', { timeZone: 'America/St_Johns' })
    assert.deepEqual(run(johns, '2010-11-06T12:00:00Z', '2010-11-08T00:00:00Z'), [['2010-11-06T02:30', 24 * 60], ['2010-11-07T02:30', 25 * 60]])
    assert.deepEqual(at(johns, '2010-11-07T02:45:00Z'), ['2010-11-07T02:30:00.000Z', '2010-11-08T03:30:00.000Z'])
  })
})

describe('an hour', () => {
  it('that the clock shows twice is two windows, one that it skips is none', () => {
    assert.deepEqual(run(calendar('hour', berlin), '2026-10-25T00:10:00Z', '2026-10-25T02:00:00Z'), [['2026-10-25T00:00', 60], ['2026-10-25T01:00', 60]])
    assert.deepEqual(run(calendar('hour', berlin), '2026-03-29T00:10:00Z', '2026-03-29T02:00:00Z'), [['2026-03-29T00:00', 60], ['2026-03-29T01:00', 60]])
  })

  it('begins when the clock shows it, also in zones with half hours and quarters', () => {
    assert.deepEqual(at(calendar('hour', { timeZone: 'Asia/Kolkata' }), '2026-07-01T10:00:00Z'), ['2026-07-01T09:30:00.000Z', '2026-07-01T10:30:00.000Z'])
    assert.deepEqual(at(calendar('hour', { timeZone: 'Asia/Kathmandu' }), '2026-07-01T10:00:00Z'), ['2026-07-01T09:15:00.000Z', '2026-07-01T10:15:00.000Z'])
  })

  it('ends where the clock is changed by half of one', () => {
    const lordHowe = calendar('hour', { timeZone: 'Australia/Lord_Howe' })
    assert.deepEqual(run(lordHowe, '2026-04-04T14:10:00Z', '2026-04-04T16:30:00Z'), [['2026-04-04T14:00', 60], ['2026-04-04T15:00', 30], ['2026-04-04T15:30', 60]])
    assert.deepEqual(run(lordHowe, '2026-10-03T14:40:00Z', '2026-10-03T17:00:00Z'), [['2026-10-03T14:30', 60], ['2026-10-03T15:30', 30], ['2026-10-03T16:00', 60]])
  })
})

describe('weeks, months, quarters and years', () => {
  it('begin on the day that is asked for', () => {
    assert.deepEqual(at(calendar('week'), '2026-03-01T12:00:00Z'), ['2026-02-23T00:00:00.000Z', '2026-03-02T00:00:00.000Z'])
    assert.deepEqual(at(calendar('week', { weekStart: 7 }), '2026-03-01T12:00:00Z'), ['2026-03-01T00:00:00.000Z', '2026-03-08T00:00:00.000Z'])
    assert.deepEqual(at(calendar('week', { weekStart: 6, ...berlin }), '2026-03-30T12:00:00Z'), ['2026-03-27T23:00:00.000Z', '2026-04-03T22:00:00.000Z'])
    assert.deepEqual(at(calendar('month', { monthDay: 15, ...berlin }), '2026-03-14T22:59:59.999Z'), ['2026-02-14T23:00:00.000Z', '2026-03-14T23:00:00.000Z'])
    assert.deepEqual(at(calendar('quarter', { monthDay: 15 }), '2026-04-14T23:59:59.999Z'), ['2026-01-15T00:00:00.000Z', '2026-04-15T00:00:00.000Z'])
    assert.deepEqual(at(calendar('quarter', { monthDay: 15 }), '2026-01-14T00:00:00Z'), ['2025-10-15T00:00:00.000Z', '2026-01-15T00:00:00.000Z'])
    assert.deepEqual(at(calendar('year', { monthDay: 6 }), '2026-01-05T00:00:00Z'), ['2025-01-06T00:00:00.000Z', '2026-01-06T00:00:00.000Z'])
  })

  it('are as long as the calendar says', () => {
    const days = (spec: WindowSpec, from: string, to: string): number[] => run(spec, from, to).map(([, minutes]) => minutes / 60 / 24)
    assert.deepEqual(days(calendar('month'), '2026-01-31T00:00:00Z', '2027-01-01T00:00:00Z'), [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    assert.deepEqual(days(calendar('month'), '2028-02-29T23:59:59Z', '2028-03-01T00:00:00Z'), [29])
    assert.deepEqual(days(calendar('month', { monthDay: 28 }), '2028-02-28T00:00:00Z', '2028-04-28T00:00:00Z'), [29, 31])
    assert.deepEqual(days(calendar('quarter'), '2028-01-01T00:00:00Z', '2029-01-01T00:00:00Z'), [91, 91, 92, 92])
    assert.deepEqual(days(calendar('year'), '2027-05-05T00:00:00Z', '2029-01-01T00:00:00Z'), [365, 366])
    assert.deepEqual(run(calendar('month', berlin), '2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z'), [['2026-02-28T23:00', 31 * 24 * 60 - 60], ['2026-03-31T22:00', 30 * 24 * 60]])
  })
})

describe('windows of a length', () => {
  it('follow each other since 1970', () => {
    assert.deepEqual(at({ kind: 'fixed', lengthMs: 4 * HOUR_MS }, '2026-07-01T11:59:59.999Z'), ['2026-07-01T08:00:00.000Z', '2026-07-01T12:00:00.000Z'])
    assert.deepEqual(windowAt({ kind: 'fixed', lengthMs: 7 * DAY_MS }, 8 * DAY_MS), { startMs: 7 * DAY_MS, endMs: 14 * DAY_MS })
  })

  it('slide by a sixtieth: what was charged is forgotten after the length, with the slice that it lies in', () => {
    const spec: WindowSpec = { kind: 'sliding', lengthMs: HOUR_MS }
    assert.deepEqual(windowAt(spec, 5 * HOUR_MS), { startMs: 4 * HOUR_MS, endMs: 6 * HOUR_MS + MINUTE_MS })
    assert.deepEqual(windowAt(spec, 5 * HOUR_MS + 59_999), { startMs: 4 * HOUR_MS + 59_999, endMs: 6 * HOUR_MS + MINUTE_MS })
    assert.deepEqual(slideAt(spec, 5 * HOUR_MS + 59_999), { slices: 61, sliceMs: MINUTE_MS, slice: 300 })
    assert.deepEqual(slideAt(spec, 5 * HOUR_MS + 60_000), { slices: 61, sliceMs: MINUTE_MS, slice: 301 })
    assert.equal(slideAt(calendar('hour'), 0), undefined)
  })
})

describe('a window that was asked for before', () => {
  it('is the same until it ends, and another for a clock that goes back', () => {
    const spec = calendar('day', berlin)
    const first = windowAt(spec, Date.parse('2026-07-01T10:00:00Z'))
    assert.equal(windowAt(spec, first.endMs - 1), first)
    assert.equal(windowAt(spec, first.endMs).startMs, first.endMs)
    assert.deepEqual(windowAt(spec, first.startMs), first)
  })
})

describe('windows in words', () => {
  it('say what is not usual about them', () => {
    const words: [WindowSpec, string][] = [
      [calendar('hour'), 'hour (UTC)'],
      [calendar('day', berlin), 'day (Europe/Berlin)'],
      [calendar('week'), 'week (UTC)'],
      [calendar('week', { weekStart: 7 }), 'week from Sunday (UTC)'],
      [calendar('month', { monthDay: 15, ...berlin }), 'month from the 15th (Europe/Berlin)'],
      [calendar('quarter', { monthDay: 2 }), 'quarter from the 2nd (UTC)'],
      [calendar('year', { monthDay: 11 }), 'year from the 11th (UTC)'],
      [calendar('month', { monthDay: 23 }), 'month from the 23rd (UTC)'],
      [{ kind: 'fixed', lengthMs: 15 * MINUTE_MS }, '15 min'],
      [{ kind: 'fixed', lengthMs: 90 * MINUTE_MS }, '90 min'],
      [{ kind: 'sliding', lengthMs: 4 * HOUR_MS }, 'any 4 h'],
      [{ kind: 'sliding', lengthMs: 30 * DAY_MS }, 'any 30 d'],
    ]
    for (const [spec, expected] of words) assert.equal(describeWindow(spec), expected)
  })
})
