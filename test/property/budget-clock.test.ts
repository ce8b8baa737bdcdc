// Budgets while the clock moves: days of 23 and 25 hours, ends of months, a leap year, edges of windows in the middle of exchanges, a clock that is
// set back. Whatever happens in whatever order, each charge stays in the window of its admission, and worst cases never add up to more than a limit.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Budget, CalendarUnit, WindowSpec } from '../../src/budgets/budget.ts'
import type { BudgetStore } from '../../src/budgets/budget-store.ts'
import { MINUTE_MS, HOUR_MS } from '../../src/budgets/window.ts'
import { buildBudget } from '../support/build-budgets.ts'
import { createBudgetScene, type SceneStep } from '../support/budget-scene.ts'
import { memoryHarness, oneRedis } from '../support/budget-store-harness.ts'

/** Where clocks and calendars do something: the zone, and a moment a little before. */
const stages: readonly (readonly [zone: string, start: string])[] = [
  ['Europe/Berlin', '2026-03-28T22:30Z'],
  ['Europe/Berlin', '2026-10-24T21:30Z'],
  ['America/New_York', '2026-03-08T04:30Z'],
  // By half an hour.
  ['Australia/Lord_Howe', '2026-04-04T12:30Z'],
  // A midnight that is skipped, one that comes twice, and a day that never was.
  ['America/Santiago', '2026-09-06T03:00Z'],
  ['America/Havana', '2026-11-01T03:30Z'],
  ['Pacific/Apia', '2011-12-30T09:00Z'],
  ['UTC', '2028-02-28T22:00Z'],
  ['UTC', '2027-02-28T22:00Z'],
  ['Asia/Kathmandu', '2026-01-31T17:00Z'],
  ['America/New_York', '2028-01-01T03:00Z'],
]
const units: readonly CalendarUnit[] = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year']

function windowIn(timeZone: string): fc.Arbitrary<WindowSpec> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('calendar' as const), every: fc.constantFrom(...units), timeZone: fc.constant(timeZone), weekStart: fc.integer({ min: 1, max: 7 }), monthDay: fc.constantFrom(1, 1, 15, 28) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('fixed' as const), lengthMs: fc.constantFrom(15 * MINUTE_MS, 4 * HOUR_MS) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('sliding' as const), lengthMs: fc.constantFrom(MINUTE_MS, 10 * MINUTE_MS, HOUR_MS) }) },
  )
}

function budgetIn(timeZone: string): fc.Arbitrary<Budget> {
  return fc
    .record({
      window: windowIn(timeZone),
      unit: fc.constantFrom({ kind: 'tokens' as const }, { kind: 'tokens' as const }, { kind: 'requests' as const }),
      per: fc.constantFrom<readonly string[]>([], ['user']),
      share: fc.integer({ min: 1, max: 10 }),
      holdTtlMs: fc.constantFrom(10_000, 600_000),
    })
    .map(({ share, unit, ...changes }) => buildBudget({ ...changes, unit, limit: unit.kind === 'requests' ? share : 100 * share, reserve: 'worst_case' }))
}

const step: fc.Arbitrary<SceneStep> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('ask' as const), user: fc.constantFrom('alice', 'bob'), process: fc.constantFrom(0, 1), most: fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 1, maxLength: 6 }) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('settle' as const), pick: fc.nat(), share: fc.double({ min: 0, max: 1, noNaN: true }), how: fc.constantFrom('known', 'known', 'unknown', 'nobody') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('settle_again' as const), pick: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), milliseconds: fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 20 * MINUTE_MS }), fc.integer({ min: 0, max: 7 * HOUR_MS })) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait_for_edge' as const), budget: fc.nat(), milliseconds: fc.constantFrom(-1, 0, 1, 500) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('set_back' as const), milliseconds: fc.integer({ min: 1, max: 2 * MINUTE_MS }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('renew' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('expire' as const) }) },
)

const scene = fc.constantFrom(...stages).chain(([timeZone, start]) =>
  fc.record({ startMs: fc.constant(Date.parse(start)), budgets: fc.array(budgetIn(timeZone), { minLength: 1, maxLength: 3 }), steps: fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }) }),
)

/** What happened over all runs: a property of nothing would always hold. */
async function play(store: BudgetStore, numRuns: number): Promise<Readonly<Record<string, number>>> {
  const seen: Record<string, number> = {}
  let run = 0
  await fc.assert(
    fc.asyncProperty(scene, async ({ startMs, budgets, steps }) => {
      run += 1
      // Runs share a store: each has counters of its own.
      const named = budgets.map((budget, index) => ({ ...budget, name: `run${String(run)}-${String(index)}` }))
      const played = createBudgetScene({ store, budgets: named, startMs, prefix: `${String(run)}-` })
      for (const each of steps) {
        await played.play(each)
        await played.checkCounters()
      }
      played.checkWindows()
      await played.checkNothingHeld()
      for (const [what, count] of Object.entries(played.seen())) seen[what] = (seen[what] ?? 0) + count
    }),
    { numRuns, endOnFailure: true, includeErrorInReport: true },
  )
  return seen
}

describe('budgets while the clock moves', () => {
  for (const { name, start, runs } of [
    { name: 'memory', start: memoryHarness, runs: 200 },
    { name: 'redis', start: oneRedis, runs: 30 },
  ]) {
    it(`charge the window of the admission, and keep every limit: ${name}`, async (test) => {
      const harness = await start()
      try {
        const seen = await play(harness.store, runs)
        test.diagnostic(JSON.stringify(seen))
        for (const what of ['admitted', 'denied', 'settled', 'settledInLaterWindow', 'settledAgain', 'expired', 'settledAfterExpiry']) assert.ok((seen[what] ?? 0) > runs / 10, what)
      } finally {
        await harness.stop()
      }
    })
  }
})
