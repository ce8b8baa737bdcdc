import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Usage } from '../core/usage.ts'
import { CATALOGUE_VERSION } from './catalogue.ts'
import { createPriceBook, type OwnPrice, type ProviderPrices } from './price-book.ts'
import { vendorOf } from './vendor-of.ts'

const usage: Usage = { inputTokens: 1200, outputTokens: 350, cachedInputTokens: 400, cacheCreationInputTokens: undefined, reasoningTokens: undefined, totalTokens: 1550, flags: [] }
const at = Date.UTC(2026, 10, 25)
const openai: ProviderPrices = { name: 'openai', vendor: 'openai', everything: undefined, models: [] }
const flat = (rate: number): OwnPrice => ({ kind: 'price', price: [{ validity: { kind: 'always' }, steps: [{ above: -1, rates: { input: rate, output: rate } }] }] })
const nano = (provider: ProviderPrices, model: string) => createPriceBook([provider]).priceOf(usage, { provider: provider.name, model, at })?.nanoDollars

describe('the prices of a configuration', () => {
  it('are those of the list, with the version of the list', () => {
    assert.deepEqual(createPriceBook([openai]).priceOf(usage, { provider: 'openai', model: 'gpt-4o', at }), { nanoDollars: 6_000_000, rateCard: CATALOGUE_VERSION })
  })

  it('are unknown, not 0, for a model on no list and for a provider of no vendor', () => {
    assert.equal(nano(openai, 'my-finetune'), undefined)
    assert.equal(nano({ ...openai, vendor: undefined }, 'gpt-4o'), undefined)
    assert.equal(createPriceBook([openai]).knows({ provider: 'other', model: 'gpt-4o' }), false)
    assert.equal(createPriceBook([openai]).knows({ provider: 'openai', model: 'gpt-4o' }), true)
  })

  it('are your own first: a name, then patterns in their order, then the whole provider, then the list', () => {
    const own: ProviderPrices = {
      ...openai,
      everything: flat(4000),
      models: [
        { pattern: 'gpt-*', price: flat(3000) },
        { pattern: 'gpt-4*', price: flat(2000) },
        { pattern: 'gpt-4o', price: flat(1000) },
      ],
    }
    assert.deepEqual(['gpt-4o', 'gpt-4o-mini', 'o3'].map((model) => nano(own, model)), [1550, 4650, 6200])
  })

  it('may be nothing, if somebody says so, or that of another model on the list', () => {
    assert.equal(nano({ ...openai, everything: { kind: 'free' } }, 'anything'), 0)
    const deployment: ProviderPrices = { ...openai, vendor: 'azure', models: [{ pattern: 'prod-eu', price: { kind: 'listed', vendor: undefined, model: 'gpt-4o' } }] }
    assert.equal(nano(deployment, 'prod-eu'), 6_000_000)
    assert.deepEqual(createPriceBook([deployment]).find({ provider: 'openai', model: 'prod-eu' })?.source, { kind: 'list', vendor: 'azure', model: 'gpt-4o' })
  })

  it('have a card that changes with what was written, not with its order', () => {
    const a: ProviderPrices = { ...openai, name: 'a', everything: flat(1) }
    const b: ProviderPrices = { ...openai, name: 'b', everything: flat(2) }
    const card = createPriceBook([a, b]).rateCard
    assert.match(card, new RegExp(`^${CATALOGUE_VERSION.replaceAll('.', '\\.')}\\+[0-9a-f]{8}$`))
    assert.equal(createPriceBook([b, a, openai]).rateCard, card)
    assert.notEqual(createPriceBook([a, { ...b, everything: flat(3) }]).rateCard, card)
  })
})

describe('whose list holds for a provider', () => {
  const cases: readonly (readonly [name: string, api: string, url: string, vendor: string | undefined])[] = [
    ['main', 'openai', 'https://api.openai.com/v1', 'openai'],
    ['fast', 'openai', 'https://api.groq.com/openai/v1', 'groq'],
    ['proxy', 'anthropic', 'http://127.0.0.1:9000/v1', 'anthropic'],
    ['claude', 'aws-bedrock-claude', 'http://127.0.0.1:9000/v1', 'aws'],
    ['openai', 'openai', 'http://127.0.0.1:9000/v1', 'openai'],
    ['mine', 'groq', 'http://127.0.0.1:9000/v1', 'groq'],
    ['mine', 'xai', 'http://127.0.0.1:9000/v1', 'x-ai'],
    ['vllm', 'vllm', 'http://127.0.0.1:8000/v1', undefined],
    ['local', 'openai', 'http://127.0.0.1:8000/v1', undefined],
  ]
  for (const [name, api, url, vendor] of cases) it(`${name} (${api}) at ${url}: ${vendor ?? 'nobody'}`, () => assert.equal(vendorOf({ name, api, url }), vendor))
})
