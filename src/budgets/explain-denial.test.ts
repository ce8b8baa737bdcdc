import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildBudget, buildBudgets, createFakeTime } from '../../test/support/build-budgets.ts'
import { buildAdmission, buildCandidate } from '../../test/support/budget-candidates.ts'
import type { Admitted, Denied } from './admission.ts'
import type { Budget } from './budget.ts'
import { explainDenial } from './explain-denial.ts'
import { remainingHeader } from './remaining-header.ts'

/** 10 minutes before the end of an hour. */
const time = createFakeTime(Date.UTC(2026, 0, 1, 12, 50))

function deny(asked: readonly Partial<Budget>[], spent = 0, candidate = buildCandidate()) {
  const budgets = buildBudgets(time)
  const built = asked.map((changes) => buildBudget(changes))
  const before = budgets.admit(buildAdmission('before', built.map((budget) => ({ ...budget, limit: 1e12, tiers: [] })))) as Admitted
  void budgets.settle(before.request, { amount: () => spent, provider: 'openai' })
  return budgets.admit(buildAdmission('denied', built, [candidate])) as Denied
}
const explain = (...given: Parameters<typeof deny>) => explainDenial(deny(...given), time.now())

describe('a denial', () => {
  it('says which budget, what is left, what was needed, when there is more, and what would fit', () => {
    const { message, headers } = explain([{ name: 'user-hour', per: ['user'] }], 950)
    assert.equal(
      message,
      'There is no room for this request in the budget user-hour for user=alice: 950 tokens of 1,000 tokens spent, 50 tokens left. It needs 100 tokens. More comes in 600 s. An answer of at most 50 tokens would fit now.',
    )
    assert.deepEqual(headers, { 'retry-after': '600', 'x-should-retry': 'false', 'x-ratelimit-limit': '1000', 'x-ratelimit-remaining': '50', 'x-ratelimit-reset': '600' })
  })

  it('speaks of dollars where a budget counts them', () => {
    const { message, headers } = explain([{ name: 'company', unit: { kind: 'usd' }, limit: 100e9 }], 99_750_000_000, buildCandidate({ outputTokens: 500_000_000 }))
    assert.match(message, /the budget company: \$99\.75 of \$100 spent, \$0\.25 left\. It needs \$0\.5\./)
    assert.equal(headers['x-ratelimit-remaining'], '0.25')
  })

  it('says when a request can never fit', () => {
    assert.match(explain([{ limit: 99 }]).message, /It needs 100 tokens, more than the whole budget\./)
  })

  it('says what requests under way have reserved', () => {
    const budgets = buildBudgets(time)
    const budget = buildBudget({ limit: 150 })
    void budgets.admit(buildAdmission('1', [budget]))
    const { message } = explainDenial(budgets.admit(buildAdmission('2', [budget])) as Denied, time.now())
    assert.match(message, /0 tokens of 150 tokens spent, 100 tokens reserved by requests under way, 50 tokens left/)
  })

  it('says when too little remains for this model, and names every budget that was short', () => {
    const { message } = explain([{ name: 'a', tiers: [{ remainingShare: 5000, action: 'deny' }] }, { name: 'b', limit: 650 }], 600)
    assert.match(message, /^Too little remains of the budget a for this model: 600 tokens of 1,000 tokens spent, 400 tokens left\. More comes in 600 s\. There is no room for this request in the budget b: /)
  })

  it('says nothing of what is left to one that waited in vain behind others and never asked', async () => {
    const queues = buildBudget({ limit: 100, onExhausted: 'queue', queueMs: 1000 })
    const own = createFakeTime()
    const budgets = buildBudgets(own)
    void budgets.admit(buildAdmission('1', [queues]))
    const second = budgets.admit(buildAdmission('2', [queues]))
    const third = budgets.admit(buildAdmission('3', [queues]))
    own.advance(1000)
    const [behindOne, behindTwo] = [await second, await third].map((denied) => explainDenial(denied as Denied, own.now()))
    assert.match(behindOne?.message ?? '', /^There is no room for this request in the budget all: 0 tokens of 100 tokens spent, 100 tokens reserved .* It waited 1 s for room\.$/)
    assert.match(behindTwo?.message ?? '', /^Others wait for room in the budget all\. More comes in [\d,]+ s\. It waited 1 s for room\.$/)
    assert.deepEqual([behindOne?.headers['x-ratelimit-remaining'], behindTwo?.headers['x-ratelimit-remaining']], ['0', undefined])
  })

  it('repeats of a value neither control characters nor all of a long one', () => {
    const candidate = buildCandidate({ attributes: new Map([['user', `a\u0007${'b'.repeat(200)}`]]) })
    assert.match(explain([{ per: ['user'], limit: 1 }], 0, candidate).message, /for user=a\u{fffd}b{98}…:/u)
  })
})

describe('the header of what is left', () => {
  it('names each budget with its unit and its end', () => {
    const budgets = buildBudgets(time)
    const asked = [buildBudget({ name: 'user-hour' }), buildBudget({ name: 'company', unit: { kind: 'usd' }, limit: 1e9 })]
    const { standings } = budgets.admit(buildAdmission('1', asked)) as Admitted
    assert.equal(remainingHeader(standings, time.now()), 'user-hour;left=900;unit=tokens;reset=600, company;left=0.9999999;unit=usd;reset=600')
    assert.equal(remainingHeader([], time.now()), undefined)
  })
})
