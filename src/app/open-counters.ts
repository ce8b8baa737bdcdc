// The counters of budgets and the ledger that goes with them. In memory the ledger is what they survive by; elsewhere it is the record.

import type { BudgetStore } from '../budgets/budget-store.ts'
import { createMemoryBudgetStore } from '../budgets/memory-store.ts'
import { createRedisBudgetStore } from '../budgets/redis-store.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { systemClock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { type Ledger, openLedger } from '../ledger/open-ledger.ts'
import { openStoreLedger } from '../ledger/open-store-ledger.ts'
import type { RepairOptions } from './repair-counters.ts'

export interface OpenCounters {
  readonly store: BudgetStore
  /** Undefined: the configuration wants none, or another process writes it. */
  readonly ledger: Ledger | undefined
  /** Whether what the store does by itself is in the ledger already. */
  readonly isJournal: boolean
  /** Where the ledger is that can mend the store; undefined: the store gets back what it knew in another way, or not at all. */
  readonly mendedFrom?: Pick<RepairOptions, 'directory' | 'writer' | 'isAbandoned'>
}

export interface CountersOptions {
  readonly config: RuntimeConfig
  /** Name of this process among those that write to the ledger. */
  readonly writer: string
  readonly log: Log
}

/** The process that was started first; each of its workers is another writer. */
export const MAIN_WRITER = 'main'

/**
 * How long one call of Redis may take. Well within the time that Envoy gives us; and long enough for a crowd that comes at once,
 * since a call that is given up too early refuses somebody for nothing. After three of them nobody waits (budgets/circuit-breaker.ts).
 */
const COMMAND_TIMEOUT_MS = 3_000

/** Rejects with a sentence for the operator when the ledger cannot be read or written. */
export async function openCounters({ config, writer, log }: CountersOptions): Promise<OpenCounters> {
  const { store: target, ledger: settings } = config
  if (target.kind !== 'memory') {
    const store = createRedisBudgetStore({ store: target, log, commandTimeoutMs: COMMAND_TIMEOUT_MS })
    if (settings === undefined) return { store, ledger: undefined, isJournal: false }
    try {
      return { store, ledger: await openLedger({ settings, writer, clock: systemClock, log }), isJournal: false, mendedFrom: { directory: settings.directory, writer, isAbandoned: (other) => isAbandoned(other, writer, config.workers) } }
    } catch (error) {
      await store.close()
      throw error
    }
  }
  const memory = createMemoryBudgetStore()
  if (settings === undefined) return { store: memory, ledger: undefined, isJournal: false }
  const { store, ledger, orphaned, lost } = await openStoreLedger(memory, { settings, writer, clock: systemClock, log })
  if (orphaned > 0) log.warn({ exchanges: orphaned }, 'Exchanges were under way when the last process ended: they are charged by their estimates.')
  if (lost > 0) log.error({ lines: lost }, 'The ledger could not take everything: what these lines would have said is missing from the counters.')
  return { store, ledger, isJournal: true }
}

/** There were more workers when it wrote. The process that is always there looks after what they have left. */
function isAbandoned(other: string, writer: string, workers: number): boolean {
  const number = /^worker-(\d+)$/.exec(other)?.[1]
  return writer === MAIN_WRITER && number !== undefined && Number(number) > (workers === 1 ? 0 : workers)
}
