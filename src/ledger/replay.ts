// What a store in memory knows, from what was written about it: a snapshot and every event since. It counts with the store's own counters, so
// that both agree on windows that slide, on what is forgotten and on bounds.

import type { CounterCharge } from '../budgets/budget-store.ts'
import { createMemoryCounters } from '../budgets/memory-counters.ts'
import { createSettledIds } from '../budgets/settled-ids.ts'
import type { HoldSnapshot, NameSnapshot, StoreSnapshot } from '../budgets/store-snapshot.ts'
import type { ExchangeSubject } from './ledger-row.ts'
import type { EventRecord } from './records.ts'

/** A hold whose exchange will not be heard of again. */
export interface OpenHold {
  readonly id: string
  readonly charges: readonly CounterCharge[]
  /** Undefined when it was not known, or written in an earlier file. */
  readonly subject: ExchangeSubject | undefined
}

export type ExchangeStanding = 'unknown' | 'held' | 'provisional' | 'settled'

export interface Replay {
  /** `atMs`: when it was written, in milliseconds since 1970. Events that are in the snapshot already change nothing. */
  apply(event: EventRecord, atMs: number): void
  snapshot(): StoreSnapshot
  /** What has become of an exchange. */
  standingOf(id: string): ExchangeStanding
  /** Those that have neither ended nor run out. */
  openHolds(): readonly OpenHold[]
}

interface ReplayedHold {
  readonly holdUntilMs: number
  readonly provisional: boolean
  readonly charges: readonly CounterCharge[]
  readonly subject: ExchangeSubject | undefined
}

const EMPTY: StoreSnapshot = { counters: [], holds: [], settled: [], names: [] }

export function createReplay(start: StoreSnapshot = EMPTY): Replay {
  const counters = createMemoryCounters(Number.POSITIVE_INFINITY)
  const settled = createSettledIds()
  const holds = new Map<string, ReplayedHold>()
  const names: readonly NameSnapshot[] = start.names
  counters.restore(start.counters)
  settled.restore(start.settled)
  for (const { id, ...hold } of start.holds) holds.set(id, { ...hold, subject: undefined })

  function giveBack({ charges, provisional }: ReplayedHold, atMs: number): void {
    for (const charge of charges) {
      if (provisional) counters.charge(charge, -charge.amount, atMs)
      else counters.hold(charge, -charge.amount, atMs)
    }
  }

  function hold({ id, holdUntilMs, charges, subject }: Extract<EventRecord, { kind: 'hold' }>, atMs: number): void {
    if (holds.has(id) || settled.has(id)) return
    for (const charge of charges) counters.hold(charge, charge.amount, atMs)
    holds.set(id, { holdUntilMs, provisional: false, charges, subject })
  }

  function settle(id: string, charges: readonly CounterCharge[], atMs: number): void {
    if (settled.has(id)) return
    const held = holds.get(id)
    if (held !== undefined) giveBack(held, atMs)
    for (const charge of charges) counters.charge(charge, charge.amount, atMs)
    holds.delete(id)
    settled.add(id, atMs)
  }

  function charge(id: string, charges: readonly CounterCharge[], atMs: number): void {
    const held = holds.get(id)
    if (settled.has(id) || held?.provisional === true) return
    if (held !== undefined) giveBack(held, atMs)
    for (const each of charges) counters.charge(each, each.amount, atMs)
    holds.set(id, { holdUntilMs: held?.holdUntilMs ?? atMs, provisional: true, charges, subject: held?.subject })
  }

  return {
    apply(event, atMs) {
      counters.sweep(atMs)
      switch (event.kind) {
        case 'hold':
          return hold(event, atMs)
        case 'settled':
          return settle(event.id, event.charges, atMs)
        case 'row':
          // If no budget counts it, the store has never heard of it.
          if (event.charges.length > 0 || holds.has(event.id)) settle(event.id, event.charges, atMs)
          return
        case 'expired':
        case 'orphaned':
          return charge(event.id, event.charges, atMs)
      }
    },
    snapshot: () => ({
      counters: counters.snapshot(),
      holds: [...holds].map(([id, { holdUntilMs, provisional, charges }]): HoldSnapshot => ({ id, holdUntilMs, provisional, charges })),
      settled: settled.snapshot(),
      names,
    }),
    standingOf(id) {
      const held = holds.get(id)
      if (held !== undefined) return held.provisional ? 'provisional' : 'held'
      return settled.has(id) ? 'settled' : 'unknown'
    },
    openHolds: () => [...holds].flatMap(([id, { provisional, charges, subject }]) => (provisional ? [] : [{ id, charges, subject }])),
  }
}
