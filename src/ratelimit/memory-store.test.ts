import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMemoryStore } from './memory-store.ts'

function storeWithClock(maxCounters?: number) {
  let now = 1_000_000
  const clock = { now: () => now, monotonic: () => now }
  const store = createMemoryStore({ clock, ...(maxCounters === undefined ? {} : { maxCounters }) })
  const add = (key: string, hits: bigint, windowSeconds = 60) => store.apply([{ key, kind: 'add', hits, windowSeconds }])
  return { store, add, advance: (seconds: number) => (now += seconds * 1000) }
}

describe('createMemoryStore', () => {
  it('forgets a counter one window after its first hit, however often it is hit', async () => {
    const { add, advance } = storeWithClock()
    await add('a', 5n)
    advance(59)
    assert.deepEqual(await add('a', 1n), [6n])
    advance(1)
    assert.deepEqual(await add('a', 0n), [0n])
    assert.deepEqual(await add('a', 2n), [2n])
  })

  it('clears expired counters while it works, without a timer', async () => {
    const { store, add, advance } = storeWithClock()
    for (let index = 0; index < 1000; index += 1) await add(`old-${String(index)}`, 1n)
    advance(60)
    for (let index = 0; index < 300; index += 1) await add(`new-${String(index)}`, 1n)
    assert.ok(store.size() <= 310, `${String(store.size())} counters are left`)
  })

  it('refuses a new counter when it is full, already when it is looked at, and still counts the others', async () => {
    const { store, add } = storeWithClock(2)
    await add('a', 1n)
    await add('b', 1n)
    await assert.rejects(add('c', 1n), /the memory store holds its 2 counters and takes no new one until a window ends/)
    // Else the check of a new caller would pass, his charge fail, and nothing would ever limit him.
    await assert.rejects(add('c', 0n), /the memory store holds its 2 counters/)
    assert.deepEqual(await add('a', 0n), [1n])
    assert.deepEqual(await add('a', 1n), [2n])
    assert.equal(store.size(), 2)
  })

  it('has room again when windows ended', async () => {
    const { add, advance } = storeWithClock(100)
    for (let index = 0; index < 100; index += 1) await add(`old-${String(index)}`, 1n)
    await assert.rejects(add('new', 1n))
    advance(60)
    assert.deepEqual(await add('new', 1n), [1n])
  })
})
