import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildModel, buildProvider } from '../../test/support/build-config.ts'
import type { ModelConfig } from '../config/runtime-config.ts'
import { chosenOrders, hasOneOrder, orderFrom, typicalOrders, weightedOrders } from './chain-orders.ts'

const three = buildModel('m', ...['a', 'b', 'c'].map((name) => buildProvider(name)))
const weighted: ModelConfig = { ...three, chain: three.chain.map((step, index) => (index === 1 ? step : { ...step, weight: 1 })) }
const open: ModelConfig = { ...three, providerChoice: new Map() }
const names = (orders: readonly ModelConfig['chain'][]): string[] => orders.map((order) => order.map((step) => step.provider.name).join(''))

describe('the orders of a chain', () => {
  it('are one without weights and choice', () => {
    assert.deepEqual([hasOneOrder(three), names(weightedOrders(three)), names(typicalOrders(three)), chosenOrders(three)], [true, ['abc'], ['abc'], []])
  })

  it('are one for each step with a weight, the others in their order', () => {
    assert.deepEqual([hasOneOrder(weighted), names(weightedOrders(weighted))], [false, ['abc', 'cab']])
    const [, , last] = weighted.chain
    assert.ok(last !== undefined)
    assert.deepEqual(names([orderFrom(weighted, last)]), ['cab'])
  })

  it('are any selection in any order where callers choose', () => {
    const chosen = names(chosenOrders(open))
    assert.deepEqual(chosen.toSorted(), ['a', 'ab', 'abc', 'ac', 'acb', 'b', 'ba', 'bac', 'bc', 'bca', 'c', 'ca', 'cab', 'cb', 'cba'])
    const five: ModelConfig = { ...buildModel('m', ...['a', 'b', 'c', 'd', 'e'].map((name) => buildProvider(name))), providerChoice: new Map() }
    assert.equal(new Set(names(chosenOrders(five))).size, 325)
  })

  it('have typical ones in which each step is first, and comes before each other', () => {
    const typical = names(typicalOrders(open))
    for (const first of 'abc') {
      assert.ok(typical.some((order) => order.startsWith(first)))
      for (const second of 'abc'.replace(first, '')) assert.ok(typical.some((order) => order.indexOf(first) < order.indexOf(second)))
    }
  })
})
