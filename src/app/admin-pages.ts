// What the admin interface shows.

import type { Budget } from '../budgets/budget.ts'
import type { BudgetStore } from '../budgets/budget-store.ts'
import type { CallerSource } from '../config/runtime-config.ts'
import { systemClock } from '../core/clock.ts'
import { type AdminAnswer, type AdminHandler, type AdminPages, problemAnswer, textAnswer } from '../edge/admin-page.ts'
import { createBudgetsPage } from '../edge/budgets-page.ts'
import { createExplainPage } from '../edge/explain-page.ts'
import { startPage } from '../edge/start-page.ts'
import { createLedgerPage } from '../ledger/ledger-page.ts'
import type { StoreTrouble } from './check-stores.ts'
import type { Serving } from './serving.ts'

export interface AdminPagesOptions {
  readonly serving: Pick<Serving, 'workers' | 'metricsPage' | 'explainer'>
  /** Content type of the page of metrics. */
  readonly metricsType: string
  readonly isDraining: () => boolean
  /** What requests need and cannot be reached. Never rejects. */
  readonly unreachable: () => Promise<readonly StoreTrouble[]>
  readonly budgets: () => readonly Budget[]
  readonly budgetStore: BudgetStore
  readonly callers: () => readonly CallerSource[]
  /** Of the ledger; undefined: none is written. */
  readonly ledgerDirectory: string | undefined
}

export function createAdminPages({ serving, metricsType, isDraining, unreachable, budgets, budgetStore, callers, ledgerDirectory }: AdminPagesOptions): AdminPages {
  return {
    '/': startPage,
    '/budgets': createBudgetsPage({ budgets, store: budgetStore, clock: systemClock }),
    '/ledger': { GET: ledgerHandler(ledgerDirectory, callers) },
    '/explain': createExplainPage(serving.explainer),
    '/healthz': { access: 'open', GET: () => textAnswer('ok\n') },
    '/readyz': { access: 'open', GET: () => readiness({ serving, isDraining, unreachable }) },
    '/metrics': { GET: async () => ({ status: 200, contentType: metricsType, body: await serving.metricsPage() }) },
  }
}

function ledgerHandler(directory: string | undefined, callers: () => readonly CallerSource[]): AdminHandler {
  if (directory === undefined) {
    return () => problemAnswer({ status: 404, code: 'no_ledger', message: 'No ledger is written. It needs budgets, or a section ledger in the configuration, and a restart.' })
  }
  const page = createLedgerPage({ directory, attributes: () => callers().flatMap(({ attributes }) => [...attributes.keys()]), clock: systemClock })
  return ({ query }) => page(query)
}

async function readiness({ serving, isDraining, unreachable }: Pick<AdminPagesOptions, 'serving' | 'isDraining' | 'unreachable'>): Promise<AdminAnswer> {
  const troubles = await unreachable()
  const workers = serving.workers()
  const each = workers.map(({ worker, state, pid }) => `worker ${worker}: ${state}${pid === undefined ? '' : ` (process ${pid})`}\n`).join('')
  if (isDraining()) return textAnswer(`draining\n${each}`, 503)
  const lines = troubles.map(({ line }) => `${line}\n`).join('')
  if (troubles.some(({ refuses }) => refuses)) return textAnswer(`${lines}${each}`, 503)
  // One that serves is enough: Envoy leaves out the others.
  if (workers.length > 0 && !workers.some(({ state }) => state === 'serving')) return textAnswer(`no worker serves\n${lines}${each}`, 503)
  return textAnswer(`ready\n${lines}${each}`)
}
