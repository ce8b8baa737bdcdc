// Budgets for tests: one with everything at its default, and the service over counters in memory, with time at hand.

import type { Budget } from '../../src/budgets/budget.ts'
import { type Budgets, type BudgetsOptions, createBudgets } from '../../src/budgets/budgets.ts'
import { createMemoryBudgetStore } from '../../src/budgets/memory-store.ts'
import { createWaitingLines, type WaitingLines } from '../../src/budgets/waiting-line.ts'
import type { Clock } from '../../src/core/clock.ts'

/** 1,000 tokens an hour for everybody together. */
export function buildBudget(changes: Partial<Budget> = {}): Budget {
  return {
    name: 'all',
    per: [],
    where: new Map(),
    models: [],
    providers: [],
    routes: [],
    unit: { kind: 'tokens' },
    limit: 1000,
    overrides: [],
    boosts: [],
    window: { kind: 'calendar', every: 'hour', timeZone: 'UTC', weekStart: 1, monthDay: 1 },
    tiers: [],
    onExhausted: 'deny',
    queueMs: 10_000,
    clamp: false,
    reserve: 'estimate',
    holdTtlMs: 600_000,
    onStoreFailure: 'deny',
    localShare: 1000,
    ...changes,
  }
}

/** Callbacks that come when the test moves the time. */
export interface FakeTime extends Clock {
  advance(milliseconds: number): void
  schedule(milliseconds: number, callback: () => void): () => void
}

export function createFakeTime(startMs = 1_700_000_000_000): FakeTime {
  let elapsed = 0
  let due: { readonly atMs: number; readonly callback: () => void }[] = []
  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    schedule(milliseconds, callback) {
      const entry = { atMs: elapsed + milliseconds, callback }
      due.push(entry)
      return () => {
        due = due.filter((each) => each !== entry)
      }
    },
    advance(milliseconds) {
      const end = elapsed + milliseconds
      for (;;) {
        const next = due.filter(({ atMs }) => atMs <= end).toSorted((a, b) => a.atMs - b.atMs)[0]
        if (next === undefined) break
        due = due.filter((each) => each !== next)
        elapsed = Math.max(elapsed, next.atMs)
        next.callback()
      }
      elapsed = end
    },
  }
}

export function buildLines(time: FakeTime, bounds: { readonly maxWaiting?: number; readonly maxBytes?: number } = {}): WaitingLines {
  return createWaitingLines({ maxWaiting: 100, maxBytes: 1_000_000, retryMs: 250, schedule: (...given) => time.schedule(...given), monotonic: () => time.monotonic(), ...bounds })
}

export function buildBudgets(time: FakeTime, options: Partial<BudgetsOptions> = {}): Budgets {
  return createBudgets({
    counters: createMemoryBudgetStore(),
    clock: time,
    lines: buildLines(time),
    observer: { stood: () => undefined, expired: () => undefined },
    ...options,
  })
}
