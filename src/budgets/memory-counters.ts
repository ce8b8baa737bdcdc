// The counters of budgets in this process: what is used and held, in how many counters at most, and when they are forgotten.

import { TollgateError } from '../core/errors.ts'
import type { CounterRef, CounterState, ListedCounter, Slide } from './budget-store.ts'
import { createMapSweep } from './map-sweep.ts'
import type { CounterSnapshot } from './store-snapshot.ts'

/** Where a window slides, what was charged lies in slices. */
interface Slices {
  readonly slices: number
  readonly sliceMs: number
  readonly amounts: Map<number, number>
}

interface Counter {
  /** Unused where there are slices. */
  used: number
  held: number
  readonly sliding: Slices | undefined
  forgetAtMs: number
}

/** Amounts beyond it are not exact, and no limit is that high. */
const MAX_AMOUNT = Number.MAX_SAFE_INTEGER

/** A full search for counters to forget looks at all of them, so at most this often when there is no room. */
const FULL_SWEEP_EVERY_MS = 1000

export interface MemoryCounters {
  /** Forgotten ones that were not cleared yet included. */
  size(): number
  /** Looks at a few counters and forgets those whose time has come. Call it with every request. */
  sweep(nowMs: number): void
  /** Throws when these counters cannot all be made; none is made yet. */
  makeRoom(refs: readonly (CounterRef & { readonly amount: number })[], nowMs: number): void
  state(ref: CounterRef, nowMs: number): CounterState
  /** Negative amounts give back; nothing falls below 0. */
  hold(ref: CounterRef, amount: number, nowMs: number): void
  charge(ref: CounterRef, amount: number, nowMs: number): void
  list(prefix: string, options: { readonly nowMs: number; readonly limit: number }): readonly ListedCounter[]
  snapshot(): readonly CounterSnapshot[]
  restore(counters: readonly CounterSnapshot[]): void
  clear(): void
}

const NOTHING: CounterState = { used: 0, held: 0 }

export function createMemoryCounters(maxCounters: number): MemoryCounters {
  const counters = new Map<string, Counter>()
  // A window that slides has one counter for ever: what somebody still holds in it must not be given back to a new one of that name.
  const isForgotten = (counter: Counter, nowMs: number): boolean => counter.forgetAtMs <= nowMs && counter.held === 0
  const sweep = createMapSweep(counters, isForgotten)
  let nextFullSweepMs = 0

  function find(key: string, nowMs: number): Counter | undefined {
    const counter = counters.get(key)
    return counter === undefined || isForgotten(counter, nowMs) ? undefined : counter
  }

  /** Undefined where nothing would be counted: a counter is not made for 0, nor for a window that nobody needs any more. */
  function findOrMake(ref: CounterRef, amount: number, nowMs: number): Counter | undefined {
    const found = find(ref.key, nowMs)
    if (found !== undefined) {
      if (ref.forgetAtMs > found.forgetAtMs) found.forgetAtMs = ref.forgetAtMs
      return found
    }
    if (amount <= 0 || ref.forgetAtMs <= nowMs) return undefined
    const made: Counter = { used: 0, held: 0, sliding: ref.slide === undefined ? undefined : createSlices(ref.slide), forgetAtMs: ref.forgetAtMs }
    counters.set(ref.key, made)
    return made
  }

  function refuseMore(nowMs: number, missing: number): void {
    if (nowMs >= nextFullSweepMs) {
      nextFullSweepMs = nowMs + FULL_SWEEP_EVERY_MS
      for (const [key, counter] of counters) if (isForgotten(counter, nowMs)) counters.delete(key)
    }
    if (counters.size + missing <= maxCounters) return
    const message = `the budgets hold their ${String(maxCounters)} counters and take no new one until a window ends; use Redis for more`
    throw new TollgateError('internal', message)
  }

  return {
    size: () => counters.size,
    sweep: (nowMs) => sweep.next(nowMs),
    makeRoom(refs, nowMs) {
      // Almost always there is room for all of them, whether they exist or not.
      if (counters.size + refs.length <= maxCounters) return
      const missing = refs.filter(({ key, amount, forgetAtMs }) => amount > 0 && forgetAtMs > nowMs && !counters.has(key)).length
      if (missing > 0 && counters.size + missing > maxCounters) refuseMore(nowMs, missing)
    },
    state(ref, nowMs) {
      const counter = find(ref.key, nowMs)
      return counter === undefined ? NOTHING : { used: usedAt(counter, nowMs), held: counter.held }
    },
    hold(ref, amount, nowMs) {
      const counter = findOrMake(ref, amount, nowMs)
      if (counter !== undefined) counter.held = within(counter.held + amount)
    },
    charge(ref, amount, nowMs) {
      const counter = findOrMake(ref, amount, nowMs)
      if (counter === undefined) return
      if (counter.sliding === undefined) counter.used = within(counter.used + amount)
      else if (ref.slide !== undefined) chargeSlice(counter.sliding, { slice: ref.slide.slice, amount, nowMs })
    },
    list(prefix, { nowMs, limit }) {
      const found: ListedCounter[] = []
      for (const [key, counter] of counters) {
        if (found.length >= limit) break
        if (key.startsWith(prefix) && !isForgotten(counter, nowMs)) found.push({ key, used: usedAt(counter, nowMs), held: counter.held })
      }
      return found
    },
    snapshot: () => [...counters].map(([key, counter]) => ({ key, forgetAtMs: counter.forgetAtMs, used: usedSnapshot(counter), held: counter.held })),
    restore(taken) {
      for (const { key, forgetAtMs, used, held } of taken) {
        const isNumber = typeof used === 'number'
        counters.set(key, {
          used: isNumber ? used : 0,
          held,
          sliding: isNumber ? undefined : { slices: used.slices, sliceMs: used.sliceMs, amounts: new Map(used.amounts) },
          forgetAtMs,
        })
      }
    },
    clear: () => counters.clear(),
  }
}

function within(amount: number): number {
  return Math.min(Math.max(amount, 0), MAX_AMOUNT)
}

function createSlices({ slices, sliceMs }: Slide): Slices {
  return { slices, sliceMs, amounts: new Map() }
}

/** The latest slice that no longer counts. Later ones all do, also those of a process whose clock is ahead. */
function lastForgotten({ slices, sliceMs }: Slices, nowMs: number): number {
  return Math.floor(nowMs / sliceMs) - slices
}

function usedAt({ used, sliding }: Counter, nowMs: number): number {
  if (sliding === undefined) return used
  const forgotten = lastForgotten(sliding, nowMs)
  let sum = 0
  for (const [slice, amount] of sliding.amounts) if (slice > forgotten) sum += amount
  return within(sum)
}

function chargeSlice(sliding: Slices, { slice, amount, nowMs }: { readonly slice: number; readonly amount: number; readonly nowMs: number }): void {
  const forgotten = lastForgotten(sliding, nowMs)
  const { amounts, slices } = sliding
  if (slice <= forgotten) return
  amounts.set(slice, within((amounts.get(slice) ?? 0) + amount))
  if (amounts.size <= slices) return
  for (const each of amounts.keys()) if (each <= forgotten) amounts.delete(each)
}

function usedSnapshot({ used, sliding }: Counter): CounterSnapshot['used'] {
  return sliding === undefined ? used : { slices: sliding.slices, sliceMs: sliding.sliceMs, amounts: [...sliding.amounts] }
}
