// Budgets as Prometheus metrics. Labels are names of the configuration; what single callers have left is on the admin pages.

import { Gauge, type Registry } from 'prom-client'
import { unitName } from '../budgets/amount.ts'
import type { BudgetWarning } from '../budgets/warnings.ts'
import { wouldHaveDenied } from '../budgets/warnings.ts'
import { nanoToDollars } from '../core/money.ts'
import type { ExchangeSummary } from '../exchange/summary.ts'
import { createSums } from './series.ts'

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
  const decisions = createSums({ registry, name: 'tollgate_budget_decisions_total', help: 'Admissions, by budget: admitted, denied, downgraded (passed on to a cheaper model), would_deny (by a budget that only watches).' })
  const charged = createSums({ registry, name: 'tollgate_budget_charged_total', help: 'What budgets were charged, in their unit (dollars for usd).' })
  const warnings = createSums({ registry, name: 'tollgate_budget_warnings_total', help: 'Counters that passed a threshold of their budget.' })
  const waits = createSums({ registry, name: 'tollgate_budget_wait_seconds_total', help: 'Time that requests have waited for room.' })({})
  const expired = createSums({ registry, name: 'tollgate_budget_expired_holds_total', help: 'Holds that ran out and were charged by their estimate.' })({})
  const storeFailures = createSums({ registry, name: 'tollgate_budget_store_errors_total', help: 'Calls of the counters that failed.' })
  const lost = createSums({ registry, name: 'tollgate_budget_lost_charges_total', help: 'Charges that were owed to the counters and given up, because too much was or nobody knows any more whether they have them; the ledger has them.' })({})
  const ledgerFailures = createSums({ registry, name: 'tollgate_ledger_errors_total', help: 'Lines that the ledger could not take.' })({})
  const reachable = new Gauge({ name: 'tollgate_budget_store_up', help: '1: the counters of the budgets answer. 0: each budget does what its on_store_failure says.', aggregator: 'min', registers })
  reachable.set(1)

  return {
    exchangeFinished({ decision, charges }) {
      if (decision === undefined) return
      waits.add(decision.waitedMs / 1000)
      for (const { shortages } of decision.passedOver) for (const { claim } of shortages) decisions({ budget: claim.budget.name, decision: 'downgraded' }).add(1)
      if (decision.kind === 'denied') {
        for (const { claim } of decision.shortages) decisions({ budget: claim.budget.name, decision: 'denied' }).add(1)
        return
      }
      for (const { claim } of decision.standings) decisions({ budget: claim.budget.name, decision: 'admitted' }).add(1)
      for (const { name } of wouldHaveDenied(decision.standings)) decisions({ budget: name, decision: 'would_deny' }).add(1)
      for (const { budget, amount } of charges) charged({ budget: budget.name, unit: unitName(budget.unit) }).add(budget.unit.kind === 'usd' ? nanoToDollars(amount) : amount)
    },
    warned: ({ budget, action }) => warnings({ budget: budget.name, action }).add(1),
    expired: (holds) => expired.add(holds),
    storeReachable: (isReachable) => reachable.set(isReachable ? 1 : 0),
    storeFailed: (call) => storeFailures({ call }).add(1),
    chargesLost: (charges) => lost.add(charges),
    ledgerFailed: () => ledgerFailures.add(1),
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
