// Budgets in this process: for one Tollgate without Redis. Every answer is there at once, so nothing can come between the steps of an admission.

import { TollgateError } from '../core/errors.ts'
import type {
  AdmissionAnswer,
  AdmissionRequest,
  BudgetStore,
  CounterCharge,
  CounterRef,
  CounterState,
  ExpiredHold,
  ListedCounter,
  SettlementAnswer,
  SettlementRequest,
} from './budget-store.ts'
import { chargeFor, hasRoom } from './claim.ts'
import { createDueQueue } from './due-queue.ts'
import { createMapSweep } from './map-sweep.ts'
import { createMemoryCounters } from './memory-counters.ts'
import { createSettledIds, SETTLED_FOR_MS } from './settled-ids.ts'
import { AdmittedBeforeError } from './store-errors.ts'
import type { StoreSnapshot } from './store-snapshot.ts'

export interface MemoryBudgetStoreOptions {
  /**
   * Most counters at a time, 1,000,000 unless given; also the bound of holds and of names. One more is an error, so that
   * nobody's counter is forgotten for somebody else. A counter takes about 250 bytes, one that slides up to 3,000.
   */
  readonly maxCounters?: number
}

/** A BudgetStore that answers at once, and that can be written down. */
export interface MemoryBudgetStore extends BudgetStore {
  admit(request: AdmissionRequest): AdmissionAnswer
  settle(request: SettlementRequest): SettlementAnswer
  renew(ids: readonly string[], holdUntilMs: number): void
  expire(nowMs: number, limit: number): readonly ExpiredHold[]
  read(refs: readonly CounterRef[], nowMs: number): readonly CounterState[]
  list(prefix: string, options: { readonly nowMs: number; readonly limit: number }): readonly ListedCounter[]
  first(name: string, options: { readonly nowMs: number; readonly ttlMs: number }): boolean
  /** Everything it knows; not changed by what comes later. */
  snapshot(): StoreSnapshot
  /** Takes over what another store knew. Only into a store that nobody has used yet; throws otherwise. */
  restore(snapshot: StoreSnapshot): void
}

interface Hold {
  readonly charges: readonly CounterCharge[]
  holdUntilMs: number
  /** It ran out: its amounts are charged, and it only waits for a late settlement. */
  provisional: boolean
}

const DEFAULT_MAX_COUNTERS = 1_000_000

/** Entries of settled exchanges stay in the queue until it has this many more than twice the holds. */
const SPARE_QUEUE_ENTRIES = 1000

export function createMemoryBudgetStore({ maxCounters = DEFAULT_MAX_COUNTERS }: MemoryBudgetStoreOptions = {}): MemoryBudgetStore {
  const counters = createMemoryCounters(maxCounters)
  const holds = new Map<string, Hold>()
  // One entry per hold, at its time or earlier: a renewal leaves it where it is, and it is put back when it comes up.
  const due = createDueQueue()
  const settled = createSettledIds()
  // Name → until when it is taken.
  const names = new Map<string, number>()
  const nameSweep = createMapSweep(names, (untilMs, nowMs) => untilMs <= nowMs)

  function addHold(id: string, hold: Hold): void {
    holds.set(id, hold)
    due.add({ atMs: dueAtMs(hold), id })
    if (due.size <= 2 * holds.size + SPARE_QUEUE_ENTRIES) return
    due.replaceAll([...holds].map(([each, held]) => ({ id: each, atMs: dueAtMs(held) })))
  }

  /** What was held, or came of it, is taken back from the counters. */
  function giveBack({ charges, provisional }: Hold, nowMs: number): void {
    for (const charge of charges) {
      if (provisional) counters.charge(charge, -charge.amount, nowMs)
      else counters.hold(charge, -charge.amount, nowMs)
    }
  }

  function chargeHold(hold: Hold, nowMs: number): void {
    giveBack(hold, nowMs)
    for (const charge of hold.charges) counters.charge(charge, charge.amount, nowMs)
    hold.provisional = true
  }

  /** The next hold that has run out; it is charged then. */
  function expireNext(nowMs: number): ExpiredHold | undefined {
    for (let entry = due.takeDue(nowMs); entry !== undefined; entry = due.takeDue(nowMs)) {
      const { id } = entry
      const hold = holds.get(id)
      if (hold === undefined) continue
      if (hold.provisional) {
        if (dueAtMs(hold) <= nowMs) holds.delete(id)
        continue
      }
      if (hold.holdUntilMs > entry.atMs) {
        due.add({ atMs: hold.holdUntilMs, id })
        continue
      }
      chargeHold(hold, nowMs)
      due.add({ atMs: dueAtMs(hold), id })
      return { id, charges: hold.charges }
    }
    return undefined
  }

  return {
    admit({ id, nowMs, holdUntilMs, claims }) {
      counters.sweep(nowMs)
      const before = claims.map((claim) => counters.state(claim, nowMs))
      if (!claims.every((claim, index) => hasRoom(claim, before[index]))) return { admitted: false, counters: before }
      if (claims.length === 0) return { admitted: true, counters: before }
      if (holds.has(id) || settled.has(id)) throw new AdmittedBeforeError(id)
      counters.makeRoom(claims, nowMs)
      if (holds.size >= maxCounters) throw new TollgateError('internal', `the admission failed: ${String(maxCounters)} exchanges are under way, and no more are taken`)
      for (const claim of claims) counters.hold(claim, claim.amount, nowMs)
      addHold(id, { charges: claims.map(chargeFor), holdUntilMs, provisional: false })
      return { admitted: true, counters: before }
    },
    settle({ id, nowMs, charges }) {
      counters.sweep(nowMs)
      const applied = !settled.has(id)
      if (applied) {
        counters.makeRoom(charges, nowMs)
        const hold = holds.get(id)
        if (hold !== undefined) giveBack(hold, nowMs)
        for (const charge of charges) counters.charge(charge, charge.amount, nowMs)
        holds.delete(id)
        settled.add(id, nowMs)
      }
      return { applied, counters: charges.map((charge) => counters.state(charge, nowMs)) }
    },
    renew(ids, holdUntilMs) {
      for (const id of ids) {
        const hold = holds.get(id)
        if (hold !== undefined && holdUntilMs > hold.holdUntilMs && !hold.provisional) hold.holdUntilMs = holdUntilMs
      }
    },
    expire(nowMs, limit) {
      const expired: ExpiredHold[] = []
      while (expired.length < limit) {
        const next = expireNext(nowMs)
        if (next === undefined) break
        expired.push(next)
      }
      return expired
    },
    read: (refs, nowMs) => refs.map((ref) => counters.state(ref, nowMs)),
    list: (prefix, options) => counters.list(prefix, options),
    first(name, { nowMs, ttlMs }) {
      nameSweep.next(nowMs)
      if ((names.get(name) ?? nowMs) > nowMs) return false
      if (names.size >= maxCounters) throw new TollgateError('internal', `${String(maxCounters)} names are taken, and no more are until some are free again`)
      names.set(name, nowMs + ttlMs)
      return true
    },
    snapshot: () => ({
      counters: counters.snapshot(),
      holds: [...holds].map(([id, { holdUntilMs, provisional, charges }]) => ({ id, holdUntilMs, provisional, charges })),
      settled: settled.snapshot(),
      names: [...names].map(([name, untilMs]) => ({ name, untilMs })),
    }),
    restore(snapshot) {
      if (counters.size() + holds.size + settled.size() + names.size > 0) throw new TollgateError('internal', 'only a new store of budgets can be restored')
      counters.restore(snapshot.counters)
      for (const { id, holdUntilMs, provisional, charges } of snapshot.holds) addHold(id, { charges, holdUntilMs, provisional })
      settled.restore(snapshot.settled)
      for (const { name, untilMs } of snapshot.names) names.set(name, untilMs)
    },
    ready: () => Promise.resolve(true),
    close() {
      counters.clear()
      holds.clear()
      due.replaceAll([])
      settled.clear()
      names.clear()
      return Promise.resolve()
    },
  }
}

/** When it runs out; and then, when it is forgotten: once its counters are, a late settlement has nothing left to replace. */
function dueAtMs({ charges, holdUntilMs, provisional }: Hold): number {
  return provisional ? charges.reduce((latest, { forgetAtMs }) => Math.max(latest, forgetAtMs), holdUntilMs) + SETTLED_FOR_MS : holdUntilMs
}
