// What a person writes about prices, and what is computed from it.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { compileText, transcript } from '../../test/config/compile-mistake.ts'
import type { Usage } from '../core/usage.ts'
import type { PriceBook } from '../prices/price-book.ts'

const usage: Usage = { inputTokens: 1_000_000, outputTokens: 100_000, cachedInputTokens: 400_000, cacheCreationInputTokens: undefined, reasoningTokens: undefined, totalTokens: 1_100_000, flags: [] }
const at = Date.UTC(2026, 10, 25)

/** The price book of a configuration whose provider is called `p` and asked for `models`. */
function book(provider: string, prices = '', models = ['gpt-4o']): PriceBook {
  const steps = models.map((model) => `  ${JSON.stringify(model)}: {providers: [p]}\n`).join('')
  const compiled = compileText(`providers:\n  p: ${provider}\nmodels:\n${steps}${prices}`)
  assert.ok(compiled.ok && compiled.warnings.length === 0, transcript(compiled))
  return compiled.config.prices
}
const dollars = (prices: PriceBook, model = 'gpt-4o') => (prices.priceOf(usage, { provider: 'p', model, at })?.nanoDollars ?? Number.NaN) / 1e9

const openai = '{api: openai, credential: {env: KEY}}'

describe('prices in a configuration', () => {
  it('are those of the vendor at the address when nothing is written', () => {
    assert.equal(dollars(book(openai)), 0.6 * 2.5 + 0.4 * 1.25 + 0.1 * 10)
    assert.equal(book('{api: groq, credential: {env: KEY}}', '', ['llama-3.3-70b-versatile']).vendorOf('p'), 'groq')
  })

  it('may be those of another vendor, of all models, or nothing', () => {
    assert.equal(book('{api: openai, url: https://llm.example.com, price: {list: openai}}').vendorOf('p'), 'openai')
    assert.equal(dollars(book('{api: openai, url: https://llm.example.com, price: {input: 1, output: 2}}')), 1.2)
    assert.equal(dollars(book('{api: vllm, price: free}', '', ['llama']), 'llama'), 0)
  })

  it('may be written for a model, a pattern, or as those of another model', () => {
    const prices = 'prices:\n  p:\n    "ft:*": {input: 0.1, output: 0.2, cached_input: 0.05}\n    gpt-4o: {input: "2.50", output: "$10"}\n    prod: {as: gpt-4o}\n'
    const found = book(openai, prices, ['gpt-4o', 'ft:mine', 'prod'])
    assert.equal(dollars(found), 2.5 + 1)
    assert.equal(dollars(found, 'ft:mine'), 0.1)
    assert.equal(dollars(found, 'prod'), 3)
  })

  it('follow the length of the input, each step with what it does not name from the one before', () => {
    const prices = 'prices:\n  p: {gpt-4o: {input: 1, output: 10, above: [{above: 100000, input: 2}, {above: 500000, output: 20}]}}\n'
    assert.equal(dollars(book(openai, prices)), 2 + 2)
  })

  it('are exact: 0.1 and 0.7 dollars are 100,000 and 700,000 pico-dollars per token', () => {
    const { price } = book(openai, 'prices: {p: {gpt-4o: {input: 0.1, output: 0.7, web_search: 0.01}}}\n').find({ provider: 'p', model: 'gpt-4o' }) ?? {}
    assert.deepEqual(price?.[0]?.steps, [{ above: -1, rates: { input: 100_000, output: 700_000, web_search: 10_000_000_000 } }])
  })

  it('are part of the rate card', () => {
    assert.equal(book(openai).rateCard.includes('+'), false)
    assert.match(book(openai, 'prices: {p: {gpt-4o: free}}\n').rateCard, /\+[0-9a-f]{8}$/)
  })
})

describe('docs/prices.md', () => {
  it('has an example that loads', () => {
    const page = readFileSync(new URL('../../docs/prices.md', import.meta.url), 'utf8')
    const example = /```yaml\n(providers:[\s\S]*?)```/.exec(page)?.[1] ?? ''
    const compiled = compileText(`${example}models:\n  a: {providers: [{use: azure, model: prod-eu}]}\n  b: {providers: [{use: reseller, model: gpt-4o}]}\n  c: {providers: [vllm, flat]}\n`)
    assert.ok(compiled.ok, transcript(compiled))
    assert.equal(transcript(compiled), '')
    assert.equal(compiled.config.prices.find({ provider: 'azure', model: 'prod-eu' })?.source.kind, 'list')
  })
})
