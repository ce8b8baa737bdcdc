import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { planLimits } from './plan-limits.ts'

const gpt4o = { model: 'gpt-4o', rates: { input: 2_500_000, output: 10_000_000 }, weight: 3 }
const mini = { model: 'gpt-4o-mini', rates: { input: 150_000, output: 600_000 }, weight: 1 }

describe('limits for a budget', () => {
  it('spend it on the mix that is stated: $100 a day, 3:1, ten users, three quarters input', () => {
    const plan = planLimits({ dollars: 100, models: [gpt4o, mini], users: 10, inputShare: 0.75 })
    // $4.375 and $0.2625 per million; 3 : 1 of them cost $3.346875 per million, so $100 are 29,878,618 tokens.
    assert.deepEqual(plan?.models.map(({ tokensPerUser, tokens }) => [tokensPerUser, tokens]), [[2_240_896, 22_408_960], [746_965, 7_469_650]])
    assert.equal(plan?.worstDollars.toFixed(2), '228.57')
  })

  it('never add up to more than the budget, and leave less than a token per user and model of it', () => {
    const rate = fc.integer({ min: 1, max: 600_000_000 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), rate, rate, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 1000 }), fc.double({ min: 0, max: 1, noNaN: true }), (dollars, input, output, weight, users, inputShare) => {
        const plan = planLimits({ dollars, models: [{ ...gpt4o, rates: { input, output } }, { ...mini, weight }], users, inputShare })
        const spent = plan?.models.reduce((sum, each) => sum + each.dollars, 0) ?? Number.NaN
        const most = plan?.models.reduce((sum, each) => sum + each.dollarsPerToken * users, 0) ?? Number.NaN
        assert.ok(spent <= dollars * (1 + 1e-12) && spent >= dollars - most - dollars * 1e-12, `${spent} of ${dollars}`)
      }),
    )
  })

  it('do not exist for models that are free', () => {
    assert.equal(planLimits({ dollars: 1, models: [{ model: 'm', rates: {}, weight: 1 }], users: 1, inputShare: 0.5 }), undefined)
  })
})
