import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createGroupCommit } from './group-commit.ts'

describe('waiting for the disk together', () => {
  it('begins one flush for all who come in one turn, and one more for all who come while it runs', async () => {
    const flushes: (() => void)[] = []
    const commit = createGroupCommit(() => new Promise((resolve) => flushes.push(resolve)))
    const done: string[] = []
    const wait = (name: string) => commit.durable().then(() => done.push(name))
    const first = [wait('a'), wait('b')]
    await Promise.resolve().then(() => undefined)
    assert.equal(flushes.length, 1)
    const second = [wait('c'), wait('d')]
    flushes[0]?.()
    await Promise.all(first)
    assert.deepEqual(done, ['a', 'b'], 'what was written while it ran needs another flush')
    await new Promise(setImmediate)
    assert.equal(flushes.length, 2)
    flushes[1]?.()
    await Promise.all(second)
    assert.equal(flushes.length, 2)
  })

  it('tells those who waited for a flush that it failed, and nobody else', async () => {
    let fails = true
    const commit = createGroupCommit(() => (fails ? Promise.reject(new Error('EIO')) : Promise.resolve()))
    await assert.rejects(commit.durable(), /EIO/)
    fails = false
    await commit.durable()
  })
})
