// The library computes in doubles what we compute in integers: for every model that it has, both must come to the same.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import { calcPrice, type ModelInfo, waitForUpdate } from '@pydantic/genai-prices'
import fc from 'fast-check'
import type { Usage } from '../core/usage.ts'
import { CATALOGUE_VERSION, convertPrice, findListed, findVendor, listModels, vendorIds } from './catalogue.ts'
import { compilePrice } from './model-price.ts'

const vendors = (await waitForUpdate()) ?? []
const models = vendors.flatMap((vendor) => vendor.models.map((info) => ({ vendor, info })))

/** Parts that add up, as canonicalUsage guarantees, with one price step or another. */
const parts = fc.record({
  text: fc.oneof(fc.nat(5_000), fc.nat(500_000)),
  cached: fc.nat(300_000),
  written: fc.nat(20_000),
  writtenForAnHour: fc.nat(20_000),
  audio: fc.nat(5_000),
  cachedAudio: fc.nat(5_000),
  image: fc.nat(5_000),
  cachedImage: fc.nat(5_000),
  output: fc.oneof(fc.nat(2_000), fc.nat(100_000)),
  reasoning: fc.nat(50_000),
  outputAudio: fc.nat(5_000),
  outputImage: fc.nat(5_000),
  webSearches: fc.nat(5),
})
type Parts = typeof parts extends fc.Arbitrary<infer Value> ? Value : never

function sums(part: Parts): { input: number; cached: number; created: number; output: number } {
  const cached = part.cached + part.cachedAudio + part.cachedImage
  const created = part.written + part.writtenForAnHour
  return { cached, created, input: part.text + part.audio + part.image + cached + created, output: part.output + part.reasoning + part.outputAudio + part.outputImage }
}

function ours(part: Parts): Usage {
  const { input, cached, created, output } = sums(part)
  return {
    inputTokens: input,
    cachedInputTokens: cached,
    cacheCreationInputTokens: created,
    outputTokens: output,
    reasoningTokens: part.reasoning,
    totalTokens: input + output,
    flags: [],
    details: {
      cacheCreation1hInputTokens: part.writtenForAnHour,
      inputAudioTokens: part.audio + part.cachedAudio,
      cachedInputAudioTokens: part.cachedAudio,
      inputImageTokens: part.image + part.cachedImage,
      cachedInputImageTokens: part.cachedImage,
      outputAudioTokens: part.outputAudio,
      outputImageTokens: part.outputImage,
      webSearches: part.webSearches,
    },
  }
}

function theirs(part: Parts): Record<string, number> {
  const { input, cached, created, output } = sums(part)
  return {
    input_tokens: input,
    cache_read_tokens: cached,
    cache_write_tokens: created,
    cache_write_1h_tokens: part.writtenForAnHour,
    input_audio_tokens: part.audio + part.cachedAudio,
    cache_audio_read_tokens: part.cachedAudio,
    input_image_tokens: part.image + part.cachedImage,
    cache_image_read_tokens: part.cachedImage,
    output_tokens: output,
    output_reasoning_tokens: part.reasoning,
    output_audio_tokens: part.outputAudio,
    output_image_tokens: part.outputImage,
    web_searches: part.webSearches,
  }
}

describe('the price lists that come with the product', () => {
  it('come to the amounts of the library, rounded up to a nano-dollar, for every model, length and day', () => {
    let compared = 0
    for (const { vendor, info } of models) {
      const price = convertPrice(info)
      if (price === undefined) continue
      compared += 1
      const compiled = compilePrice(price)
      // The library matches by name; a list with this one model leaves it no choice.
      const alone = { ...vendor, models: [{ ...info, match: { equals: info.id } }] }
      fc.assert(
        fc.property(parts, fc.integer({ min: Date.UTC(2023, 0), max: Date.UTC(2028, 0) }), (part, atMs) => {
          const expected = (calcPrice(theirs(part), info.id, { provider: alone, timestamp: new Date(atMs) })?.total_price ?? Number.NaN) * 1e9
          const amount = compiled.amount(ours(part), atMs) ?? Number.NaN
          const noise = 1e-3 + expected * 1e-12 + roundedRates(info) * (sums(part).input + sums(part).output) * 0.0005
          assert.ok(amount >= expected - noise && amount < expected + 1 + noise, `${vendor.id} ${info.id}: ${amount} instead of ${expected}`)
        }),
        { numRuns: 25 },
      )
    }
    assert.ok(compared > 1500, `only ${compared} models were compared`)
  })

  it('have no price for what is billed by time, page or message, nor for an empty list', () => {
    const unpriced = models.filter(({ info }) => convertPrice(info) === undefined)
    const keys = new Set(unpriced.flatMap(({ info }) => (Array.isArray(info.prices) ? info.prices.map((list) => list.prices) : [info.prices])).flatMap((prices) => Object.keys(prices)))
    assert.deepEqual([...keys].filter((key) => key.endsWith('_mtok')), [])
    assert.ok(unpriced.some(({ info }) => info.id === 'whisper-large-v3'))
    assert.equal(findListed('github-copilot', 'gpt-4o'), undefined)
    assert.equal(compilePrice(findListed('openrouter', 'openai/gpt-oss-20b:free')?.price ?? []).amount({ ...ours(zero), inputTokens: 5, outputTokens: 5 }, 0), 0)
  })

  it('are matched as the library does: families, dates in names, clouds that sell others', () => {
    assert.equal(findListed('openai', 'gpt-4o-2024-08-06')?.model, 'gpt-4o')
    assert.equal(findListed('aws', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0')?.vendor, 'aws')
    assert.equal(findListed('google', 'claude-sonnet-4-5@20250929')?.model, 'claude-sonnet-4-5')
    assert.equal(findListed('openai', 'llama-3.3-70b'), undefined)
    assert.equal(findListed('nobody', 'gpt-4o'), undefined)
  })

  it('belong to addresses', () => {
    assert.equal(findVendor('https://api.openai.com/v1'), 'openai')
    assert.equal(findVendor('https://bedrock-runtime.eu-central-1.amazonaws.com/v1'), 'aws')
    assert.equal(findVendor('https://me.openai.azure.com/v1'), 'azure')
    assert.equal(findVendor('http://127.0.0.1:8000/v1'), undefined)
  })

  it('are those of the version that package.json pins', () => {
    const { dependencies } = createRequire(import.meta.url)('../../package.json') as { dependencies: Record<string, string> }
    assert.equal(CATALOGUE_VERSION, dependencies['@pydantic/genai-prices'])
  })

  it('can be listed, all or those of a vendor', () => {
    assert.ok(listModels().length > 1500)
    assert.deepEqual([...new Set(listModels('groq').map(({ vendor }) => vendor))], ['groq'])
    assert.ok(vendorIds.includes('groq'))
  })
})

const zero: Parts = { text: 0, cached: 0, written: 0, writtenForAnHour: 0, audio: 0, cachedAudio: 0, image: 0, cachedImage: 0, output: 0, reasoning: 0, outputAudio: 0, outputImage: 0, webSearches: 0 }

/** 1 for a model with a rate finer than a pico-dollar per token (0.08333333333333334 dollars per million): such rates are rounded to one. */
function roundedRates({ prices }: ModelInfo): number {
  const lists = Array.isArray(prices) ? prices.map((list) => list.prices) : [prices]
  const rates = lists.flatMap((list) => Object.values(list)).flatMap((rate) => (typeof rate === 'object' ? [rate.base, ...rate.tiers.map((tier) => tier.price)] : [rate ?? 0]))
  return rates.some((rate) => (String(rate).split('.')[1] ?? '').length > 6) ? 1 : 0
}
