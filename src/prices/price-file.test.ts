import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { comparePrices } from './compare-prices.ts'
import { readPriceFile } from './price-file.ts'
import { writePrices } from './write-prices.ts'

function read(file: string) {
  const name = file.slice(file.lastIndexOf('/') + 1, -'.json'.length)
  const json: unknown = JSON.parse(readFileSync(new URL(`../../test/fixtures/prices/${file}`, import.meta.url), 'utf8'))
  const found = readPriceFile({ json, name })
  assert.ok(found !== undefined)
  return found
}
const litellm = read('litellm.json')
const portkey = read('portkey/anthropic.json')

describe("LiteLLM's prices", () => {
  const find = (model: string) => litellm.prices.find((price) => price.model === model)

  it('are dollars per token, each for its vendor, without the name of the vendor before the model', () => {
    assert.equal(litellm.kind, 'LiteLLM')
    assert.deepEqual(
      litellm.prices.map(({ vendor, model }) => [vendor, model]),
      [['openai', 'gpt-4o'], ['openai', 'gpt-4o-mini'], ['anthropic', 'claude-sonnet-4-5'], ['groq', 'llama-3.3-70b-versatile'], ['openai', 'text-embedding-3-small'], [undefined, 'acme-1']],
    )
    assert.deepEqual(find('gpt-4o')?.steps, [{ above: -1, rates: { input: 2_500_000, output: 11_000_000, cached_input: 1_250_000 } }])
  })

  it('have caches, steps and searches', () => {
    assert.deepEqual(find('claude-sonnet-4-5')?.steps, [
      { above: -1, rates: { input: 3_000_000, output: 15_000_000, cache_creation: 3_750_000, cache_creation_1h: 6_000_000, cached_input: 300_000, web_search: 10_000_000_000 } },
      { above: 200_000, rates: { input: 6_000_000, output: 24_000_000 } },
    ])
  })

  it('cost nothing for an output that there is not, and leave out what has no price per token', () => {
    assert.deepEqual(find('text-embedding-3-small')?.steps, [{ above: -1, rates: { input: 20_000, output: 0 } }])
    assert.equal(litellm.skipped, 2)
  })
})

describe("Portkey's prices", () => {
  it('are cents per token of the vendor after whom the file is called; zeros beside input and output say nothing', () => {
    assert.equal(portkey.kind, 'Portkey')
    assert.deepEqual(portkey.prices, [
      {
        vendor: 'anthropic',
        foreignVendor: 'anthropic',
        model: 'claude-sonnet-4-5',
        steps: [{ above: -1, rates: { input: 3_000_000, output: 16_000_000, cache_creation: 3_750_000, cache_creation_1h: 6_000_000, web_search: 10_000_000_000 } }],
      },
    ])
    assert.equal(portkey.skipped, 1)
  })
})

describe('a file that is neither', () => {
  it('is not taken for one', () => {
    for (const json of [[], 'x', null, {}, { a: 1 }, { models: { m: {} } }]) assert.equal(readPriceFile({ json, name: 'x' }), undefined)
  })
})

describe('two lists', () => {
  it('differ where a unit that theirs names costs something else, once for all steps with the same difference', () => {
    const ours = [{ above: -1, rates: { input: 3, output: 15 } }, { above: 200, rates: { input: 6, output: 22 } }]
    assert.deepEqual(comparePrices(ours, ours), [])
    assert.deepEqual(comparePrices(ours, [{ above: -1, rates: { input: 3, output: 15 } }]), [
      { unit: 'input', above: 200, ours: 6, theirs: 3 },
      { unit: 'output', above: 200, ours: 22, theirs: 15 },
    ])
    assert.deepEqual(comparePrices([{ above: -1, rates: { input: 3 } }], [{ above: -1, rates: { input: 4, cached_input: 3 } }, { above: 9, rates: {} }]), [{ unit: 'input', above: -1, ours: 3, theirs: 4 }])
  })
})

describe('a prices section', () => {
  it('has a line for each model, sorted, with names quoted where YAML could misread them', () => {
    const steps = [{ above: -1, rates: { input: 2_500_000, output: 10_000_000, web_search: 10_000_000_001 } }, { above: 200_000, rates: { input: 5_000_000 } }]
    const written = writePrices([
      { provider: 'openai', model: 'o3', steps: [{ above: -1, rates: { input: 1, output: 0 } }] },
      { provider: 'openai', model: 'gpt-4o', steps },
      { provider: 'cloud', model: '4.1', steps: [] },
    ])
    assert.equal(
      written,
      `prices: # dollars per million tokens
  cloud:
    "4.1": {}
  openai:
    gpt-4o: {input: 2.5, output: 10, web_search: 0.010001, above: [{above: 200000, input: 5}]}
    o3: {input: 0.000001, output: 0}
`,
    )
    assert.equal(writePrices([]), '')
  })
})
