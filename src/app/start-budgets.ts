// The counters of budgets, what keeps them right while nobody asks, and who hears of it when they run low.

import { createBudgets, type Budgets } from '../budgets/budgets.ts'
import type { BudgetStore } from '../budgets/budget-store.ts'
import type { Estimator } from '../budgets/estimator.ts'
import { guardCounters, type GuardObserver } from '../budgets/guarded-counters.ts'
import { createMemoryBudgetStore } from '../budgets/memory-store.ts'
import { createWaitingLines } from '../budgets/waiting-line.ts'
import { type BudgetWarning, createWarnings } from '../budgets/warnings.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { systemClock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { SecretReader } from '../credentials/secret-reader.ts'
import type { BudgetMetrics } from '../edge/budget-metrics.ts'
import { describeWarning, postWarning } from '../edge/budget-webhook.ts'
import type { LedgerRow } from '../ledger/ledger-row.ts'
import type { OpenCounters } from './open-counters.ts'
import { createRepair } from './repair-counters.ts'
import { startEstimator } from './start-estimator.ts'

export interface BudgetsOptions {
  readonly config: () => RuntimeConfig
  readonly metrics: BudgetMetrics
  readonly secrets: SecretReader
  readonly log: Log
  readonly counters: OpenCounters
  /** False where another process keeps the counters right. */
  readonly isKeeper: boolean
  /** Where rows go without a ledger of this process; undefined: nowhere. */
  readonly passRow?: (row: LedgerRow) => void
}

export interface RunningBudgets {
  readonly budgets: Budgets
  readonly estimator: Estimator
  /** For those who look. */
  readonly store: BudgetStore
  /** For other processes, which have their own way of dealing with failures. */
  readonly countersForOthers: BudgetStore
  /** Writes down an exchange that is over, if it has a row. Asks for it only where rows are kept. Never throws. */
  record(makeRow: () => LedgerRow | undefined): void
  close(): Promise<void>
}

/** How often overdue holds are charged, and what is owed to the counters is paid. */
const UPKEEP_MS = 1_000
/** How often holds are renewed, where that is due: many times within the shortest hold time that a configuration may have. */
const RENEW_MS = 1_000
/** How often it is looked whether the counters have lost their data. */
const LOOK_FOR_LOSS_MS = 5_000
/** Requests that may wait for room at once, and their bodies. */
const MAX_WAITING = 1_000
const MAX_WAITING_BYTES = 64 * 1024 * 1024
/** How often the first of a line looks for room that came free in another process. */
const LOOK_AGAIN_MS = 250

export function startBudgets({ config, counters: { store, ledger, isJournal, mendedFrom }, isKeeper, passRow, metrics, secrets, log }: BudgetsOptions): RunningBudgets {
  const counters = guardCounters({ store, local: createMemoryBudgetStore(), clock: systemClock, observer: createGuardObserver(metrics, log) })
  const lines = createWaitingLines({ maxWaiting: MAX_WAITING, maxBytes: MAX_WAITING_BYTES, retryMs: LOOK_AGAIN_MS, schedule, monotonic: () => systemClock.monotonic() })
  const stood = createWarnings({ store: counters, clock: systemClock, onWarning: (warning) => warn(warning) })
  const budgets = createBudgets({
    counters,
    clock: systemClock,
    lines,
    observer: {
      stood,
      expired: (hold) => {
        const { id, charges } = hold
        metrics.expired(1)
        if (!isJournal) write(() => ledger?.expired(hold))
        log.warn({ exchange_id: id, counters: charges.map(({ key }) => key) }, 'A hold ran out and is charged by its estimate, until its exchange settles after all.')
      },
    },
  })
  // Holds of budgets that are no longer configured are looked after until their exchanges are over.
  const isCounting = (): boolean => config().budgets.length > 0 || budgets.live > 0
  const learning = startEstimator({ config: config(), isKeeper, isNeeded: isCounting, log })
  metrics.watch(() => ({ live: budgets.live, waiting: lines.length, owed: counters.owed }))

  function warn(warning: BudgetWarning): void {
    metrics.warned(warning)
    log.warn(describeWarning(warning), 'A budget runs low.')
    const { budgetWebhook } = config()
    if (budgetWebhook !== undefined) void postWarning(budgetWebhook, warning, { readSecret: (source) => secrets.read(source), log, sleep })
  }

  // A ledger that cannot be written says so itself; what was used is used, and the counters have it.
  function write(line: () => void): void {
    try {
      line()
    } catch {
      metrics.ledgerFailed()
    }
  }

  const upkeep = setInterval(() => {
    if (isKeeper && isCounting()) void budgets.expire()
    void counters.repair()
  }, UPKEEP_MS).unref()
  const repair = mendedFrom === undefined ? undefined : createRepair({ ...mendedFrom, store, clock: systemClock, log })
  const lookForLoss = (): void => {
    if (isCounting()) void repair?.look()
  }
  lookForLoss()
  const looking = setInterval(lookForLoss, LOOK_FOR_LOSS_MS).unref()
  const renewing = setInterval(() => void budgets.renew(), RENEW_MS).unref()
  return {
    budgets,
    estimator: learning.estimator,
    store: counters,
    countersForOthers: store,
    record(makeRow) {
      const keep = ledger === undefined ? passRow : (row: LedgerRow) => ledger.row(row)
      if (keep === undefined) return
      const row = makeRow()
      if (row !== undefined) write(() => keep(row))
    },
    async close() {
      clearInterval(upkeep)
      clearInterval(renewing)
      clearInterval(looking)
      await counters.repair()
      if (counters.owed > 0) log.error({ settlements: counters.owed }, 'The counters of the budgets could not be reached: what is owed to them is only in the ledger.')
      await learning.close()
      await counters.close()
      await ledger?.close()
    },
  }
}

function createGuardObserver(metrics: BudgetMetrics, log: Log): GuardObserver {
  return {
    reachable: (isReachable) => {
      metrics.storeReachable(isReachable)
      if (isReachable) log.info({}, 'The counters of the budgets can be reached again.')
      else log.error({}, 'The counters of the budgets cannot be reached: until they can, each budget does what its on_store_failure says.')
    },
    failed: (call, err) => {
      metrics.storeFailed(call)
      log.debug({ call, err }, 'A call of the counters failed.')
    },
    lost: ({ id, charges }, why) => {
      metrics.chargesLost(charges.length)
      const message = why === 'too_many' ? 'Too much is owed to the counters: this exchange is only in the ledger.' : 'Nobody knows whether the counters were charged for this exchange before they went away for so long: they are not again. It is in the ledger.'
      log.error({ exchange_id: id, charges: charges.map(({ key, amount }) => ({ key, amount })) }, message)
    },
  }
}

function schedule(milliseconds: number, callback: () => void): () => void {
  const timer = setTimeout(callback, milliseconds)
  return () => clearTimeout(timer)
}

async function sleep(milliseconds: number): Promise<void> {
  await new Promise<void>((resolve) => {
    setTimeout(resolve, milliseconds).unref()
  })
}
