import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildBudget, buildBudgets, createFakeTime } from '../../test/support/build-budgets.ts'
import { buildAdmission, buildCandidate } from '../../test/support/budget-candidates.ts'
import type { Admitted } from './admission.ts'
import { createMemoryBudgetStore } from './memory-store.ts'
import { type BudgetWarning, createWarnings, wouldHaveDenied } from './warnings.ts'

function setUp(store = createMemoryBudgetStore(), name = 'a', changes: Parameters<typeof buildBudget>[0] = {}) {
  const time = createFakeTime()
  const warnings: BudgetWarning[] = []
  const stood = createWarnings({ store, clock: time, onWarning: (warning) => warnings.push(warning) })
  const budgets = buildBudgets(time, { counters: store, observer: { stood, expired: () => undefined } })
  const budget = buildBudget({ per: ['user'], tiers: [{ remainingShare: 5000, action: 'warn' }, { remainingShare: 2000, action: 'downgrade' }], onExhausted: 'allow', ...changes })
  let asked = 0
  return {
    time,
    store,
    said: () => warnings.map(({ threshold, action, attributes, used, held }) => [threshold, action, attributes.get('user'), used + held]),
    /** What the counters say again later of an exchange that was admitted now. */
    stand: (amount: number) => {
      const { standings } = budgets.admit(buildAdmission(`${name}-standing`, [budget], [buildCandidate({ outputTokens: amount, isCheapest: true })])) as Admitted
      return () => stood(standings)
    },
    spend: (amount: number) => {
      asked += 1
      return budgets.admit(buildAdmission(`${name}-${String(asked)}`, [budget], [buildCandidate({ outputTokens: amount, isCheapest: true })])) as Admitted
    },
  }
}

describe('warnings', () => {
  it('come once for each threshold that is passed, and when nothing is left', () => {
    const { spend, said } = setUp()
    for (const amount of [500, 1, 299, 1, 100]) spend(amount)
    assert.deepEqual(said(), [
      [5000, 'warn', 'alice', 501],
      [2000, 'downgrade', 'alice', 801],
    ])
    spend(99)
    spend(99)
    assert.deepEqual(said().slice(2), [[0, 'allow', 'alice', 1000]])
  })

  it('come from one process only, and again in the next window', () => {
    const first = setUp()
    const second = setUp(first.store, 'b')
    first.spend(600)
    second.spend(1)
    assert.deepEqual([first.said().length, second.said().length], [1, 0])
    first.time.advance(3_600_000)
    first.spend(600)
    assert.equal(first.said().length, 2)
  })

  it('come again in every length of a window that slides, whose counter is the same for ever', () => {
    const { time, spend, said } = setUp(undefined, undefined, { window: { kind: 'sliding', lengthMs: 3_600_000 }, limit: 10_000 })
    spend(6000)
    time.advance(1_800_000)
    spend(1)
    assert.equal(said().length, 1)
    time.advance(5_400_000)
    spend(1)
    assert.equal(said().length, 2)
  })

  it('come of no exchange that settles after its window', () => {
    const { time, stand, said } = setUp()
    const late = stand(1000)
    assert.equal(said().length, 3)
    time.advance(3_600_000)
    for (let settled = 0; settled < 5; settled += 1) late()
    assert.equal(said().length, 3)
  })

  it('tell which budgets only watched', () => {
    const { spend } = setUp()
    assert.deepEqual(wouldHaveDenied(spend(1000).standings), [])
    assert.deepEqual(wouldHaveDenied(spend(1).standings).map(({ name }) => name), ['all'])
  })
})
