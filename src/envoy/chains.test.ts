import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { model, provider, runtimeConfig } from '../../test/support/runtime-config.ts'
import { longestChain, possibleChains, usedProviders } from './chains.ts'

const [a, b, c] = [provider('a'), provider('b'), provider('c')]

describe('chains', () => {
  it('lists every selection of a chain in its order, because the request stage may leave out any provider', () => {
    const chains = possibleChains(runtimeConfig({ models: [model('m', [a, b, c])] }))
    assert.deepEqual([...chains.keys()].toSorted(), ['a', 'a+b', 'a+b+c', 'a+c', 'b', 'b+c', 'c'])
  })

  it('has one entry for a chain that two models share', () => {
    const chains = possibleChains(runtimeConfig({ models: [model('m', [a, b]), model('n', [a, [b, 'other']])] }))
    assert.deepEqual([...chains.keys()].toSorted(), ['a', 'a+b', 'b'])
  })

  it('keeps both orders of the same providers apart', () => {
    const chains = possibleChains(runtimeConfig({ models: [model('m', [a, b]), model('n', [b, a])] }))
    assert.deepEqual(chains.get('b+a')?.map(({ name }) => name), ['b', 'a'])
  })

  it('has 31 selections of a chain of five', () => {
    assert.equal(possibleChains(runtimeConfig({ models: [model('m', [a, b, c, provider('d'), provider('e')])] })).size, 31)
  })

  it('leaves out providers that no model uses, so that their missing key cannot stop Envoy', () => {
    const config = runtimeConfig({ models: [model('m', [b])], providers: new Map([['a', a], ['b', b]]) })
    assert.deepEqual(usedProviders(config), [b])
  })

  it('counts the attempts of the longest chain, and one without models', () => {
    assert.equal(longestChain(runtimeConfig({ models: [model('m', [a]), model('n', [a, b, c])] })), 3)
    assert.equal(longestChain(runtimeConfig({ models: [] })), 1)
  })
})
