import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Claim, CounterCharge } from './budget-store.ts'
import { createMemoryBudgetStore } from './memory-store.ts'
import type { StoreSnapshot } from './store-snapshot.ts'

const HOUR_MS = 3_600_000

function charge(key: string, amount: number, forgetAtMs = 10 * HOUR_MS): CounterCharge {
  return { key, amount, forgetAtMs }
}

function claim(key: string, amount: number, forgetAtMs?: number): Claim {
  return { ...charge(key, amount, forgetAtMs), limit: 1000, startAt: 1000 }
}

describe('budgets in memory', () => {
  it('take no counter beyond the bound, and forget nobody for it', () => {
    const store = createMemoryBudgetStore({ maxCounters: 2 })
    store.admit({ id: '1', nowMs: 0, holdUntilMs: 1000, claims: [claim('a', 1), claim('b', 1, HOUR_MS)] })
    const more = { id: '2', nowMs: 0, holdUntilMs: 1000, claims: [claim('a', 1), claim('c', 1)] }
    assert.throws(() => store.admit(more), /hold their 2 counters and take no new one until a window ends/)
    assert.throws(() => store.settle({ id: '1', nowMs: 0, charges: [charge('a', 5), charge('c', 1)] }), /hold their 2 counters/)
    const refs = [claim('a', 0), claim('b', 0), claim('c', 0)]
    assert.deepEqual(store.read(refs, 0), [{ used: 0, held: 1 }, { used: 0, held: 1 }, { used: 0, held: 0 }], 'nothing was done by halves')
    assert.equal(store.settle({ id: '1', nowMs: 0, charges: [charge('a', 5), charge('b', 0, HOUR_MS), charge('c', 0)] }).applied, true)
    assert.equal(store.admit({ ...more, claims: [claim('a', 1), claim('c', 0)] }).admitted, true, 'nothing is held in c, so it needs no counter')
    assert.equal(store.admit({ ...more, id: '3', nowMs: HOUR_MS }).admitted, true, 'the window of b has ended')
  })

  it('take no hold and no name beyond the bound', () => {
    const store = createMemoryBudgetStore({ maxCounters: 1 })
    const admit = (id: string) => store.admit({ id, nowMs: 0, holdUntilMs: 1000, claims: [claim('a', 1)] })
    admit('1')
    assert.throws(() => admit('2'), /1 exchanges are under way/)
    assert.deepEqual(store.read([claim('a', 0)], 0), [{ used: 0, held: 1 }])
    assert.equal(store.first('name', { nowMs: 0, ttlMs: 1000 }), true)
    assert.throws(() => store.first('other', { nowMs: 999, ttlMs: 1000 }), /names are taken/)
    assert.equal(store.first('name', { nowMs: 999, ttlMs: 1000 }), false)
    assert.equal(store.first('other', { nowMs: 1000, ttlMs: 1000 }), true)
  })

  it('forget what is over, a little with every request', () => {
    const store = createMemoryBudgetStore()
    for (let index = 0; index < 1000; index += 1) store.settle({ id: `old-${String(index)}`, nowMs: 0, charges: [charge(`old-${String(index)}`, 1, HOUR_MS)] })
    assert.equal(store.snapshot().counters.length, 1000)
    for (let index = 0; index < 500; index += 1) store.settle({ id: `new-${String(index)}`, nowMs: HOUR_MS, charges: [charge('new', 1)] })
    assert.deepEqual(store.snapshot().counters.map(({ key }) => key), ['new'])
  })

  it('forget the hold that ran out once nothing is left of it', () => {
    const store = createMemoryBudgetStore()
    store.admit({ id: '1', nowMs: 0, holdUntilMs: 1000, claims: [claim('a', 5, 2000)] })
    assert.equal(store.expire(1000, 10).length, 1)
    assert.equal(store.expire(HOUR_MS + 1999, 10).length, 0)
    assert.deepEqual(store.snapshot().holds.map(({ provisional }) => provisional), [true])
    assert.equal(store.expire(HOUR_MS + 2000, 10).length, 0)
    assert.deepEqual(store.snapshot().holds, [])
  })

  it('remember for an hour what was settled, and no more than a quarter of an hour longer', () => {
    const store = createMemoryBudgetStore()
    const settle = (id: string, nowMs: number) => store.settle({ id, nowMs, charges: [] }).applied
    const remembered = () => store.snapshot().settled.flatMap(({ ids }) => ids).length
    // One each minute, for a day.
    for (let minute = 0; minute < 1440; minute += 1) {
      settle(String(minute), minute * 60_000)
      if (minute >= 60) assert.equal(settle(String(minute - 60), minute * 60_000), false)
      assert.ok(remembered() <= 76, `${String(remembered())} after ${String(minute)} minutes`)
    }
    assert.equal(settle('1', 1440 * 60_000), true)
  })

  it('find the holds that run out among many that were settled', () => {
    const store = createMemoryBudgetStore()
    for (let index = 0; index < 20_000; index += 1) {
      store.admit({ id: String(index), nowMs: 0, holdUntilMs: 20_000 - index, claims: [claim('a', 0)] })
      if (index % 1000 !== 0) store.settle({ id: String(index), nowMs: 0, charges: [] })
    }
    store.renew(['3000'], 30_000)
    const expired = store.expire(19_000, 100).map(({ id }) => Number(id))
    assert.deepEqual(expired, Array.from({ length: 19 }, (_, index) => 19_000 - index * 1000).filter((id) => id !== 3000))
    assert.deepEqual(store.expire(30_000, 100).map(({ id }) => id), ['0', '3000'])
  })

  it('are the same after a snapshot was written and read back', () => {
    const store = createMemoryBudgetStore()
    const slide = { slices: 3, sliceMs: 1000, slice: 10 }
    store.admit({ id: 'held', nowMs: 10_000, holdUntilMs: 12_000, claims: [claim('a', 5), { ...claim('s', 7), slide }] })
    store.admit({ id: 'late', nowMs: 10_000, holdUntilMs: 11_000, claims: [claim('a', 3), { ...claim('s', 2), slide }] })
    store.settle({ id: 'done', nowMs: 10_000, charges: [charge('a', 100), { ...charge('s', 50), slide: { ...slide, slice: 9 } }] })
    assert.equal(store.expire(11_000, 10).length, 1)
    store.first('name', { nowMs: 10_000, ttlMs: 1000 })

    const written = JSON.stringify(store.snapshot())
    const again = createMemoryBudgetStore()
    again.restore(JSON.parse(written) as StoreSnapshot)
    assert.equal(JSON.stringify(again.snapshot()), written)
    for (const each of [store, again]) {
      assert.deepEqual(each.read([claim('a', 0), claim('s', 0)], 11_000), [{ used: 103, held: 5 }, { used: 52, held: 7 }])
      assert.deepEqual(each.read([claim('s', 0)], 12_000), [{ used: 2, held: 7 }])
      assert.equal(each.settle({ id: 'done', nowMs: 11_000, charges: [charge('a', 100)] }).applied, false)
      assert.deepEqual(each.settle({ id: 'late', nowMs: 11_000, charges: [charge('a', 1)] }).counters, [{ used: 101, held: 5 }])
      assert.deepEqual(each.expire(12_000, 10).map(({ id }) => id), ['held'])
      assert.equal(each.first('name', { nowMs: 10_999, ttlMs: 1000 }), false)
      assert.equal(each.first('name', { nowMs: 11_000, ttlMs: 1000 }), true)
    }
    assert.throws(() => again.restore(store.snapshot()), /only a new store/)
  })

  it('give snapshots that stay as they are', () => {
    const store = createMemoryBudgetStore()
    const slide = { slices: 3, sliceMs: 1000, slice: 0 }
    const settle = (id: string) => store.settle({ id, nowMs: 0, charges: [charge('a', 1), { ...charge('s', 1), slide }] })
    settle('1')
    store.admit({ id: '2', nowMs: 0, holdUntilMs: 1000, claims: [claim('a', 1)] })
    const snapshot = store.snapshot()
    const written = JSON.stringify(snapshot)
    settle('3')
    store.renew(['2'], 2000)
    store.expire(2000, 10)
    assert.equal(JSON.stringify(snapshot), written)
  })
})
