import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Registry } from 'prom-client'
import { buildBudget, buildBudgets, createFakeTime } from '../../test/support/build-budgets.ts'
import { buildAdmission, buildCandidate } from '../../test/support/budget-candidates.ts'
import type { Admitted, Denied } from '../budgets/admission.ts'
import { createBudgetMetrics } from './budget-metrics.ts'

async function lines(registry: Registry, name: string): Promise<string[]> {
  const text = await registry.metrics()
  return text.split('\n').filter((line) => line.startsWith(name))
}

describe('the metrics of budgets', () => {
  it('count what was decided by each budget, and what it was charged in its unit', async () => {
    const registry = new Registry()
    const metrics = createBudgetMetrics(registry)
    const time = createFakeTime()
    const budgets = buildBudgets(time)
    const asked = [
      buildBudget({ name: 'large-only', models: ['large'], limit: 0, onExhausted: 'downgrade' }),
      buildBudget({ name: 'dollars', unit: { kind: 'usd' }, limit: 3e9 }),
      buildBudget({ name: 'watching', limit: 1, onExhausted: 'allow' }),
    ]
    const candidates = [buildCandidate({ clientModel: 'large' }), buildCandidate({ clientModel: 'small', depth: 1, outputTokens: 2e9 })]
    const finish = (id: string): void => {
      const decision = budgets.admit(buildAdmission(id, asked, candidates)) as Admitted | Denied
      const charges = decision.kind === 'admitted' ? budgets.settle(decision.request, { amount: ({ kind }) => (kind === 'usd' ? 1.5e9 : 7), provider: 'openai' }).charges : []
      metrics.exchangeFinished({ decision, charges, downgradedFrom: 'large', clientModel: 'small' })
    }
    finish('1')
    finish('2')
    assert.deepEqual(await lines(registry, 'tollgate_budget_decisions_total{'), [
      'tollgate_budget_decisions_total{budget="large-only",decision="downgraded"} 2',
      'tollgate_budget_decisions_total{budget="dollars",decision="admitted"} 1',
      'tollgate_budget_decisions_total{budget="watching",decision="admitted"} 1',
      'tollgate_budget_decisions_total{budget="watching",decision="would_deny"} 1',
      'tollgate_budget_decisions_total{budget="dollars",decision="denied"} 1',
    ])
    assert.deepEqual(await lines(registry, 'tollgate_budget_charged_total{'), ['tollgate_budget_charged_total{budget="dollars",unit="usd"} 1.5', 'tollgate_budget_charged_total{budget="watching",unit="tokens"} 7'])
  })

  it('show what is held, waited for and owed at the moment of a scrape', async () => {
    const registry = new Registry()
    const metrics = createBudgetMetrics(registry)
    let live = 1
    metrics.watch(() => ({ live, waiting: 2, owed: 3 }))
    live = 4
    metrics.storeReachable(false)
    const shown = await Promise.all(['live_holds', 'waiting_requests', 'owed_settlements', 'store_up'].map(async (name) => lines(registry, `tollgate_budget_${name} `)))
    assert.deepEqual(shown.flat(), ['tollgate_budget_live_holds 4', 'tollgate_budget_waiting_requests 2', 'tollgate_budget_owed_settlements 3', 'tollgate_budget_store_up 0'])
  })
})
