import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildBudget, buildBudgets, buildLines, createFakeTime } from '../../test/support/build-budgets.ts'
import { buildAdmission, buildCandidate } from '../../test/support/budget-candidates.ts'
import type { Admitted, Denied } from './admission.ts'
import type { Budget } from './budget.ts'
import type { Outcome } from './budgets.ts'
import { createMemoryBudgetStore } from './memory-store.ts'

const hour = 3_600_000
const costs = (amount: number, provider = 'openai'): Outcome => ({ amount: () => amount, provider })

function setUp(options: Parameters<typeof buildBudgets>[1] = {}) {
  const time = createFakeTime()
  const store = createMemoryBudgetStore()
  const lines = buildLines(time)
  const budgets = buildBudgets(time, { counters: store, lines, ...options })
  const counters = () => store.list('', { nowMs: time.now(), limit: 100 }).map(({ used, held }) => [used, held])
  return { time, store, lines, budgets, counters }
}
function admitted(decision: Admitted | Denied | Promise<Admitted | Denied>): Admitted {
  assert.ok(!(decision instanceof Promise))
  assert.equal(decision.kind, 'admitted')
  return decision as Admitted
}
function denied(decision: Admitted | Denied | Promise<Admitted | Denied>): Denied {
  assert.ok(!(decision instanceof Promise))
  assert.equal(decision.kind, 'denied')
  return decision as Denied
}

describe('an admission', () => {
  it('holds what is needed, and a settlement replaces it by the cost', () => {
    const { budgets, counters } = setUp()
    const decision = admitted(budgets.admit(buildAdmission('1', [buildBudget()])))
    assert.deepEqual(counters(), [[0, 100]])
    assert.deepEqual(decision.standings.map(({ used, held }) => [used, held]), [[0, 100]])
    assert.equal(budgets.live, 1)
    const { charges, standings } = budgets.settle(decision.request, costs(30))
    assert.deepEqual(charges.map(({ amount }) => amount), [30])
    assert.deepEqual((standings as Exclude<typeof standings, Promise<unknown>>).map(({ used, held }) => [used, held]), [[30, 0]])
    void budgets.settle(decision.request, costs(500))
    assert.deepEqual(counters(), [[30, 0]])
    assert.equal(budgets.live, 0)
  })

  it('needs room in all of the budgets that count it, and touches none otherwise', () => {
    const { budgets, counters } = setUp()
    const small = buildBudget({ name: 'small', limit: 50 })
    const decision = denied(budgets.admit(buildAdmission('1', [buildBudget(), small])))
    assert.deepEqual(decision.shortages.map(({ claim, cause, action }) => [claim.budget.name, cause, action]), [['small', 'room', 'deny']])
    assert.deepEqual(counters(), [])
    assert.equal(decision.largestOutput, 50)
  })

  it('is not asked for by budgets of other callers, models, providers and routes', () => {
    const others: Partial<Budget>[] = [{ where: new Map([['user', ['bob']]]) }, { models: ['claude-*'] }, { providers: ['anthropic'] }, { routes: ['high'] }]
    for (const other of others) {
      const { budgets } = setUp()
      assert.equal(admitted(budgets.admit(buildAdmission('1', [buildBudget({ limit: 0, ...other })]))).request.claims.length, 0)
    }
    const own: Partial<Budget>[] = [{ where: new Map([['user', ['bob', 'al*']]]) }, { models: ['gpt-*'] }, { providers: ['openai'] }, { routes: ['high'] }]
    for (const one of own) denied(setUp().budgets.admit(buildAdmission('1', [buildBudget({ limit: 0, ...one })], [buildCandidate({ route: 'high' })])))
  })

  it('counts each caller of `per` apart, those without the attribute together', () => {
    const { budgets } = setUp()
    const budget = buildBudget({ per: ['user'], limit: 100 })
    const as = (id: string, user?: string) => budgets.admit(buildAdmission(id, [budget], [buildCandidate({ attributes: new Map(user === undefined ? [] : [['user', user]]) })]))
    admitted(as('1', 'alice'))
    admitted(as('2', 'bob'))
    admitted(as('3'))
    denied(as('4', 'alice'))
    denied(as('5'))
  })

  it('charges the window in which it was made, and finds a new one afterwards', () => {
    const { budgets, time, counters } = setUp()
    const budget = buildBudget({ limit: 100 })
    const first = admitted(budgets.admit(buildAdmission('1', [budget])))
    time.advance(hour)
    const second = admitted(budgets.admit(buildAdmission('2', [budget])))
    void budgets.settle(first.request, costs(70))
    void budgets.settle(second.request, costs(40))
    assert.deepEqual(counters().map(([used]) => used).toSorted((a = 0, b = 0) => a - b), [40, 70])
  })

  it('that holds nothing is admitted as long as anything is left', () => {
    const { budgets } = setUp()
    const budget = buildBudget({ reserve: 'none', limit: 100 })
    const first = admitted(budgets.admit(buildAdmission('1', [budget])))
    const second = admitted(budgets.admit(buildAdmission('2', [budget])))
    void budgets.settle(first.request, costs(99))
    admitted(budgets.admit(buildAdmission('3', [budget])))
    void budgets.settle(second.request, costs(1))
    assert.equal(denied(budgets.admit(buildAdmission('4', [budget]))).shortages[0]?.cause, 'room')
  })
})

describe('a settlement', () => {
  it('charges nothing when nobody served, or a provider that the budget does not count', () => {
    const { budgets, counters } = setUp()
    const decision = admitted(budgets.admit(buildAdmission('1', [buildBudget()])))
    void budgets.settle(decision.request, { amount: () => 30, provider: undefined })
    assert.deepEqual(counters(), [[0, 0]])
    const both = admitted(budgets.admit(buildAdmission('2', [buildBudget({ providers: ['openai'] })], [buildCandidate({ providers: ['openai', 'anthropic'] })])))
    assert.deepEqual(budgets.settle(both.request, costs(30, 'anthropic')).charges.map(({ amount }) => amount), [0])
  })

  it('charges what was held when nobody can say what it cost', () => {
    const { budgets } = setUp()
    const decision = admitted(budgets.admit(buildAdmission('1', [buildBudget()])))
    assert.deepEqual(budgets.settle(decision.request, { amount: () => undefined, provider: 'openai' }).charges.map(({ amount }) => amount), [100])
  })
})

describe('a hold', () => {
  it('is renewed while its exchange lives, and charged once nobody renews it', () => {
    const expired: string[] = []
    const { budgets, time, counters } = setUp({ observer: { stood: () => undefined, expired: ({ id }) => expired.push(id) } })
    const decision = admitted(budgets.admit(buildAdmission('1', [buildBudget({ holdTtlMs: 60_000 })])))
    for (let second = 0; second < 300; second += 1) {
      time.advance(1000)
      void budgets.renew()
      void budgets.expire()
    }
    assert.deepEqual(counters(), [[0, 100]])
    time.advance(61_000)
    void budgets.expire()
    void budgets.expire()
    assert.deepEqual([counters(), expired], [[[100, 0]], ['1']])
    void budgets.settle(decision.request, costs(30))
    assert.deepEqual(counters(), [[30, 0]])
  })

  it('is renewed by its own time, also beside shorter ones', () => {
    const expired: string[] = []
    const { budgets, time } = setUp({ observer: { stood: () => undefined, expired: ({ id }) => expired.push(id) } })
    const long = buildBudget({ name: 'long', holdTtlMs: 60_000 })
    admitted(budgets.admit(buildAdmission('long', [long])))
    admitted(budgets.admit(buildAdmission('short', [buildBudget({ name: 'short', holdTtlMs: 10_000 })])))
    for (let second = 0; second < 300; second += 1) {
      time.advance(1000)
      void budgets.renew()
      void budgets.expire()
    }
    assert.deepEqual(expired, [])
  })
})
