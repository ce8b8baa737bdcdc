import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildBudget, buildBudgets, buildLines, createFakeTime } from '../../test/support/build-budgets.ts'
import { buildAdmission, buildCandidate } from '../../test/support/budget-candidates.ts'
import type { Admitted, Denied } from './admission.ts'
import type { Budget, BudgetTier } from './budget.ts'
import { createMemoryBudgetStore } from './memory-store.ts'

function setUp(bounds: { maxWaiting?: number } = {}) {
  const time = createFakeTime()
  const lines = buildLines(time, bounds)
  const budgets = buildBudgets(time, { counters: createMemoryBudgetStore(), lines })
  let next = 0
  return {
    time,
    lines,
    budgets,
    /** Charges so much of the budgets. */
    spend: (used: readonly Budget[], amount: number) => {
      next += 1
      const decision = budgets.admit(buildAdmission(`spent-${String(next)}`, used.map((budget) => ({ ...budget, tiers: [], onExhausted: 'allow' })))) as Admitted
      void budgets.settle(decision.request, { amount: () => amount, provider: 'openai' })
    },
    ask: (id: string, asked: readonly Budget[], candidates = [buildCandidate()]) => budgets.admit(buildAdmission(id, asked, candidates)) as Admitted | Denied,
  }
}
const large = buildCandidate({ clientModel: 'large' })
const middle = buildCandidate({ clientModel: 'middle', depth: 1 })
const small = buildCandidate({ clientModel: 'small', depth: 2, isCheapest: true })
const tiers = (...list: [number, BudgetTier['action']][]) => list.map(([percent, action]) => ({ remainingShare: percent * 100, action }))

describe('a downgrade', () => {
  it('goes on along the models until one has room', () => {
    const { ask, spend } = setUp()
    const budget = buildBudget({ onExhausted: 'downgrade', models: ['large', 'middle'] })
    spend([{ ...budget, models: [] }], 950)
    const decision = ask('1', [budget], [large, middle, small]) as Admitted
    assert.deepEqual([decision.kind, decision.candidate.clientModel], ['admitted', 'small'])
    assert.deepEqual(decision.passedOver.map(({ candidate }) => candidate.clientModel), ['large', 'middle'])
  })

  it('keeps of each model what its budgets decided by, those with room among them, and nothing that holds the request', () => {
    const { ask, spend } = setUp()
    const [short, roomy] = [buildBudget({ name: 'short', onExhausted: 'downgrade', models: ['large'] }), buildBudget({ name: 'roomy', limit: 5000 })]
    spend([{ ...short, models: [] }, roomy], 950)
    const decision = ask('1', [short, roomy], [large, small]) as Admitted
    const [passed] = decision.passedOver
    assert.deepEqual([passed?.claims.map(({ budget }) => budget.name), passed?.counters], [['short', 'roomy'], [{ used: 950, held: 0 }, { used: 950, held: 0 }]])
    assert.deepEqual(passed?.shortages.map(({ claim }) => claim.budget.name), ['short'])
    assert.deepEqual([passed?.candidate.tokens, decision.candidate.tokens], [{ estimate: { inputTokens: 0, outputTokens: 100 } }, { estimate: { inputTokens: 0, outputTokens: 100 } }])
    assert.ok([passed?.candidate, decision.candidate].every((candidate) => candidate !== undefined && !('need' in candidate)))
  })

  it('without a target refuses', () => {
    const { ask, spend } = setUp()
    const budget = buildBudget({ onExhausted: 'downgrade' })
    spend([budget], 950)
    const decision = ask('1', [budget], [large, middle, small]) as Denied
    assert.deepEqual([decision.kind, decision.candidate.clientModel, decision.passedOver.length, decision.largestOutput], ['denied', 'small', 2, 50])
  })

  it('by a tier asks for one step, by two tiers for two', () => {
    const budget = buildBudget({ tiers: tiers([50, 'downgrade'], [30, 'downgrade']) })
    const servedAfter = (amount: number) => {
      const { ask, spend } = setUp()
      spend([budget], amount)
      return ask('1', [budget], [large, middle, small]).candidate.clientModel
    }
    assert.deepEqual([servedAfter(0), servedAfter(500), servedAfter(501), servedAfter(700), servedAfter(701)], ['large', 'large', 'middle', 'middle', 'small'])
  })

  it('by a tier lets the cheapest model pass, and refuses one that nothing stands in for', () => {
    const budget = buildBudget({ tiers: tiers([50, 'downgrade']) })
    const { ask, spend } = setUp()
    spend([budget], 600)
    assert.equal(ask('1', [budget], [buildCandidate({ isCheapest: true })]).kind, 'admitted')
    const refused = ask('2', [budget], [buildCandidate()]) as Denied
    assert.deepEqual([refused.kind, refused.shortages[0]?.cause], ['denied', 'tier'])
  })
})

describe('tiers', () => {
  it('act by what remains when a request begins, holds of others included', () => {
    const budget = buildBudget({ tiers: tiers([80, 'warn'], [20, 'deny']) })
    const { ask, budgets } = setUp()
    const held = Array.from({ length: 8 }, (_, index) => ask(String(index), [budget]) as Admitted)
    assert.ok(held.every(({ kind }) => kind === 'admitted'))
    assert.equal(ask('at 20 %', [budget]).kind, 'admitted')
    assert.equal(ask('below', [budget]).kind, 'denied')
    for (const { request } of held) void budgets.settle(request, { amount: () => 0, provider: 'openai' })
    assert.equal(ask('again', [budget]).kind, 'admitted')
  })

  it('of several budgets: the strictest says what is done', () => {
    const downgrades = buildBudget({ name: 'a', tiers: tiers([50, 'downgrade']) })
    const denies = buildBudget({ name: 'b', tiers: tiers([30, 'deny']) })
    const { ask, spend } = setUp()
    spend([downgrades, denies], 600)
    assert.equal(ask('1', [downgrades, denies], [large, middle]).candidate.clientModel, 'middle')
    spend([downgrades, denies], 200)
    const refused = ask('2', [downgrades, denies], [large, middle]) as Denied
    assert.deepEqual([refused.kind, refused.candidate.clientModel, refused.shortages.map(({ claim }) => claim.budget.name)], ['denied', 'large', ['b', 'a']])
  })
})

describe('a budget that only watches', () => {
  it('counts and refuses nobody', () => {
    const { ask } = setUp()
    const budget = buildBudget({ limit: 150, onExhausted: 'allow' })
    void ask('1', [budget])
    const second = ask('2', [budget]) as Admitted
    assert.deepEqual([second.kind, second.standings[0]?.held], ['admitted', 200])
  })

  it('refuses nobody for want of a price either', () => {
    const { ask } = setUp()
    const unpriced = buildCandidate({
      need: () => {
        throw new Error('no price')
      },
    })
    assert.equal(ask('1', [buildBudget({ onExhausted: 'allow' })], [unpriced]).kind, 'admitted')
    assert.throws(() => ask('2', [buildBudget()], [unpriced]), /no price/)
  })
})

describe('a clamp', () => {
  const budget = buildBudget({ clamp: true })
  it('lowers the bound on output to what is left', () => {
    const { ask, spend } = setUp()
    spend([budget], 930)
    const decision = ask('1', [budget], [buildCandidate({ inputTokens: 20 })]) as Admitted
    assert.deepEqual([decision.kind, decision.maxOutputTokens, decision.request.claims[0]?.amount], ['admitted', 50, 70])
  })

  it('goes no lower than the request can bear, and not where another budget is short', () => {
    const { ask, spend } = setUp()
    spend([budget], 930)
    assert.equal(ask('1', [budget], [buildCandidate({ leastOutputTokens: 80 })]).kind, 'denied')
    assert.equal(ask('2', [budget], [buildCandidate({ leastOutputTokens: undefined })]).kind, 'denied')
    assert.equal(ask('3', [budget, buildBudget({ name: 'other', limit: 10 })]).kind, 'denied')
  })
})

describe('a queue', () => {
  const budget = buildBudget({ limit: 100, onExhausted: 'queue', queueMs: 5000 })
  const settled = async (decision: unknown) => {
    await new Promise((resolve) => setImmediate(resolve))
    return Promise.race([decision as Promise<Admitted | Denied>, Promise.resolve('waiting' as const)])
  }
  const isAdmitted = async (decision: unknown) => ((await settled(decision)) as Admitted).kind

  it('admits in the order of arrival as others settle', async () => {
    const { budgets, lines } = setUp()
    const first = budgets.admit(buildAdmission('1', [budget])) as Admitted
    const second = budgets.admit(buildAdmission('2', [budget])) as Promise<Admitted>
    const third = budgets.admit(buildAdmission('3', [budget])) as Promise<Admitted>
    assert.equal(lines.length, 2)
    void budgets.settle(first.request, { amount: () => 0, provider: 'openai' })
    // One that comes now has to go behind, although there is room.
    const fourth = budgets.admit(buildAdmission('4', [budget]))
    assert.ok(fourth instanceof Promise)
    assert.equal(await isAdmitted(second), 'admitted')
    assert.equal(await settled(third), 'waiting')
    void budgets.settle((await second).request, { amount: () => 0, provider: 'openai' })
    assert.equal(await isAdmitted(third), 'admitted')
    void budgets.settle((await third).request, { amount: () => 0, provider: 'openai' })
    assert.equal(await isAdmitted(fourth), 'admitted')
    assert.equal(lines.length, 0)
  })

  it('ends after its time with a refusal, and the place is free', async () => {
    const { budgets, lines, time } = setUp()
    void budgets.admit(buildAdmission('1', [budget]))
    const second = budgets.admit(buildAdmission('2', [budget]))
    time.advance(4999)
    assert.equal(await settled(second), 'waiting')
    time.advance(1)
    const refused = (await second) as Denied
    assert.deepEqual([refused.kind, refused.why, refused.waitedMs >= 5000, lines.length], ['denied', 'waited', true, 0])
  })

  it('is left when the client goes', async () => {
    const { budgets, lines } = setUp()
    void budgets.admit(buildAdmission('1', [budget]))
    const leaving = new AbortController()
    const second = budgets.admit(buildAdmission('2', [budget], undefined, { gone: () => leaving.signal }))
    leaving.abort()
    assert.deepEqual([((await second) as Denied).why, lines.length], ['gone', 0])
  })

  it('takes no more than it may hold', () => {
    const { budgets } = setUp({ maxWaiting: 1 })
    void budgets.admit(buildAdmission('1', [budget]))
    void budgets.admit(buildAdmission('2', [budget]))
    // `why` of the second kind: it was refused by the line before it could ask the counters.
    return (budgets.admit(buildAdmission('3', [budget])) as Promise<Denied>).then(({ why }) => assert.equal(why, 'line_full'))
  })

  it('ends when a new window brings room', async () => {
    const { budgets, time } = setUp()
    const brief = { ...budget, queueMs: 30_000, window: { kind: 'fixed', lengthMs: 10_000 } } as const
    void budgets.admit(buildAdmission('1', [brief]))
    const second = budgets.admit(buildAdmission('2', [brief]))
    time.advance(10_000)
    assert.equal(await isAdmitted(second), 'admitted')
  })
})
