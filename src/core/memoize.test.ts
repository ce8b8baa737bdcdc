import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoize } from './memoize.ts'

describe('memoize', () => {
  it('computes once for each object, an undefined result too', () => {
    let calls = 0
    const size = memoize((list: readonly number[]) => {
      calls += 1
      return list.length === 0 ? undefined : list.length
    })
    const one = [1]
    const none: number[] = []
    assert.deepEqual([size(one), size(none), size(one), size(none), size([1])], [1, undefined, 1, undefined, 1])
    assert.equal(calls, 3)
  })
})
