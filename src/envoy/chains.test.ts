import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { model, provider, runtimeConfig } from '../../test/support/runtime-config.ts'
import { possibleChains } from '../providers/possible-chains.ts'
import { longestChain, stepClusters } from './chains.ts'

const [a, b, c] = [provider('a'), provider('b'), provider('c')]

function plainChains(models: Parameters<typeof runtimeConfig>[0]['models']): string[] {
  const chains = possibleChains(runtimeConfig({ models }))
  return [...chains].filter(([, chain]) => chain.stage === 'plain').map(([name]) => name).toSorted()
}

describe('chains', () => {
  it('lists every selection of a chain in its order, because the request stage may leave out any provider', () => {
    assert.deepEqual(plainChains([model('m', [a, b, c])]), ['a', 'a+b', 'a+b+c', 'a+c', 'b', 'b+c', 'c'])
  })

  it('has one entry for a chain that two models share', () => {
    assert.deepEqual(plainChains([model('m', [a, b]), model('n', [a, [b, 'other']])]), ['a', 'a+b', 'b'])
  })

  it('keeps both orders of the same providers apart', () => {
    const chains = possibleChains(runtimeConfig({ models: [model('m', [a, b]), model('n', [b, a])] }))
    assert.deepEqual(chains.get('b+a')?.providers.map(({ name }) => name), ['b', 'a'])
  })

  it('has 31 selections of a chain of five', () => {
    assert.equal(plainChains([model('m', [a, b, c, provider('d'), provider('e')])]).length, 31)
  })

  it('lists what weights can draw, with each selection of it', () => {
    const weighted = model('m', [a, b, c])
    const chain = weighted.chain.map((step, index) => (index === 2 ? step : { ...step, weight: 1 }))
    assert.deepEqual(plainChains([{ ...weighted, chain }]), ['a', 'a+b', 'a+b+c', 'a+c', 'b', 'b+a', 'b+a+c', 'b+c', 'c'])
  })

  it('lists every order that a caller may choose', () => {
    assert.equal(plainChains([{ ...model('m', [a, b, c]), providerChoice: new Map() }]).length, 15)
  })

  it('has what is left of a caller’s order when who would convert is left out', () => {
    const claude = provider('claude', { api: 'anthropic' })
    const chains = possibleChains(runtimeConfig({ models: [{ ...model('m', [claude, a, b]), providerChoice: new Map() }] }))
    assert.deepEqual(chains.get('b+a.convert')?.providers, [b, a])
  })

  it('has a cluster for each stage that some order needs', () => {
    const claude = provider('claude', { api: 'anthropic' })
    const mixed = model('m', [claude, a])
    const names = (each: typeof mixed): string[] => stepClusters(runtimeConfig({ models: [each] })).map(({ name }) => name).toSorted()
    assert.deepEqual(names({ ...mixed, providerChoice: new Map() }), ['a', 'a.convert', 'claude', 'claude.convert'])
  })

  it('has a second cluster where a body is converted, or comes after one that was', () => {
    const claude = provider('claude', { api: 'anthropic' })
    const chains = possibleChains(runtimeConfig({ models: [model('m', [a, claude])] }))
    const stages = new Map([...chains].map(([name, { stage }]) => [name, stage]))
    assert.equal(stages.get('a'), 'plain', 'chat goes to OpenAI as it is')
    assert.equal(stages.get('a+claude.convert'), 'convert', 'and to Anthropic converted')
    assert.equal(stages.get('a+claude'), undefined, 'no format passes both')
    assert.equal(stages.get('claude'), 'plain', 'count_tokens is Anthropic’s alone')
  })

  it('leaves out providers that no model uses, so that their missing key cannot stop Envoy', () => {
    const config = runtimeConfig({ models: [model('m', [b])], providers: new Map([['a', a], ['b', b]]) })
    assert.deepEqual(stepClusters(config).map(({ name }) => name), ['b', 'b.convert'])
  })

  it('counts the attempts of the longest chain, and one without models', () => {
    assert.equal(longestChain(runtimeConfig({ models: [model('m', [a]), model('n', [a, b, c])] })), 3)
    assert.equal(longestChain(runtimeConfig({ models: [] })), 1)
  })
})
