import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { costInput } from '../../test/support/cost-input.ts'
import { compileCost } from './compile-costs.ts'
import { MAX_COST } from './cost.ts'
import type { Cost, CostType } from './cost.ts'

function compile(cel: string): Cost {
  const compiled = compileCost({ name: 'cost', type: 'CEL', cel })
  assert.ok(compiled.ok, compiled.ok ? '' : compiled.message)
  return compiled.cost
}

function refuse(cel: string) {
  const compiled = compileCost({ name: 'cost', type: 'CEL', cel })
  assert.ok(!compiled.ok, `${cel} is accepted`)
  return compiled
}

function charge(cel: string, inputTokens = 0): unknown {
  return compile(cel).evaluate(costInput({ inputTokens }))
}

describe('a cost in dollars', () => {
  const compiled = compileCost({ name: 'spend', type: 'MicroDollar' })
  const evaluate = (nanoDollars: number | undefined) => (compiled.ok ? compiled.cost.evaluate(costInput({}, { nanoDollars })) : compiled)

  it('is in millionths of a dollar, rounded up, and at most what a hit can count', () => {
    assert.deepEqual(evaluate(6_000_000), { ok: true, value: 6000, clamped: false })
    assert.deepEqual(evaluate(6_000_001), { ok: true, value: 6001, clamped: false })
    assert.deepEqual(evaluate(0), { ok: true, value: 0, clamped: false })
    assert.deepEqual(evaluate(1_000_000_000_001), { ok: true, value: MAX_COST, clamped: true })
  })

  it('cannot be computed without a price: that is not 0', () => {
    assert.deepEqual(evaluate(undefined), { ok: false, error: 'no price is known for this model of this provider' })
  })
})

describe('token costs', () => {
  const usage = { inputTokens: 10, cachedInputTokens: 4, cacheCreationInputTokens: 3, outputTokens: 5, reasoningTokens: 2, totalTokens: 16 }
  const counts: readonly (readonly [CostType, number])[] = [
    ['InputToken', 10],
    ['CachedInputToken', 4],
    ['CacheCreationInputToken', 3],
    ['OutputToken', 5],
    ['ReasoningToken', 2],
    ['TotalToken', 16],
  ]
  for (const [type, value] of counts) {
    it(`${type} is that count`, () => {
      const compiled = compileCost({ name: 'cost', type })
      assert.ok(compiled.ok)
      assert.deepEqual(compiled.cost.evaluate(costInput(usage)), { ok: true, value, clamped: false })
    })
  }

  it('has no value while a whole is unknown, and 0 for an unknown part', () => {
    const results = counts.map(([type]) => {
      const compiled = compileCost({ name: 'cost', type })
      assert.ok(compiled.ok)
      return [type, compiled.cost.evaluate(costInput({})).ok] as const
    })
    assert.deepEqual(
      results.filter(([, ok]) => ok).map(([type]) => type),
      ['CachedInputToken', 'CacheCreationInputToken', 'ReasoningToken'],
    )
  })

  it('is bounded by what Envoy accepts', () => {
    const compiled = compileCost({ name: 'cost', type: 'TotalToken' })
    assert.ok(compiled.ok)
    assert.deepEqual(compiled.cost.evaluate(costInput({ totalTokens: MAX_COST + 1 })), { ok: true, value: MAX_COST, clamped: true })
  })
})

describe('a CEL cost', () => {
  it('reads every variable', () => {
    const usage = { inputTokens: 1, cachedInputTokens: 10, cacheCreationInputTokens: 100, outputTokens: 1000, reasoningTokens: 10_000, totalTokens: 100_000 }
    const cost = compile('input_tokens + cached_input_tokens + cache_creation_input_tokens + output_tokens + reasoning_tokens + total_tokens')
    assert.deepEqual(cost.evaluate(costInput(usage)), { ok: true, value: 111_111, clamped: false })
    const names = compile("model + '|' + backend + '|' + route_name == 'a|b|c' ? 1 : 0")
    assert.deepEqual(names.evaluate(costInput({}, { model: 'a', backend: 'b', routeName: 'c' })), { ok: true, value: 1, clamped: false })
  })

  it('reads 0 for a count that nobody said', () => {
    assert.deepEqual(compile('input_tokens + output_tokens * 4u').evaluate(costInput({ inputTokens: 9 })), { ok: true, value: 9, clamped: false })
  })

  it('keeps its expression for messages', () => {
    assert.equal(compile(' .5 * input_tokens').expression, ' .5 * input_tokens')
  })

  it('rounds doubles up, but not the noise of binary fractions', () => {
    const charges = [1, 14, 15, 100].map((tokens) => charge('input_tokens * 0.07', tokens))
    assert.deepEqual(charges, [1, 1, 2, 7].map((value) => ({ ok: true, value, clamped: false })))
    assert.deepEqual(charge('input_tokens * 0.000001', 1), { ok: true, value: 1, clamped: false })
    assert.deepEqual(charge('0.3 - 0.1 * 3'), { ok: true, value: 0, clamped: false })
  })

  it('is cut at MAX_COST and says so', () => {
    assert.deepEqual(charge('input_tokens * 1000u', 1_000_001), { ok: true, value: MAX_COST, clamped: true })
    assert.deepEqual(charge('input_tokens * 1000.5', 1_000_001), { ok: true, value: MAX_COST, clamped: true })
    assert.deepEqual(charge('input_tokens * 1000u', 1_000_000), { ok: true, value: MAX_COST, clamped: false })
  })

  it('fails for negative, infinite and undefined results', () => {
    assert.deepEqual(charge('100 - int(input_tokens)', 105), { ok: false, error: 'the result is negative: -5' })
    assert.deepEqual(charge('10.5 - input_tokens', 11), { ok: false, error: 'the result is negative: -0.5' })
    assert.deepEqual(charge('input_tokens < 1000 ? 1.0 : input_tokens / 0.0', 1000), { ok: false, error: 'the result is infinite' })
    assert.deepEqual(charge('input_tokens < 1000 ? 1.0 : 0.0 / 0.0', 1000), { ok: false, error: 'the result is not a number' })
  })

  it('reports a failure with its column and nothing of the request', () => {
    const cost = compile("model == 'known' ? 1u : input_tokens > 5u ? {'known': 1u}[model] : 10u / (10u - input_tokens)")
    assert.deepEqual(cost.evaluate(costInput({ inputTokens: 6 }, { model: 'secret' })), { ok: false, error: 'a map has no entry for this key (column 45)' })
    const division = compile('.5 > 1.0 ? 1u : input_tokens / (input_tokens == 9u ? 0u : 1u)')
    assert.deepEqual(division.evaluate(costInput({ inputTokens: 9 })), { ok: false, error: 'division by zero (column 17)' })
  })

  it('never throws, not even for counts that are no counts', () => {
    assert.deepEqual(charge('input_tokens', 1.5), { ok: false, error: 'the expression failed' })
  })

  it('matches in linear time', () => {
    const cost = compile("model.matches('^(a+)+$') ? 1 : matches(model, 'b$') ? 2 : 3")
    assert.deepEqual(cost.evaluate(costInput({}, { model: `${'a'.repeat(5000)}b` })), { ok: true, value: 2, clamped: false })
  })
})

describe('warnings', () => {
  const warningsOf = (cel: string): readonly string[] => {
    const compiled = compileCost({ name: 'cost', type: 'CEL', cel })
    assert.ok(compiled.ok)
    return compiled.warnings
  }

  it('say when an expression fails for some exchanges', () => {
    assert.deepEqual(warningsOf('output_tokens - input_tokens'), [
      'it fails for some exchanges, which are then charged by estimate: ' +
        'with 1200 input and 350 output tokens: a number left its range: unsigned below 0, or above 64 bits',
    ])
  })

  it('say when it fails for a model that is named in it', () => {
    const [warning] = warningsOf("model == 'gpt-4o' ? input_tokens / 0u : input_tokens")
    assert.match(warning ?? '', /with 1200 input and 350 output tokens of gpt-4o: division by zero$/)
  })

  it('say when one exchange can exceed what Envoy accepts', () => {
    assert.match(warningsOf('input_tokens * 2500000u')[0] ?? '', /choose a larger unit$/)
  })

  it('are absent otherwise', () => {
    assert.deepEqual(warningsOf('input_tokens * 2.5 + output_tokens * 10.0'), [])
  })
})

describe('what is refused', () => {
  it('is a name that Envoy could not read back, and an expression in the wrong place', () => {
    for (const name of ['', '1st', 'a:b', 'a b', 'a)', 'a%', 'x'.repeat(129)]) assert.equal(compileCost({ name, type: 'InputToken' }).ok, false)
    assert.equal(compileCost({ name: 'llm_cost.v2-x', type: 'InputToken' }).ok, true)
    assert.deepEqual(compileCost({ name: 'a', type: 'InputToken', cel: '1' }), {
      ok: false,
      message: 'a cost of type InputToken has no expression: remove cel, or make its type CEL',
    })
    assert.deepEqual(compileCost({ name: 'a', type: 'CEL' }), { ok: false, message: 'a cost of type CEL needs an expression in cel' })
  })

  it('is a result that is no number', () => {
    assert.equal(refuse('model').message, 'a cost must be a number (int, uint or double), this is string')
    assert.equal(refuse('null').message, 'a cost must be a number (int, uint or double), this is null')
    assert.equal(refuse('[input_tokens]').message, 'a cost must be a number (int, uint or double), this is list<uint>')
  })

  it('is an expression that fails for every ordinary exchange', () => {
    const cel = 'total_tokens == 0u ? 1u : {1u: 1u}[0u]'
    assert.match(refuse(cel).message, /^it fails for every ordinary exchange, with 1200 input and 350 output tokens: a map has no entry for this key$/)
  })

  it('is what could run for long or exhaust the stack', () => {
    assert.equal(refuse(`1${' + 1'.repeat(3000)}`).message, 'the expression has 12001 characters, more than the 8192 allowed')
    assert.equal(refuse(`1${'+1'.repeat(2000)}`).message, 'the expression is too large: maxAstNodes (3000)')
    assert.equal(refuse(`${'('.repeat(300)}1${')'.repeat(300)}`).message, 'the expression is too large: maxDepth (250)')
    assert.equal(refuse(`${'!'.repeat(2900)}true ? 1 : 2`).message, 'the expression is too deeply nested')
    for (const cel of [`${'-'.repeat(8000)}1`, `${'!'.repeat(8000)}true ? 1 : 2`, `${'['.repeat(4000)}`, `${"'''".repeat(2700)}`]) refuse(cel)
    assert.match(refuse('[1].map(a, [2].map(b, [3].map(c, c)))[0][0][0]').message, /nested more than 2 deep$/)
    assert.match(refuse('[[1]].map(a, a + a).map(b, b + b).map(c, c + c)[0][0]').message, /nested more than 2 deep$/)
  })

  it('is a price table only when it is absurdly long', () => {
    const branches = Array.from({ length: 100 }, (_, index) => `model == 'model-${index}' ? input_tokens * ${index}.5 : `)
    assert.equal(compileCost({ name: 'cost', type: 'CEL', cel: `${branches.join('\n')}0.0` }).ok, true)
  })
})
