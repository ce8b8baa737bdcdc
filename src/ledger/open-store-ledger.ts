// A store in memory that survives its process: it gets back what it knew, and whatever changes it from then on is written down first thing.

import type { AdmissionAnswer, BudgetStore, SettlementAnswer } from '../budgets/budget-store.ts'
import { chargeFor } from '../budgets/claim.ts'
import type { MemoryBudgetStore } from '../budgets/memory-store.ts'
import type { LedgerRow } from './ledger-row.ts'
import { type Ledger, type LedgerOptions, lockLedger, openLedger } from './open-ledger.ts'
import { recover } from './recover.ts'
import { createReplay } from './replay.ts'
import { unendedRow } from './unended-row.ts'

export interface StoreLedger {
  readonly ledger: Ledger
  /**
   * The same store; its admissions, settlements and expiries are in the ledger when it answers. An admission that could not be written throws, and may
   * hold nevertheless until it is settled: as with a store on a network whose answer was lost.
   */
  readonly store: BudgetStore
  /** Exchanges that the last process did not live to end. They are charged what was held, until somebody settles them after all. */
  readonly orphaned: number
  /** Lines that the last process could not write, for want of room, and that no snapshot makes up for. */
  readonly lost: number
}

/** `store`: new and empty. Rejects like `recover` and `openLedger`. */
export async function openStoreLedger(store: MemoryBudgetStore, options: Omit<LedgerOptions, 'snapshot' | 'lock'>): Promise<StoreLedger> {
  // Before anything is read: the process before this one may still be writing its last lines.
  const lock = await lockLedger(options)
  const { orphans, lost } = await restoreStore(store, options).catch(async (cause: unknown) => {
    await lock.release()
    throw cause
  })
  const ledger = await openLedger({ ...options, lock, snapshot: () => store.snapshot() })
  for (const row of orphans) ledger.orphaned(row)
  return { ledger, store: journalStore(store, ledger, options.settings.fsync), orphaned: orphans.length, lost }
}

/** Gives the store what the last process knew; `orphans`: the rows of what that did not live to end. */
async function restoreStore(store: MemoryBudgetStore, { settings: { directory }, writer, log, clock }: Omit<LedgerOptions, 'snapshot'>): Promise<{ readonly orphans: readonly LedgerRow[]; readonly lost: number }> {
  const recovered = await recover({ directory, writer, log })
  if (recovered === undefined) return { orphans: [], lost: 0 }
  const nowMs = clock.now()
  const orphans = recovered.orphans.map((orphan) => unendedRow(orphan, { ending: 'orphaned', at: new Date(nowMs).toISOString() }))
  const replay = createReplay(recovered.snapshot)
  for (const { id, charges } of orphans) replay.apply({ kind: 'orphaned', id, charges, row: undefined }, nowMs)
  store.restore(replay.snapshot())
  return { orphans, lost: recovered.lost }
}

function journalStore(store: MemoryBudgetStore, ledger: Ledger, fsync: boolean): BudgetStore {
  return {
    ...store,
    admit(request): AdmissionAnswer | Promise<AdmissionAnswer> {
      const { id, holdUntilMs, claims } = request
      const answer = store.admit(request)
      if (!answer.admitted || claims.length === 0) return answer
      ledger.hold({ id, holdUntilMs, charges: claims.map(chargeFor) })
      return fsync ? ledger.durable().then(() => answer) : answer
    },
    settle(request): SettlementAnswer | Promise<SettlementAnswer> {
      const answer = store.settle(request)
      if (!answer.applied) return answer
      const { id, charges } = request
      // What was used is used: the counter has it, and the next snapshot will.
      tryToWrite(() => ledger.settled({ id, charges: charges.map(chargeFor) }))
      if (!fsync) return answer
      return ledger.durable().then(
        () => answer,
        () => answer,
      )
    },
    expire(nowMs, limit) {
      const expired = store.expire(nowMs, limit)
      for (const entry of expired) tryToWrite(() => ledger.expired(entry))
      return expired
    },
  }
}

function tryToWrite(write: () => void): void {
  try {
    write()
  } catch {
    // The ledger has said so in the log, and will say in itself that a line is missing.
  }
}
