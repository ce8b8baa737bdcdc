// What only a store on Redis has: expiries, foreign keys, and a server that can be slow, gone or wrong.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { Redis } from 'ioredis'
import type { CounterStore } from '../../src/ratelimit/counter-store.ts'
import { createRedisStore } from '../../src/ratelimit/redis-store.ts'
import { scratchFolder } from '../support/grpc-client.ts'
import { logToArray } from '../support/log-to-array.ts'
import type { RedisServer } from '../support/redis-server.ts'
import { freePort, startRedis } from '../support/redis-server.ts'

function add(key: string, hits: bigint, windowSeconds = 60) {
  return { key, kind: 'add', hits, windowSeconds } as const
}

describe('counters in Redis', () => {
  let server: RedisServer
  let client: Redis
  let store: CounterStore
  let random = 0
  before(async () => {
    server = await startRedis()
    client = new Redis({ ...server.address, lazyConnect: true })
    const { log, waitFor } = logToArray()
    store = createRedisStore({ store: server.store, log, random: () => random })
    await waitFor('connected to Redis')
  })
  beforeEach(() => client.flushall())
  after(async () => {
    client.disconnect()
    await store.close()
    await server.stop()
  })

  it('live for their window plus a jitter below 300 s', async () => {
    random = 0
    await store.apply([add('plain', 1n)])
    random = 0.999
    await store.apply([add('late', 1n)])
    assert.deepEqual([await client.ttl('plain'), await client.ttl('late')], [60, 359])
  })

  it('get their expiry once, by the first hit', async () => {
    random = 0
    await store.apply([add('once', 1n)])
    await client.expire('once', 20)
    await store.apply([add('once', 1n), { key: 'once', kind: 'refund', hits: 1n, windowSeconds: 60 }])
    assert.equal(await client.ttl('once'), 20)
    await store.apply([{ key: 'once', kind: 'refund', hits: 9n, windowSeconds: 60 }])
    assert.deepEqual([await client.ttl('once'), await client.get('once')], [20, '0'])
  })

  it('get an expiry when somebody else made them without', async () => {
    random = 0
    await client.set('foreign', '7')
    assert.deepEqual(await store.apply([add('foreign', 0n)]), [7n])
    assert.equal(await client.ttl('foreign'), -1, 'looking changes nothing')
    assert.deepEqual(await store.apply([add('foreign', 1n)]), [8n])
    assert.equal(await client.ttl('foreign'), 60)
  })

  it("fail in Redis's words on a key of another type, beside which the others count", async () => {
    await client.rpush('list', 'x')
    for (const change of [add('list', 1n), add('list', 0n), { key: 'list', kind: 'refund', hits: 1n, windowSeconds: 60 } as const]) {
      await assert.rejects(store.apply([change, add('other', 1n)]), /counting failed: WRONGTYPE Operation against a key/)
    }
    assert.deepEqual(await store.apply([add('other', 0n)]), [3n])
    await client.set('word', 'abc')
    await assert.rejects(store.apply([add('word', 0n)]), /counting failed: ERR value is not an integer or out of range/)
    await assert.rejects(store.apply([add('word', 1n)]), /counting failed: ERR value is not an integer or out of range/)
  })

  it('go on after the scripts were flushed', async () => {
    await store.apply([add('kept', 1n)])
    await client.script('FLUSH')
    assert.deepEqual(await Promise.all([store.apply([add('kept', 1n)]), store.apply([add('kept', 1n)])]), [[2n], [3n]])
  })
})

describe('a Redis that does not answer', () => {
  it('fails calls at once, is reported once, and is used again when it is back', async (t) => {
    const folder = await scratchFolder()
    t.after(() => folder.remove())
    const server = await startRedis({ directory: folder.path })
    t.after(() => server.stop())
    const { log, lines, waitFor } = logToArray()
    const store = createRedisStore({ store: server.store, log })
    t.after(() => store.close())
    await waitFor('connected to Redis')
    await store.apply([add('a', 1n)])

    await server.stop()
    await waitFor('Redis is not reachable')
    await assert.rejects(store.apply([add('a', 1n)]), /counting failed: Redis did not answer/)
    await assert.rejects(store.apply([add('a', 1n)]), /counting failed: Redis did not answer/)
    assert.equal(await store.ready(), false)
    lines.length = 0

    const again = await startRedis({ directory: folder.path })
    t.after(() => again.stop())
    await waitFor('connected to Redis')
    assert.deepEqual(await store.apply([add('a', 1n)]), [1n])
    const levels = lines.map(({ level }) => level)
    assert.deepEqual(levels, ['info'], 'attempts in between are not logged')
  })

  it('fails calls after the timeout when the server hangs', async (t) => {
    const server = await startRedis()
    t.after(() => server.stop())
    const { log, waitFor } = logToArray()
    const store = createRedisStore({ store: server.store, log, commandTimeoutMs: 50 })
    t.after(() => store.close())
    await waitFor('connected to Redis')
    process.kill(server.pid, 'SIGSTOP')
    await assert.rejects(store.apply([add('a', 1n)]), /counting failed: Redis did not answer/)
    assert.equal(await store.ready(), false)
  })

  it('never logs the password', async (t) => {
    const { log, lines, waitFor } = logToArray()
    // Nothing listens on the discard port.
    const store = createRedisStore({ store: { kind: 'redis', url: 'redis://user:hunter2@127.0.0.1:9/0' }, log })
    t.after(() => store.close())
    await waitFor('Redis is not reachable')
    const [line] = lines
    assert.equal(line?.fields['redis'], '127.0.0.1:9')
    assert.match(String(line?.fields['reason']), /ECONNREFUSED/)
    assert.doesNotMatch(JSON.stringify(lines), /hunter2/)
  })

  it('never logs a password that the server refuses', async (t) => {
    const port = String(await freePort())
    const server = await startRedis({ options: ['--port', port, '--bind', '127.0.0.1', '--requirepass', 'correct'] })
    t.after(() => server.stop())
    const { log, lines, waitFor } = logToArray()
    const store = createRedisStore({ store: { kind: 'redis', url: `redis://:hunter2@127.0.0.1:${port}` }, log })
    t.after(() => store.close())
    await waitFor('Redis is not reachable')
    assert.match(String(lines[0]?.fields['reason']), /WRONGPASS/)
    await assert.rejects(store.apply([add('a', 1n)]), /counting failed/)
    assert.doesNotMatch(JSON.stringify(lines), /hunter2/)
  })

  it('uses user, password and database of the address', async (t) => {
    const port = String(await freePort())
    const server = await startRedis({ options: ['--port', port, '--bind', '127.0.0.1', '--user', 'rls', 'on', '>p%40ss', '~*', '+@all'] })
    t.after(() => server.stop())
    const { log, waitFor } = logToArray()
    const store = createRedisStore({ store: { kind: 'redis', url: `redis://rls:p%2540ss@127.0.0.1:${port}/3` }, log })
    t.after(() => store.close())
    await waitFor('connected to Redis')
    await store.apply([add('a', 5n)])
    const client = new Redis({ ...server.address, db: 3, lazyConnect: true })
    t.after(() => client.disconnect())
    assert.equal(await client.get('a'), '5')
  })

  it('refuses an address that it does not understand without repeating it', () => {
    const { log } = logToArray()
    for (const url of ['http://user:hunter2@host', 'redis:///1', 'redis://host/one', 'hunter2']) {
      const isSilent = (error: Error): boolean => /address of Redis/.test(error.message) && !error.message.includes('hunter2')
      assert.throws(() => createRedisStore({ store: { kind: 'redis', url }, log }), isSilent)
    }
  })
})
