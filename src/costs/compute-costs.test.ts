import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { costInput } from '../../test/support/cost-input.ts'
import { compileCost } from './compile-costs.ts'
import { computeCosts, zeroCosts } from './compute-costs.ts'
import { MAX_COST } from './cost.ts'
import type { Cost, CostType } from './cost.ts'

function build(name: string, type: CostType, cel?: string): Cost {
  const compiled = compileCost({ name, type, ...(cel === undefined ? {} : { cel }) })
  assert.ok(compiled.ok)
  return compiled.cost
}

const input = build('input', 'InputToken')
const output = build('output', 'OutputToken')
const total = build('total', 'TotalToken')
const cached = build('cached', 'CachedInputToken')
const fresh = build('fresh', 'CEL', 'input_tokens - cached_input_tokens')

describe('the charge of an exchange', () => {
  it('has every cost, in the order of the configuration', () => {
    const usage = { inputTokens: 10, cachedInputTokens: 4, outputTokens: 5, totalTokens: 15 }
    const computed = computeCosts([total, cached, fresh, input], costInput(usage), undefined)
    assert.deepEqual([...computed.values], [['total', 15], ['cached', 4], ['fresh', 6], ['input', 10]])
    assert.deepEqual([computed.failures, computed.estimated], [[], false])
  })

  it('takes the estimate of the same cost when an expression fails, and reports it', () => {
    const estimates = new Map([['fresh', 77], ['input', 5]])
    const computed = computeCosts([fresh, input], costInput({ inputTokens: 3, cachedInputTokens: 4, totalTokens: 9 }), estimates)
    assert.deepEqual([...computed.values], [['fresh', 77], ['input', 3]])
    assert.equal(computed.estimated, true)
    assert.deepEqual(computed.failures, [{ cost: 'fresh', error: 'a number left its range: unsigned below 0, or above 64 bits' }])
  })

  it('takes the total tokens when an expression fails and nothing was estimated', () => {
    for (const estimates of [undefined, new Map([['input', 5]])]) {
      const computed = computeCosts([fresh], costInput({ inputTokens: 3, cachedInputTokens: 4, totalTokens: 9 }), estimates)
      assert.deepEqual([...computed.values], [['fresh', 9]])
      assert.equal(computed.estimated, true)
    }
  })

  it('takes the estimate for a count that nobody said: unknown is not 0', () => {
    const computed = computeCosts([input, output, total], costInput({ inputTokens: 8 }), new Map([['output', 20], ['total', 28]]))
    assert.deepEqual([...computed.values], [['input', 8], ['output', 20], ['total', 28]])
    assert.deepEqual([computed.failures, computed.estimated], [[], true])
  })

  it('takes 0 for a part that nobody said: there was none', () => {
    const computed = computeCosts([cached], costInput({}), new Map([['cached', 20]]))
    assert.deepEqual([[...computed.values], computed.estimated], [[['cached', 0]], false])
  })

  it('is 0 only when everything is unknown, and even then flagged', () => {
    const computed = computeCosts([input, total], costInput({}), undefined)
    assert.deepEqual([[...computed.values], computed.estimated], [[['input', 0], ['total', 0]], true])
  })

  it('never carries what Envoy would drop, whatever was estimated', () => {
    const chargeOf = (estimate: number): number | undefined => computeCosts([total], costInput({}), new Map([['total', estimate]])).values.get('total')
    assert.deepEqual([1.2, -1, 2e9, Number.POSITIVE_INFINITY, Number.NaN].map(chargeOf), [2, 0, MAX_COST, MAX_COST, 0])
  })

  it('is an integer 0 … 1e9 for every usage', () => {
    const micro = build('micro', 'CEL', 'input_tokens * 2.5 + output_tokens * 10.0')
    const costs = [input, output, total, cached, fresh, micro, build('big', 'CEL', 'total_tokens * 1000000u')]
    const tokens = fc.option(fc.nat(2_147_483_647), { nil: undefined })
    const usage = fc.record({ inputTokens: tokens, cachedInputTokens: tokens, outputTokens: tokens, reasoningTokens: tokens, totalTokens: tokens })
    fc.assert(
      fc.property(usage, (counts) => {
        const { values } = computeCosts(costs, costInput(counts), undefined)
        assert.equal(values.size, costs.length)
        for (const value of values.values()) assert.ok(Number.isInteger(value) && value >= 0 && value <= MAX_COST && !Object.is(value, -0))
      }),
    )
  })
})

describe('the charge of nothing', () => {
  it('is 0 for every cost', () => {
    assert.deepEqual([...zeroCosts([input, fresh])], [['input', 0], ['fresh', 0]])
  })
})
