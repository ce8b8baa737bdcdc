// Everything a store in memory knows, as plain data: what a journal writes down and reads back after a restart. Only numbers, texts and lists, so JSON carries it.

import type { CounterCharge } from './budget-store.ts'

/** What was charged in the slices of a window that slides. */
export interface SlidingSnapshot {
  readonly slices: number
  readonly sliceMs: number
  /** Slice and what was charged in it; those that no longer count may be among them. */
  readonly amounts: readonly (readonly [slice: number, amount: number])[]
}

export interface CounterSnapshot {
  readonly key: string
  /** Milliseconds since 1970. */
  readonly forgetAtMs: number
  /** A number, or slices where the window slides. */
  readonly used: number | SlidingSnapshot
  readonly held: number
}

export interface HoldSnapshot {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly holdUntilMs: number
  /** True once it ran out: its amounts are among what is used, and a late settlement replaces them. */
  readonly provisional: boolean
  readonly charges: readonly CounterCharge[]
}

/** Exchanges that were settled in one stretch of time. */
export interface SettledSnapshot {
  /** Milliseconds since 1970: when the stretch began. It ends where the next one begins. */
  readonly sinceMs: number
  readonly ids: readonly string[]
}

/** A name that `first` has been asked for. */
export interface NameSnapshot {
  readonly name: string
  /** Milliseconds since 1970 from when on it is new again. */
  readonly untilMs: number
}

export interface StoreSnapshot {
  readonly counters: readonly CounterSnapshot[]
  readonly holds: readonly HoldSnapshot[]
  /** The latest stretch first. */
  readonly settled: readonly SettledSnapshot[]
  readonly names: readonly NameSnapshot[]
}
