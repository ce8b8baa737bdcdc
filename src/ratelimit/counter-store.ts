// Where counters live. One call per request, with all its changes: a store can then make one round trip of it.

/** One change of one counter. */
export interface CounterChange {
  readonly key: string
  /**
   * `add`: charges `hits`, 0 only looks. `refund`: takes `hits` back, never below 0; a counter that does not exist is not made.
   */
  readonly kind: 'add' | 'refund'
  /** add: -2^63 … 2^63-1 (negative only for what the original's callers wrap around); refund: 0 … 2^64-1. */
  readonly hits: bigint
  /** How long the counter must live at least, from its first hit: the length of its window, in seconds. */
  readonly windowSeconds: number
}

/**
 * The one contract of every store, tested by test/contract/counter-store.test.ts:
 * - changes are applied in order and each is atomic; two changes of one key in one call see each other;
 * - looking at a counter never creates it;
 * - counters are exact up to 2^63-1 and refuse to go beyond;
 * - when one change fails, the others are still made and the call rejects with the first failure.
 */
export interface CounterStore {
  /** The counter after each change (0 for one that does not exist). Rejects with a TollgateError. */
  apply(changes: readonly CounterChange[]): Promise<readonly bigint[]>
  /** Whether the next call can be expected to succeed; never rejects. */
  ready(): Promise<boolean>
  /** Lets calls in flight finish and releases everything. */
  close(): Promise<void>
}

/** Largest value of a counter: Redis counts in signed 64 bits. */
export const maxCounter = 2n ** 63n - 1n
export const minCounter = -(2n ** 63n)

/** Redis's own words for it, used by every store. */
export const overflowMessage = 'ERR increment or decrement would overflow'
