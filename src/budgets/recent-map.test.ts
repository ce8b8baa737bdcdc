import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRecentMap } from './recent-map.ts'

describe('a recent map', () => {
  it('forgets what was used longest ago', () => {
    const map = createRecentMap<number>(2)
    map.set('a', 1)
    map.set('b', 2)
    assert.equal(map.get('a'), 1)
    map.set('c', 3)
    assert.deepEqual([map.get('a'), map.get('b'), map.get('c'), map.size], [1, undefined, 3, 2])
  })

  it('replaces without forgetting', () => {
    const map = createRecentMap<number>(2)
    for (const [key, value] of [['a', 1], ['b', 2], ['a', 3]] as const) map.set(key, value)
    assert.deepEqual(map.latest(9), [['a', 3], ['b', 2]])
  })

  it('lists what was used last first', () => {
    const map = createRecentMap<number>(9)
    for (const [index, key] of ['a', 'b', 'c', 'd'].entries()) map.set(key, index)
    map.get('b')
    map.delete('c')
    assert.deepEqual(map.latest(2), [['b', 1], ['d', 3]])
    map.clear()
    assert.deepEqual(map.latest(2), [])
  })
})
