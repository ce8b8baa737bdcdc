// Counters on Redis that have forgotten something get it back from the ledger of this process, and from those that no process writes any more:
// what was not settled when the last process ended, and everything after Redis has lost its data. A settlement is made once however often it is asked for, so neither charges twice.

import { randomUUID } from 'node:crypto'
import type { BudgetStore, CounterRef, SettlementRequest } from '../budgets/budget-store.ts'
import { chargeFor } from '../budgets/claim.ts'
import { NO_LIMIT } from '../budgets/plan-claims.ts'
import { REPEATABLE_FOR_MS } from '../budgets/settled-ids.ts'
import { AdmittedBeforeError } from '../budgets/store-errors.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { ledgerIdentity } from '../ledger/ledger-identity.ts'
import { streamRows } from '../ledger/read-rows.ts'
import { listSegments } from '../ledger/segment-files.ts'

export interface RepairOptions {
  readonly store: Pick<BudgetStore, 'admit' | 'settle' | 'read'>
  readonly directory: string
  /** Of this process. */
  readonly writer: string
  /** Whether no process writes as this writer any more: its rows are then looked after here. */
  readonly isAbandoned: (writer: string) => boolean
  readonly clock: Clock
  readonly log: Log
}

export interface Repair {
  /** Looks whether the counters have lost their data, and charges them again if so. To be called every few seconds. Never rejects. */
  look(): Promise<void>
}

/** The counter by which it is seen whether the data is still there: meant to stay for ever. */
const MARKED_FOR_MS = 10 * 365 * 24 * 60 * 60 * 1000
/** Calls that are under way at once. */
const AT_ONCE = 64

export function createRepair({ store, directory, writer, isAbandoned, clock, log }: RepairOptions): Repair {
  let isFirstLook = true
  let looking: Promise<void> | undefined

  /** `unsettledSince`: what is charged again although the store has its data; ISO 8601. */
  async function lookAfter(name: string, nowMs: number, unsettledSince: string | undefined): Promise<void> {
    const mark: CounterRef = { key: `ledger|${ledgerIdentity(directory)}|${name}`, forgetAtMs: nowMs + MARKED_FOR_MS }
    const [state] = await store.read([mark], nowMs)
    const hasForgotten = state?.used === 0
    if (!hasForgotten && unsettledSince === undefined) return
    const charged = await chargeAgain({ store, directory, writer: name, from: hasForgotten ? undefined : unsettledSince, nowMs })
    // Last, so that a repair that breaks off is begun again.
    if (hasForgotten) await store.settle({ id: randomUUID(), nowMs, charges: [{ ...mark, amount: 1 }] })
    if (charged > 0) log.warn({ exchanges: charged, writer: name, lost_data: hasForgotten }, 'The counters of the budgets had not been charged for these exchanges: they are now, from the ledger.')
  }

  async function look(): Promise<void> {
    const nowMs = clock.now()
    await lookAfter(writer, nowMs, isFirstLook ? new Date(nowMs - REPEATABLE_FOR_MS).toISOString() : undefined)
    isFirstLook = false
    const others = new Set(listSegments(directory).map((segment) => segment.writer))
    for (const other of others) if (isAbandoned(other)) await lookAfter(other, nowMs, undefined)
  }

  return {
    look() {
      // Redis may be away, and the next look does what this one did not.
      looking ??= look()
        .catch((err: unknown) => log.debug({ err }, 'The counters could not be compared with the ledger.'))
        .finally(() => {
          looking = undefined
        })
      return looking
    },
  }
}

/** How many exchanges the store had not known. `from`: undefined when it knows nothing any more. */
async function chargeAgain({ store, directory, writer, from, nowMs }: Pick<RepairOptions, 'store' | 'directory' | 'writer'> & { readonly from: string | undefined; readonly nowMs: number }): Promise<number> {
  let charged = 0
  const settleAll = async (settlements: readonly SettlementRequest[]): Promise<void> => {
    for (let start = 0; start < settlements.length; start += AT_ONCE) {
      const answers = await Promise.all(settlements.slice(start, start + AT_ONCE).map(async (settlement) => store.settle(settlement)))
      charged += answers.filter(({ applied }) => applied).length
    }
  }
  // A store that has its data has charged what ran out by itself. Else nobody has.
  const ranOut = new Map<string, SettlementRequest>()
  for await (const rows of streamRows({ directory, query: from === undefined ? {} : { from }, order: 'oldest' })) {
    const ended: SettlementRequest[] = []
    for (const row of rows) {
      const { id, outcome } = row
      const charges = row.charges.filter(({ forgetAtMs }) => forgetAtMs > nowMs)
      if (row.writer !== writer || charges.length === 0) continue
      if (isUnended(outcome)) ranOut.set(id, { id, nowMs, charges })
      else ended.push({ id, nowMs, charges })
    }
    await settleAll(ended)
  }
  if (from === undefined) charged += await holdAgain(ranOut, { store, directory })
  return charged
}

function isUnended(outcome: string): boolean {
  return outcome === 'expired' || outcome === 'orphaned'
}

/**
 * What ran out and has no row that says what it cost, whoever writes that, is held once more, for no time: so the store charges it provisionally,
 * as before, and what it did cost replaces that should it still become known.
 */
async function holdAgain(ranOut: Map<string, SettlementRequest>, { store, directory }: Pick<RepairOptions, 'store' | 'directory'>): Promise<number> {
  if (ranOut.size === 0) return 0
  for await (const rows of streamRows({ directory, query: {}, order: 'oldest' })) {
    for (const { id, outcome } of rows) if (!isUnended(outcome)) ranOut.delete(id)
  }
  let held = 0
  for (const { id, nowMs, charges } of ranOut.values()) {
    const claims = charges.map((charge) => ({ ...chargeFor(charge), limit: NO_LIMIT, startAt: NO_LIMIT }))
    try {
      await store.admit({ id, nowMs, holdUntilMs: nowMs, claims })
      held += 1
    } catch (thrown) {
      if (!(thrown instanceof AdmittedBeforeError)) throw thrown
    }
  }
  return held
}
