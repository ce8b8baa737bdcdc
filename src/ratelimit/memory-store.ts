// Counters in this process: for one Tollgate without Redis. They are lost when it ends.

import type { Clock } from '../core/clock.ts'
import { TollgateError } from '../core/errors.ts'
import type { CounterChange, CounterStore } from './counter-store.ts'
import { maxCounter, minCounter, overflowMessage } from './counter-store.ts'

export interface MemoryStoreOptions {
  readonly clock: Clock
  /**
   * Most counters at a time. One more is refused, a look at it too: the check fails before the charge would, and Envoy denies the
   * request under failure_mode_deny instead of another caller's counter being forgotten. A counter takes about 250 bytes.
   */
  readonly maxCounters?: number
}

interface Counter {
  value: bigint
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

const defaultMaxCounters = 1_000_000

/** How many counters each change looks at for expiry: more than one, so that clearing keeps ahead of making. */
const sweptPerChange = 4

/** A full search for expired counters is O(all), so at most this often when the store is full. */
const fullSweepEveryMs = 1000

export interface MemoryStore extends CounterStore {
  /** How many counters it holds, expired ones that were not cleared yet included. */
  size(): number
}

export function createMemoryStore({ clock, maxCounters = defaultMaxCounters }: MemoryStoreOptions): MemoryStore {
  const counters = new Map<string, Counter>()
  // A Map's iterator stays valid while entries come and go, so it can walk slowly for ever. No timer: nothing keeps the process alive.
  let sweep = counters.entries()
  let nextFullSweep = 0

  function sweepSome(now: number): void {
    for (let looked = 0; looked < sweptPerChange; looked += 1) {
      const { done, value } = sweep.next()
      if (done === true) {
        sweep = counters.entries()
        return
      }
      if (value[1].expiresAt <= now) counters.delete(value[0])
    }
  }

  function makeRoom(now: number): void {
    if (counters.size < maxCounters) return
    if (now >= nextFullSweep) {
      nextFullSweep = now + fullSweepEveryMs
      for (const [key, { expiresAt }] of counters) {
        if (expiresAt <= now) counters.delete(key)
      }
    }
    if (counters.size < maxCounters) return
    const message = `the memory store holds its ${String(maxCounters)} counters and takes no new one until a window ends; use Redis for more`
    throw new TollgateError('internal', message)
  }

  function applyOne(change: CounterChange, now: number): bigint {
    sweepSome(now)
    const { key, kind, hits } = change
    let counter = counters.get(key)
    if (counter !== undefined && counter.expiresAt <= now) {
      counters.delete(key)
      counter = undefined
    }
    const before = counter?.value ?? 0n
    if (counter === undefined && kind === 'add') makeRoom(now)
    if (kind === 'refund' ? counter === undefined : hits === 0n) return before
    const wanted = kind === 'refund' ? before - hits : before + hits
    const after = kind === 'refund' && wanted < 0n ? 0n : wanted
    if (after > maxCounter || after < minCounter) throw new TollgateError('internal', `counting failed: ${overflowMessage}`)
    if (counter === undefined) counters.set(key, { value: after, expiresAt: now + change.windowSeconds * 1000 })
    else counter.value = after
    return after
  }

  return {
    apply(changes) {
      const now = clock.now()
      const after: bigint[] = []
      let failure: TollgateError | undefined
      for (const change of changes) {
        try {
          after.push(applyOne(change, now))
        } catch (thrown) {
          failure ??= TollgateError.from(thrown)
        }
      }
      return failure === undefined ? Promise.resolve(after) : Promise.reject(failure)
    },
    size: () => counters.size,
    ready: () => Promise.resolve(true),
    close() {
      counters.clear()
      return Promise.resolve()
    },
  }
}
