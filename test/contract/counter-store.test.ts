// One suite over every store: memory, one Redis, a Redis Cluster.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Redis } from 'ioredis'
import { silentLog } from '../../src/core/log.ts'
import type { CounterChange, CounterStore } from '../../src/ratelimit/counter-store.ts'
import { createMemoryStore } from '../../src/ratelimit/memory-store.ts'
import { createRedisStore } from '../../src/ratelimit/redis-store.ts'
import { logToArray } from '../support/log-to-array.ts'
import type { RedisServer } from '../support/redis-server.ts'
import { startRedis, startRedisCluster } from '../support/redis-server.ts'

interface Harness {
  readonly store: CounterStore
  /** Another service's store on the same counters; undefined where each store has its own. */
  readonly second: CounterStore | undefined
  /** How many counters exist. */
  size(): Promise<number>
  stop(): Promise<void>
}

function memoryHarness(): Promise<Harness> {
  const store = createMemoryStore({ clock: { now: () => 1_700_000_000_000, monotonic: () => 0 } })
  return Promise.resolve({ store, second: undefined, size: () => Promise.resolve(store.size()), stop: () => store.close() })
}

async function redisHarness(start: () => Promise<RedisServer>): Promise<Harness> {
  const server = await start()
  const { log, waitFor } = logToArray()
  const store = createRedisStore({ store: server.store, log, commandTimeoutMs: 30_000 })
  await waitFor('connected to Redis')
  const other = logToArray()
  const second = createRedisStore({ store: server.store, log: other.log, commandTimeoutMs: 30_000 })
  await other.waitFor('connected to Redis')
  const client = new Redis({ ...server.address, lazyConnect: true })
  return {
    store,
    second,
    size: () => client.dbsize(),
    async stop() {
      await store.close()
      await second.close()
      client.disconnect()
      await server.stop()
    },
  }
}

const stores: readonly { name: string; start: () => Promise<Harness> }[] = [
  { name: 'memory', start: memoryHarness },
  { name: 'redis', start: () => redisHarness(() => startRedis()) },
  { name: 'redis cluster', start: () => redisHarness(startRedisCluster) },
]

function add(key: string, hits: bigint): CounterChange {
  return { key, kind: 'add', hits, windowSeconds: 3600 }
}
function refund(key: string, hits: bigint): CounterChange {
  return { key, kind: 'refund', hits, windowSeconds: 3600 }
}

for (const { name, start } of stores) {
  describe(`counter store: ${name}`, () => {
    let harness: Harness
    let store: CounterStore
    before(async () => {
      harness = await start()
      store = harness.store
    })
    after(() => harness.stop())

    it('answers each counter after its change', async () => {
      assert.deepEqual(await store.apply([add('a', 5n), add('b', 1n)]), [5n, 1n])
      assert.deepEqual(await store.apply([add('b', 2n), add('a', 10n), add('c', 0n)]), [3n, 15n, 0n])
    })

    it('answers nothing to nothing', async () => {
      assert.deepEqual(await store.apply([]), [])
    })

    it('loses none of 500 charges that come at once', async () => {
      const answers = await Promise.all(Array.from({ length: 500 }, () => store.apply([add('busy', 3n), add('busy-too', 1n)])))
      const seen = answers.map(([first]) => Number(first)).toSorted((left, right) => left - right)
      assert.deepEqual(seen, Array.from({ length: 500 }, (_, index) => 3 * (index + 1)))
      assert.deepEqual(await store.apply([add('busy', 0n), add('busy-too', 0n)]), [1500n, 500n])
    })

    it('does not make a counter by looking, nor by giving back', async () => {
      const before = await harness.size()
      assert.deepEqual(await store.apply([add('unseen', 0n), refund('unseen', 7n), refund('unseen', 0n)]), [0n, 0n, 0n])
      assert.equal(await harness.size(), before)
    })

    it('lets changes of one counter in one call see each other', async () => {
      const changes = [add('twice', 4n), add('twice', 0n), add('twice', 2n), refund('twice', 1n), add('twice', 0n)]
      assert.deepEqual(await store.apply(changes), [4n, 4n, 6n, 5n, 5n])
    })

    it('gives back to 0 and not below', async () => {
      await store.apply([add('spent', 10n)])
      assert.deepEqual(await store.apply([refund('spent', 4n), refund('spent', 0n), refund('spent', 7n), add('spent', 2n)]), [6n, 6n, 0n, 2n])
      assert.deepEqual(await store.apply([refund('spent', 2n ** 64n - 1n)]), [0n])
    })

    it('is exact beyond 2^53', async () => {
      const large = 2n ** 53n
      assert.deepEqual(await store.apply([add('large', large), add('large', 1n), add('large', 0n)]), [large, large + 1n, large + 1n])
      const changes = [refund('large', 2n), add('large', 2n ** 62n), refund('large', large - 1n)]
      assert.deepEqual(await store.apply(changes), [large - 1n, large - 1n + 2n ** 62n, 2n ** 62n])
    })

    it('refuses to go beyond 2^63-1, keeps the counter, and still makes the other changes', async () => {
      await store.apply([add('full', 2n ** 63n - 1n)])
      await assert.rejects(store.apply([add('full', 1n), add('beside', 1n)]), /counting failed: ERR increment or decrement would overflow/)
      assert.deepEqual(await store.apply([add('full', 0n), add('beside', 0n)]), [2n ** 63n - 1n, 1n])
    })

    it('counts below zero when it is told to, and gives such a counter back to 0', async () => {
      assert.deepEqual(await store.apply([add('odd', 5n), add('odd', -7n), add('odd', 0n)]), [5n, -2n, -2n])
      assert.deepEqual(await store.apply([refund('odd', 1n), add('odd', 1n)]), [0n, 1n])
    })

    it('takes any text as a key', async () => {
      const keys = ['domain ☃_clé_日本_0', 'a b\tc\n', 'nul\0x', '{tag}:*?[', '__proto__', '1']
      for (const key of keys) assert.deepEqual(await store.apply([add(key, 2n), add(key, 0n)]), [2n, 2n], JSON.stringify(key))
    })

    it('counts 50 descriptors in one call', async () => {
      const changes = Array.from({ length: 50 }, (_, index) => add(`many-${String(index)}`, BigInt(index)))
      assert.deepEqual(await store.apply(changes), Array.from({ length: 50 }, (_, index) => BigInt(index)))
    })

    const alone = name === 'memory' ? 'a memory store shares its counters with nobody' : false
    it('agrees with a second service on the same counters', { skip: alone }, async () => {
      const second = harness.second
      assert.ok(second)
      const charges = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? store : second).apply([add('shared', 1n)]))
      await Promise.all(charges)
      assert.deepEqual(await store.apply([add('shared', 0n)]), [100n])
      assert.deepEqual(await second.apply([refund('shared', 30n)]), [70n])
      assert.deepEqual(await store.apply([add('shared', 0n)]), [70n])
    })

    it('is ready', async () => {
      assert.equal(await store.ready(), true)
    })
  })
}

describe('counter store: closing', () => {
  it('answers calls in flight first', async () => {
    const server = await startRedis()
    const { log, waitFor } = logToArray()
    const store = createRedisStore({ store: server.store, log })
    await waitFor('connected to Redis')
    const call = store.apply([add('last', 1n)])
    await store.close()
    assert.deepEqual(await call, [1n])
    assert.equal(await store.ready(), false)
    await server.stop()
  })

  it('ends a store that never reached its Redis', async () => {
    const store = createRedisStore({ store: { kind: 'redis', url: '/nowhere/redis.sock' }, log: silentLog })
    assert.equal(await store.ready(), false)
    await store.close()
  })
})
