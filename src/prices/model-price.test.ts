import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Usage, UsageDetails } from '../core/usage.ts'
import { compilePrice, type ModelPrice, type Rates, rateOf } from './model-price.ts'

function usageOf(inputTokens: number | undefined, outputTokens: number | undefined, more: Partial<Usage> = {}): Usage {
  return { inputTokens, outputTokens, cachedInputTokens: undefined, cacheCreationInputTokens: undefined, reasoningTokens: undefined, totalTokens: undefined, flags: [], ...more }
}

function always(rates: Rates): ModelPrice {
  return [{ validity: { kind: 'always' }, steps: [{ above: -1, rates }] }]
}

/** 1 dollar per million tokens is 1e6 pico-dollars per token. */
const rates: Rates = { input: 2_500_000, cached_input: 1_250_000, output: 10_000_000 }

describe('the amount of an exchange', () => {
  it('is the sum of its parts: 800 fresh and 400 cached input tokens, 350 output tokens of gpt-4o are 6,000 micro-dollars', () => {
    assert.equal(compilePrice(always(rates)).amount(usageOf(1200, 350, { cachedInputTokens: 400 }), 0), 6_000_000)
  })

  it('is rounded up once, not part by part', () => {
    const tiny = compilePrice(always({ input: 1, output: 1 }))
    assert.equal(tiny.amount(usageOf(1, 0), 0), 1)
    assert.equal(tiny.amount(usageOf(500, 500), 0), 1)
    assert.equal(tiny.amount(usageOf(500, 501), 0), 2)
    assert.equal(tiny.amount(usageOf(0, 0), 0), 0)
  })

  it('is not known when input or output is not', () => {
    assert.equal(compilePrice(always(rates)).amount(usageOf(undefined, 350), 0), undefined)
    assert.equal(compilePrice(always(rates)).amount(usageOf(1200, undefined), 0), undefined)
  })

  it('is exact for every count and rate, also beyond the safe integers', () => {
    const count = fc.nat(2_147_483_647)
    const rate = fc.nat(600_000_000)
    fc.assert(
      fc.property(count, count, rate, rate, (input, output, inputRate, outputRate) => {
        const pico = BigInt(input) * BigInt(inputRate) + BigInt(output) * BigInt(outputRate)
        const exact = (pico + 999n) / 1000n
        const most = BigInt(Number.MAX_SAFE_INTEGER)
        assert.equal(compilePrice(always({ input: inputRate, output: outputRate })).amount(usageOf(input, output), 0), Number(exact > most ? most : exact))
      }),
    )
  })

  it('counts what a provider has in its total only as output', () => {
    assert.equal(compilePrice(always({ input: 1000, output: 10_000 })).amount(usageOf(10, 5, { totalTokens: 40 }), 0), 10 + 300)
  })

  it('never counts a part twice, however the parts overlap', () => {
    const one = compilePrice(always({ input: 1000, output: 1000, request: 0 }))
    const part = fc.nat(3000)
    const details: fc.Arbitrary<UsageDetails> = fc.record({
      cacheCreation1hInputTokens: part,
      inputAudioTokens: part,
      inputImageTokens: part,
      cachedInputAudioTokens: part,
      cachedInputImageTokens: part,
      outputAudioTokens: part,
      outputImageTokens: part,
    })
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(2000), fc.nat(1000), fc.nat(1000), details, (input, output, cached, created, each) => {
        const usage = usageOf(input + cached + created, output, { cachedInputTokens: cached, cacheCreationInputTokens: created, reasoningTokens: output >> 1, details: each })
        assert.equal(one.amount(usage, 0), input + cached + created + output)
      }),
    )
  })

  it('has prices for what costs more or less', () => {
    const price = compilePrice(always({ input: 1000, cache_creation: 2000, cache_creation_1h: 3000, input_audio: 4000, output: 5000, output_image: 6000, request: 7000, web_search: 8000 }))
    const details = { cacheCreation1hInputTokens: 1, inputAudioTokens: 1, outputImageTokens: 1, webSearches: 2 }
    assert.equal(price.amount(usageOf(4, 2, { cacheCreationInputTokens: 2, details }), 0), 1 + 2 + 3 + 4 + 5 + 6 + 7 + 16)
  })

  it('follows the length of the input: beyond a step the whole request has its prices', () => {
    const steps = [
      { above: -1, rates: { input: 1000, output: 2000 } },
      { above: 200, rates: { input: 2000, output: 3000 } },
    ]
    const price = compilePrice([{ validity: { kind: 'always' }, steps }])
    assert.equal(price.amount(usageOf(200, 10), 0), 200 + 20)
    assert.equal(price.amount(usageOf(201, 10), 0), 402 + 30)
  })

  it('follows the day and the hour at which the exchange began', () => {
    const list = (input: number) => [{ above: -1, rates: { input } }]
    const price = compilePrice([
      { validity: { kind: 'always' }, steps: list(1000) },
      { validity: { kind: 'from', fromMs: Date.UTC(2026, 0, 1) }, steps: list(2000) },
      { validity: { kind: 'daily', startSeconds: 22 * 3600, endSeconds: 2 * 3600 }, steps: list(3000) },
    ])
    const at = (day: number, hour: number) => price.amount(usageOf(1, 0), Date.UTC(2025, 11, day, hour))
    assert.deepEqual([at(31, 21), at(31, 22), at(32, 1), at(32, 2)], [1, 3, 3, 2])
  })
})

describe('the most that so many tokens can cost', () => {
  const rates = fc.record({ input: fc.nat(9000), cached_input: fc.nat(9000), cache_creation: fc.nat(9000), input_audio: fc.nat(9000), output: fc.nat(9000), output_audio: fc.nat(9000), request: fc.nat(9000) }, { requiredKeys: [] })
  const price = fc.record({ first: rates, above: fc.nat(3000), second: rates }).map(({ first, above, second }) => [
    {
      validity: { kind: 'always' as const },
      steps: [
        { above: -1, rates: first },
        { above, rates: second },
      ],
    },
  ])

  it('is exceeded by no usage within the bound, whatever its parts are', () => {
    fc.assert(
      fc.property(price, fc.nat(2000), fc.nat(1000), fc.nat(1000), fc.nat(2000), fc.nat(500), fc.nat(2000), (given, fresh, cached, created, output, audio, more) => {
        const usage = usageOf(fresh + cached + created, output, { cachedInputTokens: cached, cacheCreationInputTokens: created, details: { inputAudioTokens: audio, outputAudioTokens: audio } })
        const compiled = compilePrice(given)
        const most = compiled.most({ inputTokens: fresh + cached + created + more, outputTokens: output + more }, 0)
        assert.ok((compiled.amount(usage, 0) ?? Number.NaN) <= most)
      }),
    )
  })

  it('is the price of exactly that where there is only one rate', () => {
    assert.equal(compilePrice(always({ input: 1000, output: 2000, request: 5000 })).most({ inputTokens: 10, outputTokens: 20 }, 0), 10 + 40 + 5)
  })
})

describe('a rate that a list does not name', () => {
  it('is that of what it is a part of, the dearer one when it is part of two', () => {
    assert.equal(rateOf({ input: 5 }, 'cached_input_audio'), 5)
    assert.equal(rateOf({ input: 5, cached_input: 1 }, 'cached_input_audio'), 1)
    assert.equal(rateOf({ input: 5, cached_input: 1, input_audio: 9 }, 'cached_input_audio'), 9)
    assert.equal(rateOf({ input: 5, cache_creation: 6 }, 'cache_creation_1h'), 6)
    assert.equal(rateOf({ input: 5 }, 'web_search'), 0)
  })
})
