// Budgets as Prometheus metrics. Labels are names of the configuration; what single callers have left is on the admin pages.

import { Counter, Gauge, type Registry } from 'prom-client'
import { unitName } from '../budgets/amount.ts'
import type { BudgetWarning } from '../budgets/warnings.ts'
import { wouldHaveDenied } from '../budgets/warnings.ts'
import { nanoToDollars } from '../core/money.ts'
import type { ExchangeSummary } from '../exchange/summary.ts'

export interface BudgetMetrics {
  exchangeFinished(summary: Pick<ExchangeSummary, 'decision' | 'charges' | 'downgradedFrom' | 'clientModel'>): void
  warned(warning: BudgetWarning): void
  expired(holds: number): void
  storeReachable(isReachable: boolean): void
  storeFailed(call: string): void
  chargesLost(charges: number): void
  ledgerFailed(): void
  /** Asked at every scrape. */
  watch(look: () => { readonly live: number; readonly waiting: number; readonly owed: number }): void
}

export function createBudgetMetrics(registry: Registry): BudgetMetrics {
  const registers = [registry]
  const decisions = new Counter({ name: 'tollgate_budget_decisions_total', help: 'Admissions, by budget: admitted, denied, downgraded (passed on to a cheaper model), would_deny (by a budget that only watches).', labelNames: ['budget', 'decision'], registers })
  const charged = new Counter({ name: 'tollgate_budget_charged_total', help: 'What budgets were charged, in their unit (dollars for usd).', labelNames: ['budget', 'unit'], registers })
  const warnings = new Counter({ name: 'tollgate_budget_warnings_total', help: 'Counters that passed a threshold of their budget.', labelNames: ['budget', 'action'], registers })
  const waits = new Counter({ name: 'tollgate_budget_wait_seconds_total', help: 'Time that requests have waited for room.', registers })
  const expired = new Counter({ name: 'tollgate_budget_expired_holds_total', help: 'Holds that ran out and were charged by their estimate.', registers })
  const storeFailures = new Counter({ name: 'tollgate_budget_store_errors_total', help: 'Calls of the counters that failed.', labelNames: ['call'], registers })
  const lost = new Counter({ name: 'tollgate_budget_lost_charges_total', help: 'Charges that the counters never got because too much was owed; the ledger has them.', registers })
  const ledgerFailures = new Counter({ name: 'tollgate_ledger_errors_total', help: 'Lines that the ledger could not take.', registers })
  const reachable = new Gauge({ name: 'tollgate_budget_store_up', help: '1: the counters of the budgets answer. 0: each budget does what its on_store_failure says.', aggregator: 'min', registers })
  reachable.set(1)

  return {
    exchangeFinished({ decision, charges }) {
      if (decision === undefined) return
      waits.inc(decision.waitedMs / 1000)
      for (const { shortages } of decision.passedOver) for (const { claim } of shortages) decisions.inc({ budget: claim.budget.name, decision: 'downgraded' })
      if (decision.kind === 'denied') {
        for (const { claim } of decision.shortages) decisions.inc({ budget: claim.budget.name, decision: 'denied' })
        return
      }
      for (const { claim } of decision.standings) decisions.inc({ budget: claim.budget.name, decision: 'admitted' })
      for (const { name } of wouldHaveDenied(decision.standings)) decisions.inc({ budget: name, decision: 'would_deny' })
      for (const { budget, amount } of charges) charged.inc({ budget: budget.name, unit: unitName(budget.unit) }, budget.unit.kind === 'usd' ? nanoToDollars(amount) : amount)
    },
    warned: ({ budget, action }) => warnings.inc({ budget: budget.name, action }),
    expired: (holds) => expired.inc(holds),
    storeReachable: (isReachable) => reachable.set(isReachable ? 1 : 0),
    storeFailed: (call) => storeFailures.inc({ call }),
    chargesLost: (charges) => lost.inc(charges),
    ledgerFailed: () => ledgerFailures.inc(),
    watch(look) {
      const gauge = (name: string, help: string, read: (state: ReturnType<typeof look>) => number): void => {
        const made: Gauge = new Gauge({ name, help, registers, collect: () => made.set(read(look())) })
      }
      gauge('tollgate_budget_live_holds', 'Exchanges of this process that hold a part of a budget.', ({ live }) => live)
      gauge('tollgate_budget_waiting_requests', 'Requests that wait for room in a budget.', ({ waiting }) => waiting)
      gauge('tollgate_budget_owed_settlements', 'Settlements that the counters have not taken yet.', ({ owed }) => owed)
    },
  }
}
