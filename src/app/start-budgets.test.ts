import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { Registry } from 'prom-client'
import { buildAdmission } from '../../test/support/budget-candidates.ts'
import { buildBudget } from '../../test/support/build-budgets.ts'
import { buildConfig } from '../../test/support/build-config.ts'
import { exampleRow } from '../../test/support/ledger-files.ts'
import type { Budget } from '../budgets/budget.ts'
import { createMemoryBudgetStore } from '../budgets/memory-store.ts'
import { silentLog } from '../core/log.ts'
import { createBudgetMetrics } from '../edge/budget-metrics.ts'
import type { LedgerRow } from '../ledger/ledger-row.ts'
import { startBudgets } from './start-budgets.ts'

describe('the counters of budgets', () => {
  function start(t: TestContext, { budgets = [], passRow }: { readonly budgets?: readonly Budget[]; readonly passRow?: (row: LedgerRow) => void } = {}) {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const store = createMemoryBudgetStore()
    const expire = t.mock.fn<typeof store.expire>((...given) => store.expire(...given))
    let config = buildConfig({ budgets })
    const running = startBudgets({
      config: () => config,
      counters: { store: { ...store, expire }, ledger: undefined, isJournal: false },
      isKeeper: true,
      metrics: createBudgetMetrics(new Registry()),
      secrets: { read: () => undefined },
      log: silentLog,
      ...(passRow === undefined ? {} : { passRow }),
    })
    t.after(() => running.close())
    const secondsPass = (): number => {
      t.mock.timers.tick(10_000)
      const calls = expire.mock.callCount()
      expire.mock.resetCalls()
      return calls
    }
    return { running, secondsPass, configure: (next: readonly Budget[]) => void (config = buildConfig({ budgets: next })) }
  }

  it('are asked for overdue holds while there are budgets, and until what these held is settled', async (t) => {
    const { running, secondsPass, configure } = start(t)
    assert.equal(secondsPass(), 0)
    const budget = buildBudget()
    configure([budget])
    assert.equal(secondsPass(), 10)
    const decision = await running.budgets.admit(buildAdmission('1', [budget]))
    assert.ok(decision.kind === 'admitted')
    configure([])
    assert.equal(secondsPass(), 10)
    await running.budgets.settle(decision.request, { amount: () => 3, provider: 'openai' }).standings
    assert.equal(secondsPass(), 0)
  })

  it('get the row of an exchange where rows are kept, and ask for none elsewhere', (t) => {
    const rows: LedgerRow[] = []
    const kept = start(t, { passRow: (row) => rows.push(row) })
    const row = exampleRow('1')
    kept.running.record(() => row)
    kept.running.record(() => undefined)
    assert.deepEqual(rows, [row])
    t.mock.timers.reset()
    start(t).running.record(() => assert.fail('nobody keeps it'))
  })
})
