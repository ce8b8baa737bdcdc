// The stores of budgets that one suite is run against.

import type { BudgetStore } from '../../src/budgets/budget-store.ts'
import { createMemoryBudgetStore } from '../../src/budgets/memory-store.ts'

export interface BudgetStoreHarness {
  readonly store: BudgetStore
  /** Stores of other processes on the same counters; none where each store has its own. */
  readonly others: readonly BudgetStore[]
  stop(): Promise<void>
}

export function memoryHarness(): Promise<BudgetStoreHarness> {
  const store = createMemoryBudgetStore()
  return Promise.resolve({ store, others: [], stop: () => store.close() })
}
