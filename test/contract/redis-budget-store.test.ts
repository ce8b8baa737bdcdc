// What only budgets in Redis have: keys that expire, a memory that can be lost, and a server that can be wrong, full or gone.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { Redis } from 'ioredis'
import type { BudgetStore } from '../../src/budgets/budget-store.ts'
import { createRedisBudgetStore } from '../../src/budgets/redis-store.ts'
import { NotDoneError } from '../../src/budgets/store-errors.ts'
import { admission, charge, claim, counter, FORGET_AT_MS, HOLD_MS, readOne, settlement, START_MS } from '../support/budget-requests.ts'
import { connectedStore } from '../support/budget-store-harness.ts'
import { scratchFolder } from '../support/grpc-client.ts'
import { logToArray } from '../support/log-to-array.ts'
import type { RedisServer } from '../support/redis-server.ts'
import { startRedis } from '../support/redis-server.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** As long as a test may take at most. */
const SLACK_MS = 60_000

describe('budgets in Redis', () => {
  let server: RedisServer
  let client: Redis
  let store: BudgetStore
  before(async () => {
    server = await startRedis()
    client = new Redis({ ...server.address, lazyConnect: true })
    store = await connectedStore(server.store)
  })
  beforeEach(() => client.flushall())
  after(async () => {
    client.disconnect()
    await store.close()
    await server.stop()
  })

  /** Key → milliseconds it still lives, rounded up to a minute: time goes by while a test runs. */
  async function lifetimes(): Promise<Record<string, number>> {
    const keys = (await client.keys('*')).toSorted()
    return Object.fromEntries(await Promise.all(keys.map(async (key) => [key, Math.ceil((await client.pttl(key)) / SLACK_MS) * SLACK_MS] as const)))
  }

  const slide = { slices: 60, sliceMs: 1000, slice: START_MS / 1000 }
  const counterLife = FORGET_AT_MS - START_MS

  it('expire by themselves, each key when nobody needs it any more', async () => {
    await store.admit(admission('1', [claim('a', 5), claim('s', 5, { slide, forgetAtMs: START_MS + 2 * SLACK_MS })]))
    // A window that slides has one counter for ever, which must still be there when a long exchange settles.
    const held = { '{tollgate-budgets}:counter:a': counterLife, '{tollgate-budgets}:counter:s': 2 * SLACK_MS + DAY_MS }
    // An exchange that was forgotten before its counter could never give back what it holds there.
    const known = counterLife + HOUR_MS + DAY_MS + HOLD_MS
    assert.deepEqual(await lifetimes(), { ...held, '{tollgate-budgets}:exchange:1': known, '{tollgate-budgets}:holds': known })

    await store.settle(settlement('1', [charge('a', 5), charge('s', 5, { slide, forgetAtMs: START_MS + 4 * SLACK_MS })]))
    const charged = { ...held, '{tollgate-budgets}:counter:s': 4 * SLACK_MS }
    assert.deepEqual(await lifetimes(), { ...charged, '{tollgate-budgets}:exchange:1': HOUR_MS })

    await store.first('warning', { nowMs: START_MS, ttlMs: 3 * SLACK_MS })
    assert.equal((await lifetimes())['{tollgate-budgets}:name:warning'], 3 * SLACK_MS)
  })

  it('know of an exchange as long as its hold is renewed, and as long of its provisional charge', async () => {
    await store.admit(admission('1', [claim('a', 5, { forgetAtMs: START_MS + SLACK_MS })], { holdUntilMs: START_MS + SLACK_MS }))
    await store.renew(['1'], START_MS + 10 * SLACK_MS)
    const renewed = { '{tollgate-budgets}:counter:a': SLACK_MS, '{tollgate-budgets}:exchange:1': HOUR_MS + 10 * SLACK_MS }
    assert.deepEqual(await lifetimes(), { ...renewed, '{tollgate-budgets}:holds': HOUR_MS + 10 * SLACK_MS })
    assert.equal((await store.expire(START_MS + 10 * SLACK_MS, 10)).length, 1)
    assert.deepEqual(await lifetimes(), renewed)
  })

  it('keep no slice that is over', async () => {
    for (let second = 0; second < 200; second += 1) {
      const nowMs = START_MS + second * 1000
      await store.settle(settlement(String(second), [charge('s', 1, { slide: { ...slide, slice: slide.slice + second } })], { nowMs }))
    }
    assert.equal(await client.hlen('{tollgate-budgets}:counter:s'), 60 + 5, 'what is known of them beside them')
    assert.equal((await readOne(store, counter('s', { slide }), START_MS + 199_000))?.used, 60)
  })

  it('take one script for an admission of three claims and one for its settlement', async () => {
    const spend = async (id: string) => {
      await store.admit(admission(id, [claim('a', 1), claim('b', 1), claim('c', 1)]))
      await store.settle(settlement(id, [charge('a', 1), charge('b', 1), charge('c', 1)]))
    }
    await spend('first')
    await client.config('RESETSTAT')
    await spend('second')
    const statistics = await client.info('commandstats')
    assert.match(statistics, /cmdstat_evalsha:calls=2,/)
    assert.doesNotMatch(statistics, /cmdstat_(eval|script[^:]*|multi):/)
  })

  it('go on after the scripts were flushed', async () => {
    await store.admit(admission('1', [claim('a', 1)]))
    await client.script('FLUSH')
    const answers = await Promise.all(['2', '3'].map(async (id) => store.admit(admission(id, [claim('a', 1)]))))
    assert.deepEqual(answers.map(({ admitted }) => admitted), [true, true])
    assert.deepEqual(await readOne(store, counter('a')), { used: 0, held: 3 })
  })

  it('charge in full what Redis has forgotten, once', async () => {
    await store.admit(admission('held', [claim('a', 50)]))
    await store.admit(admission('expired', [claim('a', 20)], { holdUntilMs: START_MS + 1 }))
    assert.equal((await store.expire(START_MS + 1, 10)).length, 1)
    await client.flushall()
    await store.renew(['held'], START_MS + HOUR_MS)
    assert.deepEqual(await store.expire(START_MS + HOUR_MS - 1, 10), [])
    for (const id of ['held', 'expired']) {
      assert.equal((await store.settle(settlement(id, [charge('a', 30)]))).applied, true)
      assert.equal((await store.settle(settlement(id, [charge('a', 30)]))).applied, false)
    }
    assert.deepEqual(await readOne(store, counter('a')), { used: 60, held: 0 })
  })

  it('never fall below zero when a counter alone was lost', async () => {
    await store.admit(admission('held', [claim('a', 50), claim('b', 50)]))
    await store.admit(admission('expired', [claim('a', 20)], { holdUntilMs: START_MS + 1 }))
    assert.equal((await store.expire(START_MS + 1, 10)).length, 1)
    await client.del('{tollgate-budgets}:counter:a')
    await store.admit(admission('other', [claim('a', 4)]))
    assert.deepEqual((await store.settle(settlement('held', [charge('a', 30), charge('b', 30)]))).counters, [{ used: 30, held: 0 }, { used: 30, held: 0 }])
    assert.deepEqual((await store.settle(settlement('expired', [charge('a', 0)]))).counters, [{ used: 10, held: 0 }])
    assert.deepEqual((await store.settle(settlement('other', [charge('a', 4)]))).counters, [{ used: 14, held: 0 }])
  })

  it('hand out no hold whose exchange was lost, and do not stop at it', async () => {
    for (let index = 0; index < 100; index += 1) await store.admit(admission(`lost-${index}`, [claim('a', 0)], { holdUntilMs: START_MS + 1 }))
    await client.del(Array.from({ length: 99 }, (_, index) => `{tollgate-budgets}:exchange:lost-${index}`))
    assert.deepEqual((await store.expire(START_MS + 1, 10)).map(({ id }) => id), ['lost-99'])
    assert.equal(await client.exists('{tollgate-budgets}:holds'), 0)
  })

  it('list their counters among whatever else is there', async () => {
    const pipeline = client.pipeline()
    for (let index = 0; index < 3000; index += 1) pipeline.set(`other-${index}`, 'x').set(`{tollgate-budgets}:other:a-${index}`, 'x')
    await pipeline.exec()
    for (let index = 0; index < 20; index += 1) await store.settle(settlement(String(index), [charge(`a-${index}`, 1)]))
    assert.equal((await store.list('a-', { nowMs: START_MS, limit: 100 })).length, 20)
  })

  it('do nothing by halves when Redis has no memory left', async () => {
    await store.admit(admission('1', [claim('a', 5)]))
    await client.config('SET', 'maxmemory', '1')
    try {
      await assert.rejects(async () => store.admit(admission('2', [claim('a', 1), claim('b', 1)])), (error: Error) => {
        assert.match(error.message, /^the admission failed: Redis refused it$/)
        assert.match(String(error.cause), /OOM/)
        return true
      })
      await assert.rejects(async () => store.settle(settlement('unknown', [charge('b', 1)])), NotDoneError)
    } finally {
      await client.config('SET', 'maxmemory', '0')
    }
    assert.deepEqual(await store.read([counter('a'), counter('b')], START_MS), [{ used: 0, held: 5 }, { used: 0, held: 0 }])
    assert.deepEqual(await client.zrange('{tollgate-budgets}:holds', '0', '-1'), ['1'])
    assert.equal((await store.admit(admission('2', [claim('a', 1), claim('b', 1)]))).admitted, true)
  })
})

describe('budgets in a Redis that does not answer', () => {
  it('fail at once, and count again when it is back', async (t) => {
    const folder = await scratchFolder()
    t.after(() => folder.remove())
    const server = await startRedis({ directory: folder.path })
    t.after(() => server.stop())
    const { log, lines, waitFor } = logToArray()
    const store = createRedisBudgetStore({ store: server.store, log })
    t.after(() => store.close())
    await waitFor('connected to Redis')
    await store.admit(admission('1', [claim('a', 5)]))
    await server.stop()
    await waitFor('Redis is not reachable')
    assert.equal(await store.ready(), false)
    for (const call of [
      () => store.admit(admission('2', [claim('a', 5)])),
      () => store.settle(settlement('1', [])),
      () => store.renew(['1'], START_MS),
      () => store.expire(START_MS, 1),
      () => store.read([counter('a')], START_MS),
      () => store.list('', { nowMs: START_MS, limit: 1 }),
      () => store.first('name', { nowMs: START_MS, ttlMs: 1 }),
    ]) {
      await assert.rejects(async () => call(), /failed: Redis did not answer, there is no connection to it$/)
    }
    lines.length = 0
    const again = await startRedis({ directory: folder.path })
    t.after(() => again.stop())
    await waitFor('connected to Redis')
    assert.equal((await store.admit(admission('2', [claim('a', 5)]))).admitted, true)
  })

  it('fail after the timeout, and the call that got through all the same is undone by a settlement', async (t) => {
    const server = await startRedis()
    t.after(() => server.stop())
    const { log, waitFor } = logToArray()
    const store = createRedisBudgetStore({ store: server.store, log, commandTimeoutMs: 50 })
    t.after(() => store.close())
    await waitFor('connected to Redis')
    process.kill(server.pid, 'SIGSTOP')
    await assert.rejects(async () => store.admit(admission('1', [claim('a', 5)])), /the admission failed: Redis did not answer/)
    process.kill(server.pid, 'SIGCONT')
    while (!(await store.ready()));
    assert.deepEqual(await readOne(store, counter('a')), { used: 0, held: 5 })
    assert.deepEqual(await store.settle(settlement('1', [charge('a', 0)])), { applied: true, counters: [{ used: 0, held: 0 }] })
  })

  it('answer what is under way before they close', async () => {
    const server = await startRedis()
    const store = await connectedStore(server.store)
    const call = store.admit(admission('1', [claim('a', 5)]))
    await store.close()
    assert.equal((await call).admitted, true)
    assert.equal(await store.ready(), false)
    await server.stop()
  })
})
