import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { buildAdmission, buildCandidate } from '../../test/support/budget-candidates.ts'
import { buildBudget, buildBudgets, buildLines, createFakeTime } from '../../test/support/build-budgets.ts'
import type { Admitted, Denied } from './admission.ts'
import type { Budget } from './budget.ts'
import { createMemoryBudgetStore } from './memory-store.ts'

function setUp() {
  const time = createFakeTime()
  const store = createMemoryBudgetStore()
  const lines = buildLines(time)
  const stood: unknown[] = []
  const budgets = buildBudgets(time, { counters: store, lines, observer: { stood: (standings) => stood.push(standings), expired: () => undefined } })
  return { time, lines, budgets, stood, counters: () => store.list('', { nowMs: time.now(), limit: 100 }).map(({ key, used, held }) => [key, used, held]) }
}

const action = fc.constantFrom<Budget['onExhausted']>('deny', 'downgrade', 'allow')
const tier = fc.record({ remainingShare: fc.constantFrom(8000, 5000, 2000), action: fc.constantFrom('deny' as const, 'downgrade' as const, 'warn' as const) })
const budget = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  limit: fc.integer({ min: 0, max: 1000 }),
  tiers: fc.array(tier, { maxLength: 2 }),
  onExhausted: action,
  clamp: fc.boolean(),
  reserve: fc.constantFrom('estimate' as const, 'none' as const),
  models: fc.constantFrom([], ['large'], ['small']),
  window: fc.constantFrom<Budget['window']>({ kind: 'fixed', lengthMs: 3_600_000 }, { kind: 'sliding', lengthMs: 3_600_000 }),
})
const sortedTiers = (given: Partial<Budget>): Budget => buildBudget({ ...given, tiers: (given.tiers ?? []).toSorted((a, b) => b.remainingShare - a.remainingShare) })

describe('a rehearsed admission', () => {
  it('decides as the real one does then', () => {
    fc.assert(
      fc.property(fc.uniqueArray(budget, { selector: ({ name }) => name, maxLength: 3 }), fc.nat(900), fc.integer({ min: 1, max: 400 }), (given, spent, outputTokens) => {
        const { budgets } = setUp()
        const asked = given.map(sortedTiers)
        const before = budgets.admit(buildAdmission('before', asked.map((each) => ({ ...each, limit: 1e9, tiers: [], clamp: false, models: [] })))) as Admitted
        void budgets.settle(before.request, { amount: () => spent, provider: 'openai' })
        const candidates = [buildCandidate({ clientModel: 'large', outputTokens }), buildCandidate({ clientModel: 'small', depth: 1, isCheapest: true, outputTokens })]
        const rehearsed = budgets.rehearse(buildAdmission('1', asked, candidates)) as Admitted | Denied
        assert.deepEqual(rehearsed, budgets.admit(buildAdmission('1', asked, candidates)))
      }),
    )
  })

  it('holds nothing, warns nobody, and may be repeated under one id', () => {
    const { budgets, counters, stood } = setUp()
    const asked = [buildBudget({ limit: 100 })]
    for (let time = 0; time < 3; time += 1) assert.equal((budgets.rehearse(buildAdmission('1', asked)) as Admitted).kind, 'admitted')
    assert.deepEqual([counters(), stood.length, budgets.live], [[], 0, 0])
  })

  it('neither waits nor is waited for, and comes behind those who wait', async () => {
    const { budgets, lines } = setUp()
    const queues = buildBudget({ limit: 100, onExhausted: 'queue' })
    const first = budgets.admit(buildAdmission('1', [queues])) as Admitted
    const short = (await budgets.rehearse(buildAdmission('2', [queues]))) as Denied
    assert.deepEqual([short.why, short.shortages[0]?.held, lines.length], ['line_full', 100, 0])
    const waiting = budgets.admit(buildAdmission('3', [queues]))
    const behind = (await budgets.rehearse(buildAdmission('4', [queues]))) as Denied
    assert.deepEqual([behind.why, behind.counters, lines.length], ['line_full', undefined, 1])
    void budgets.settle(first.request, { amount: () => 0, provider: 'openai' })
    assert.equal((await waiting).kind, 'admitted')
  })

  it('says that the counters cannot be read', async () => {
    const time = createFakeTime()
    const away = { ...createMemoryBudgetStore(), read: () => Promise.reject(new Error('no route to Redis')) }
    const budgets = buildBudgets(time, { counters: away })
    await assert.rejects(budgets.rehearse(buildAdmission('1', [buildBudget()])) as Promise<Denied>, { code: 'budgets_unavailable' })
  })
})
