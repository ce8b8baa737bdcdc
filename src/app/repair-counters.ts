// Counters on Redis that have forgotten something get it back from the ledger of this process: what was not settled when the last process
// ended, and everything after Redis has lost its data. A settlement is made once however often it is asked for, so neither charges twice.

import { randomUUID } from 'node:crypto'
import type { BudgetStore, CounterRef } from '../budgets/budget-store.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { ledgerIdentity } from '../ledger/ledger-identity.ts'
import { streamRows } from '../ledger/read-rows.ts'

export interface RepairOptions {
  readonly store: Pick<BudgetStore, 'settle' | 'read'>
  readonly directory: string
  readonly writer: string
  readonly clock: Clock
  readonly log: Log
}

export interface Repair {
  /** Looks whether the counters have lost their data, and charges them again if so. To be called every few seconds. Never rejects. */
  look(): Promise<void>
}

/** Shorter than the time for which a store knows that an exchange is settled. */
const UNSETTLED_FOR_MS = 50 * 60 * 1000
/** The counter by which it is seen whether the data is still there: meant to stay for ever. */
const MARKED_FOR_MS = 10 * 365 * 24 * 60 * 60 * 1000
/** Calls that are under way at once. */
const AT_ONCE = 64

export function createRepair({ store, directory, writer, clock, log }: RepairOptions): Repair {
  let isFirstLook = true
  let looking: Promise<void> | undefined

  async function look(): Promise<void> {
    const nowMs = clock.now()
    const mark: CounterRef = { key: `ledger|${ledgerIdentity(directory)}|${writer}`, forgetAtMs: nowMs + MARKED_FOR_MS }
    const [state] = await store.read([mark], nowMs)
    const hasForgotten = state?.used === 0
    if (!hasForgotten && !isFirstLook) return
    const charged = await chargeAgain({ store, directory, writer, from: hasForgotten ? undefined : new Date(nowMs - UNSETTLED_FOR_MS).toISOString(), nowMs })
    // Last, so that a repair that breaks off is begun again.
    if (hasForgotten) await store.settle({ id: randomUUID(), nowMs, charges: [{ ...mark, amount: 1 }] })
    isFirstLook = false
    if (charged > 0) log.warn({ exchanges: charged, lost_data: hasForgotten }, 'The counters of the budgets had not been charged for these exchanges: they are now, from the ledger.')
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

/** How many exchanges the store had not known. */
async function chargeAgain({ store, directory, writer, from, nowMs }: Pick<RepairOptions, 'store' | 'directory' | 'writer'> & { readonly from: string | undefined; readonly nowMs: number }): Promise<number> {
  let charged = 0
  for await (const rows of streamRows({ directory, query: from === undefined ? {} : { from }, order: 'oldest' })) {
    // What ran out is charged provisionally by the store itself, and nobody knows yet what it cost.
    const own = rows.filter((row) => row.writer === writer && row.outcome !== 'expired' && row.outcome !== 'orphaned')
    const open = own.map(({ id, charges }) => ({ id, nowMs, charges: charges.filter(({ forgetAtMs }) => forgetAtMs > nowMs) })).filter(({ charges }) => charges.length > 0)
    for (let start = 0; start < open.length; start += AT_ONCE) {
      const answers = await Promise.all(open.slice(start, start + AT_ONCE).map(async (settlement) => store.settle(settlement)))
      charged += answers.filter(({ applied }) => applied).length
    }
  }
  return charged
}
