// What the admin interface shows.

import type { Budget } from '../budgets/budget.ts'
import type { BudgetStore } from '../budgets/budget-store.ts'
import { systemClock } from '../core/clock.ts'
import { type AdminAnswer, type AdminPages, textAnswer } from '../edge/admin-page.ts'
import { createBudgetsPage } from '../edge/budgets-page.ts'
import type { Metrics } from '../edge/metrics.ts'
import { startPage } from '../edge/start-page.ts'

export interface AdminPagesOptions {
  readonly metrics: Metrics
  readonly isDraining: () => boolean
  /** Never rejects. */
  readonly storeReady: () => Promise<boolean>
  readonly budgets: () => readonly Budget[]
  readonly budgetStore: BudgetStore
}

export function createAdminPages({ metrics, isDraining, storeReady, budgets, budgetStore }: AdminPagesOptions): AdminPages {
  return {
    '/': startPage,
    '/budgets': createBudgetsPage({ budgets, store: budgetStore, clock: systemClock }),
    '/healthz': { access: 'open', GET: () => textAnswer('ok\n') },
    '/readyz': { access: 'open', GET: () => readiness(isDraining, storeReady) },
    '/metrics': { GET: async () => ({ status: 200, contentType: metrics.registry.contentType, body: await metrics.registry.metrics() }) },
  }
}

async function readiness(isDraining: () => boolean, storeReady: () => Promise<boolean>): Promise<AdminAnswer> {
  const reachable = await storeReady()
  if (isDraining()) return textAnswer('draining\n', 503)
  return reachable ? textAnswer('ready\n') : textAnswer('the store cannot be reached\n', 503)
}
