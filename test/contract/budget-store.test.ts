// One suite over every store of budgets.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { BudgetStore, CounterState } from '../../src/budgets/budget-store.ts'
import { admission, charge, claim, counter, FORGET_AT_MS, readOne, settlement, START_MS } from '../support/budget-requests.ts'
import { type BudgetStoreHarness, memoryHarness, oneRedis, redisCluster, redisWithSentinel, remoteHarness } from '../support/budget-store-harness.ts'

const stores: readonly { name: string; start: () => Promise<BudgetStoreHarness> }[] = [
  { name: 'memory', start: memoryHarness },
  { name: 'memory of another process', start: remoteHarness },
  { name: 'redis', start: oneRedis },
  { name: 'redis cluster', start: redisCluster },
  { name: 'redis with sentinel', start: redisWithSentinel },
]

const MOST = Number.MAX_SAFE_INTEGER

function state(used: number, held: number): CounterState {
  return { used, held }
}

for (const { name, start } of stores) {
  describe(`budget store: ${name}`, () => {
    let harness: BudgetStoreHarness
    let store: BudgetStore
    before(async () => {
      harness = await start()
      store = harness.store
    })
    after(() => harness.stop())

    it('holds on all counters or on none', async () => {
      assert.deepEqual(await store.admit(admission('all-1', [claim('all-a', 5), claim('all-b', 5, { limit: 4 })])), { admitted: false, counters: [state(0, 0), state(0, 0)] })
      assert.deepEqual(await store.read([counter('all-a'), counter('all-b')], START_MS), [state(0, 0), state(0, 0)])
      assert.deepEqual(await store.admit(admission('all-1', [claim('all-a', 5), claim('all-b', 3, { limit: 4 })])), { admitted: true, counters: [state(0, 0), state(0, 0)] })
      assert.deepEqual(await store.admit(admission('all-2', [claim('all-b', 2, { limit: 4 }), claim('all-a', 1)])), { admitted: false, counters: [state(0, 3), state(0, 5)] })
      assert.deepEqual(await store.read([counter('all-a'), counter('all-b')], START_MS), [state(0, 5), state(0, 3)])
    })

    it('admits up to the limit, used and held counted, and not one more', async () => {
      await store.settle(settlement('limit-0', [charge('limit', 60)]))
      assert.equal((await store.admit(admission('limit-1', [claim('limit', 30)]))).admitted, true)
      assert.deepEqual(await store.admit(admission('limit-2', [claim('limit', 11)])), { admitted: false, counters: [state(60, 30)] })
      assert.deepEqual(await store.admit(admission('limit-3', [claim('limit', 10)])), { admitted: true, counters: [state(60, 30)] })
      assert.equal((await store.admit(admission('limit-4', [claim('limit', 0)]))).admitted, true, 'nothing fits into nothing')
    })

    it('starts nothing once more than startAt is used and held', async () => {
      await store.settle(settlement('start-0', [charge('start', 40)]))
      assert.equal((await store.admit(admission('start-1', [claim('start', 1, { startAt: 40 })]))).admitted, true)
      assert.equal((await store.admit(admission('start-2', [claim('start', 0, { startAt: 40 })]))).admitted, false)
      assert.equal((await store.admit(admission('start-3', [claim('start', 0, { startAt: 41 })]))).admitted, true)
      assert.equal((await store.admit(admission('start-4', [claim('start-new', 0, { limit: 0 })]))).admitted, true)
      assert.equal((await store.admit(admission('start-5', [claim('start-new', 1, { limit: 0 })]))).admitted, false)
    })

    it('admits what needs no counter', async () => {
      assert.deepEqual(await store.admit(admission('free', [])), { admitted: true, counters: [] })
      assert.deepEqual(await store.settle(settlement('free', [])), { applied: true, counters: [] })
    })

    it('admits exactly 10 of 500 that come at once to a budget of 10', async () => {
      const everywhere = [store, ...harness.others]
      const answers = await Promise.all(
        Array.from({ length: 500 }, async (_, index) => everywhere[index % everywhere.length]?.admit(admission(`crowd-${index}`, [claim('crowd', 1, { limit: 10 }), claim('crowd-wide', 1, { limit: 1000 })]))),
      )
      assert.equal(answers.filter((answer) => answer?.admitted).length, 10)
      assert.deepEqual(await store.read([counter('crowd'), counter('crowd-wide')], START_MS), [state(0, 10), state(0, 10)])
    })

    it('refuses an exchange that was admitted before', async () => {
      await store.admit(admission('again', [claim('again', 5)]))
      await assert.rejects(async () => store.admit(admission('again', [claim('again', 5)])), /the exchange again has been admitted before/)
      assert.deepEqual(await readOne(store, counter('again')), state(0, 5))
      await store.settle(settlement('again', [charge('again', 4)]))
      await assert.rejects(async () => store.admit(admission('again', [claim('again', 5)])), /the exchange again has been admitted before/)
      assert.deepEqual(await readOne(store, counter('again')), state(4, 0))
    })

    it('replaces a hold by the cost once, whoever asks', async () => {
      await store.admit(admission('once', [claim('once-a', 10), claim('once-b', 20), claim('once-c', 30)]))
      const settle = settlement('once', [charge('once-b', 25), charge('once-a', 0), charge('once-new', 7)])
      assert.deepEqual(await store.settle(settle), { applied: true, counters: [state(25, 0), state(0, 0), state(7, 0)] })
      assert.deepEqual(await readOne(store, counter('once-c')), state(0, 0), 'not named, so given back')
      for (const each of [store, ...harness.others]) {
        assert.deepEqual(await each.settle(settle), { applied: false, counters: [state(25, 0), state(0, 0), state(7, 0)] })
      }
      const others = await Promise.all([store, store, ...harness.others].map(async (each) => each.settle(settlement('once-more', [charge('once-a', 5)]))))
      assert.equal(others.filter(({ applied }) => applied).length, 1)
      assert.deepEqual(await readOne(store, counter('once-a')), state(5, 0))
    })

    it('charges an exchange that it does not know in full, and once', async () => {
      assert.deepEqual(await store.settle(settlement('stranger', [charge('stranger', 12)])), { applied: true, counters: [state(12, 0)] })
      assert.deepEqual(await store.settle(settlement('stranger', [charge('stranger', 12)])), { applied: false, counters: [state(12, 0)] })
    })

    it('charges beyond the limit, since it was spent', async () => {
      await store.admit(admission('beyond', [claim('beyond', 90)]))
      assert.deepEqual((await store.settle(settlement('beyond', [charge('beyond', 250)]))).counters, [state(250, 0)])
      assert.equal((await store.admit(admission('beyond-2', [claim('beyond', 1)]))).admitted, false)
    })

    it('charges each hold that has run out to one caller, the longest overdue first', async () => {
      // In two budgets, so that an expiry has more than one counter to change.
      const claims = [claim('overdue-a', 2), claim('overdue-b', 1)]
      for (const index of [3, 1, 2, 0]) await store.admit(admission(`overdue-${index}`, claims, { holdUntilMs: START_MS + 100 + index }))
      assert.deepEqual(await store.expire(START_MS + 99, 10), [])
      const first = await store.expire(START_MS + 102, 1)
      assert.deepEqual(first, [{ id: 'overdue-0', charges: [charge('overdue-a', 2), charge('overdue-b', 1)] }])
      assert.deepEqual(await store.read(claims, START_MS + 102), [state(2, 6), state(1, 3)])
      const rest = await Promise.all([store, store, ...harness.others].map(async (each) => each.expire(START_MS + 102, 10)))
      assert.deepEqual(rest.flat().map(({ id }) => id).toSorted(), ['overdue-1', 'overdue-2'])
      assert.deepEqual(await store.read(claims, START_MS + 102), [state(6, 2), state(3, 1)])
      await store.settle(settlement('overdue-3', []))
      assert.deepEqual(await store.expire(START_MS + 5000, 10), [], 'nothing is left')
    })

    it('hands out many at once, and as many as asked for', async () => {
      await Promise.all(Array.from({ length: 150 }, async (_, index) => store.admit(admission(`many-${index}`, [claim('many', 1, { limit: 1000 })], { holdUntilMs: START_MS + 10_000 + index }))))
      const some = await store.expire(START_MS + 20_000, 130)
      assert.deepEqual(some.map(({ id }) => id), Array.from({ length: 130 }, (_, index) => `many-${index}`))
      assert.equal((await store.expire(START_MS + 20_000, 130)).length, 20)
      assert.deepEqual(await readOne(store, counter('many'), START_MS + 20_000), state(150, 0))
    })

    it('replaces what an expired hold was charged by the difference, once', async () => {
      const late = { nowMs: START_MS + 60_000 }
      for (const [id, cost, used] of [['late-more', 50, 50], ['late-less', 3, 3], ['late-none', 0, 0]] as const) {
        await store.admit(admission(id, [claim(id, 20), claim(`${id}-beside`, 4)], { holdUntilMs: START_MS + 50_000 }))
        assert.equal((await store.expire(late.nowMs, 10)).length, 1)
        assert.deepEqual(await store.read([counter(id), counter(`${id}-beside`)], late.nowMs), [state(20, 0), state(4, 0)])
        assert.deepEqual(await store.settle(settlement(id, [charge(id, cost)], late)), { applied: true, counters: [state(used, 0)] })
        assert.deepEqual(await readOne(store, counter(`${id}-beside`), late.nowMs), state(0, 0))
        assert.deepEqual(await store.settle(settlement(id, [charge(id, cost)], late)), { applied: false, counters: [state(used, 0)] })
      }
    })

    it('keeps holds that are renewed, and never for less long', async () => {
      for (const id of ['renew-1', 'renew-2', 'renew-3']) await store.admit(admission(id, [claim('renew', 1)], { holdUntilMs: START_MS + 70_000 }))
      await store.settle(settlement('renew-3', [charge('renew', 1)]))
      await store.renew(['renew-1', 'renew-3', 'nobody'], START_MS + 90_000)
      await store.renew(['renew-1'], START_MS + 80_000)
      assert.deepEqual((await store.expire(START_MS + 89_999, 10)).map(({ id }) => id), ['renew-2'])
      await store.renew(['renew-2'], START_MS + 99_000)
      await store.renew([], START_MS + 99_000)
      assert.deepEqual((await store.expire(START_MS + 90_000, 10)).map(({ id }) => id), ['renew-1'], 'what has expired is not renewed')
      assert.deepEqual(await readOne(store, counter('renew'), START_MS + 90_000), state(3, 0))
    })

    it('forgets a sliding window slice by slice', async () => {
      const slide = (atMs: number) => ({ slide: { slices: 3, sliceMs: 1000, slice: Math.floor(atMs / 1000) } })
      const spend = async (id: string, amount: number, atMs: number) => {
        const nowMs = START_MS + atMs
        await store.admit(admission(id, [claim('slide', amount, slide(nowMs))], { nowMs }))
        return (await store.settle(settlement(id, [charge('slide', amount, slide(nowMs))], { nowMs }))).counters
      }
      const usedAt = async (atMs: number) => (await readOne(store, counter('slide', slide(START_MS + atMs)), START_MS + atMs))?.used
      assert.deepEqual(await spend('slide-1', 10, 0), [state(10, 0)])
      assert.deepEqual(await spend('slide-2', 20, 1500), [state(30, 0)])
      assert.deepEqual(await spend('slide-3', 40, 2999), [state(70, 0)])
      assert.deepEqual([await usedAt(2999), await usedAt(3000), await usedAt(3999), await usedAt(4000), await usedAt(4999), await usedAt(5000)], [70, 60, 60, 40, 40, 0])
      const nowMs = START_MS + 3000
      assert.equal((await store.admit(admission('slide-4', [claim('slide', 41, slide(nowMs))], { nowMs }))).admitted, false)
      assert.deepEqual(await store.admit(admission('slide-5', [claim('slide', 40, slide(nowMs))], { nowMs })), { admitted: true, counters: [state(60, 0)] })
      const late = settlement('slide-5', [charge('slide', 35, slide(nowMs))], { nowMs: START_MS + 5999 })
      assert.deepEqual((await store.settle(late)).counters, [state(35, 0)], 'charged in the slice in which it was admitted')
      assert.deepEqual((await store.settle({ ...late, id: 'slide-6', nowMs: START_MS + 6000 })).counters, [state(0, 0)], 'that slice is over')
    })

    it('charges and corrects an expired hold in the slice of its admission', async () => {
      const slide = { slices: 5, sliceMs: 1000, slice: Math.floor(START_MS / 1000) }
      await store.admit(admission('slide-late', [claim('slide-late', 30, { slide })], { holdUntilMs: START_MS + 1000 }))
      await store.settle(settlement('slide-other', [charge('slide-late', 5, { slide: { ...slide, slice: slide.slice + 1 } })], { nowMs: START_MS + 1000 }))
      assert.deepEqual(await store.expire(START_MS + 1000, 10), [{ id: 'slide-late', charges: [charge('slide-late', 30, { slide })] }])
      assert.deepEqual(await readOne(store, counter('slide-late', { slide }), START_MS + 2000), state(35, 0))
      assert.deepEqual((await store.settle(settlement('slide-late', [charge('slide-late', 12, { slide })], { nowMs: START_MS + 2000 }))).counters, [state(17, 0)])
      assert.deepEqual(await readOne(store, counter('slide-late', { slide }), START_MS + 5000), state(5, 0))
    })

    it('forgets a counter when nobody needs it any more', async () => {
      await store.settle(settlement('forget-1', [charge('forget', 60, { forgetAtMs: START_MS + 1000 })]))
      await store.settle(settlement('forget-2', [charge('forget', 40, { forgetAtMs: START_MS + 2000 })], { nowMs: START_MS + 500 }))
      assert.deepEqual(await readOne(store, counter('forget'), START_MS + 1999), state(100, 0), 'the latest time counts')
      assert.deepEqual(await readOne(store, counter('forget'), START_MS + 2000), state(0, 0))
      const late = await store.settle(settlement('forget-3', [charge('forget', 50, { forgetAtMs: START_MS + 2000 })], { nowMs: START_MS + 2000 }))
      assert.deepEqual(late, { applied: true, counters: [state(0, 0)] })
      const next = { forgetAtMs: START_MS + 3000 }
      assert.deepEqual((await store.admit(admission('forget-4', [claim('forget', 9, next)], { nowMs: START_MS + 2000 }))).counters, [state(0, 0)])
      assert.deepEqual(await readOne(store, counter('forget'), START_MS + 2000), state(0, 9), 'nothing of the old one is left')
      assert.deepEqual((await store.settle(settlement('forget-4', [charge('forget', 7, next)], { nowMs: START_MS + 2000 }))).counters, [state(7, 0)])
    })

    it('forgets no counter while something is held in it', async () => {
      await store.admit(admission('long', [claim('long', 60, { forgetAtMs: START_MS + 1000 })]))
      const nowMs = START_MS + 2000
      assert.deepEqual(await store.admit(admission('long-2', [claim('long', 40)], { nowMs })), { admitted: true, counters: [state(0, 60)] })
      assert.deepEqual((await store.settle(settlement('long', [charge('long', 50)], { nowMs }))).counters, [state(50, 40)])
    })

    it('counts exactly up to 2^53 - 1 and stays there', async () => {
      assert.deepEqual(await store.admit(admission('most-1', [claim('most', MOST - 1, { limit: MOST })])), { admitted: true, counters: [state(0, 0)] })
      assert.deepEqual(await store.admit(admission('most-2', [claim('most', 1, { limit: MOST })])), { admitted: true, counters: [state(0, MOST - 1)] })
      assert.deepEqual(await store.admit(admission('most-3', [claim('most', 1, { limit: MOST })])), { admitted: false, counters: [state(0, MOST)] })
      assert.deepEqual((await store.settle(settlement('most-1', [charge('most', MOST - 2)]))).counters, [state(MOST - 2, 1)])
      assert.deepEqual((await store.settle(settlement('most-2', [charge('most', 1)]))).counters, [state(MOST - 1, 0)])
      assert.deepEqual((await store.settle(settlement('most-4', [charge('most', MOST)]))).counters, [state(MOST, 0)])
    })

    it('takes any text of 1,000 characters as a key', async () => {
      const keys = ['☃ clé 日本', '{tag}:*?[a]\\', '"quoted",', '__proto__', '0', 'x'.repeat(1000)].map((key) => `text ${key}`.slice(0, 1000))
      for (const [index, key] of keys.entries()) {
        await store.admit(admission(`text-${index}`, [claim(key, 2)], { holdUntilMs: START_MS + 1 }))
        assert.deepEqual(await store.expire(START_MS + 1, 10), [{ id: `text-${index}`, charges: [charge(key, 2)] }])
        assert.deepEqual((await store.settle(settlement(`text-${index}`, [charge(key, 3)]))).counters, [state(3, 0)])
      }
      const listed = await store.list('text ', { nowMs: START_MS, limit: 100 })
      assert.deepEqual(listed.map(({ key }) => key).toSorted(), keys.toSorted())
    })

    it('lists the counters with a prefix', async () => {
      const slide = { slices: 2, sliceMs: 1000, slice: Math.floor(START_MS / 1000) }
      await store.admit(admission('list-1', [claim('list*a', 1), claim('list*b', 2, { slide }), claim('listed', 3)]))
      await store.settle(settlement('list-2', [charge('list*b', 4, { slide })]))
      const listed = await store.list('list*', { nowMs: START_MS, limit: 10 })
      assert.deepEqual(listed.toSorted((a, b) => a.key.localeCompare(b.key)), [{ key: 'list*a', used: 0, held: 1 }, { key: 'list*b', used: 4, held: 2 }])
      assert.deepEqual((await store.list('list*b', { nowMs: START_MS + 2000, limit: 10 })).map(({ used }) => used), [0])
      assert.equal((await store.list('list', { nowMs: START_MS, limit: 2 })).length, 2)
      await store.settle(settlement('list-1', [charge('list*a', 1)]))
      const late = await store.list('list', { nowMs: FORGET_AT_MS, limit: 10 })
      assert.deepEqual(late, [], 'all are forgotten by then')
    })

    it('makes no counter by looking, refusing, or charging nothing', async () => {
      await store.read([counter('unseen')], START_MS)
      await store.admit(admission('unseen-1', [claim('unseen', 101)]))
      await store.admit(admission('unseen-2', [claim('unseen', 0)]))
      await store.settle(settlement('unseen-2', [charge('unseen', 0)]))
      assert.deepEqual(await store.list('unseen', { nowMs: START_MS, limit: 10 }), [])
    })

    it('gives a name to the first who asks', async () => {
      const asked = await Promise.all([store, store, ...harness.others].map(async (each) => each.first('warning', { nowMs: START_MS, ttlMs: 60_000 })))
      assert.equal(asked.filter(Boolean).length, 1)
      assert.equal(await store.first('warning', { nowMs: START_MS + 100, ttlMs: 60_000 }), false)
      assert.equal(await store.first('other warning', { nowMs: START_MS, ttlMs: 60_000 }), true)
    })

    it('is ready', async () => {
      assert.equal(await store.ready(), true)
    })
  })
}
