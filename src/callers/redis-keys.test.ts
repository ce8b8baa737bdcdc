import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { logToArray } from '../../test/support/log-to-array.ts'
import { silentLog } from '../core/log.ts'
import { encodeKeyRecord, type KeyRecord } from './key-record.ts'
import { createRedisKeyBook } from './redis-key-book.ts'
import { createRedisKeys, REDIS_KEYS_HASH } from './redis-keys.ts'

const hash = 'a'.repeat(64)
const record: KeyRecord = { id: '0123456789', hash, attributes: new Map([['user', 'alice']]), models: undefined, createdAtMs: 0, expiresAtMs: undefined, revokedAtMs: undefined }

/** The three commands on a map. */
function fakeRedis() {
  const fields = new Map<string, string>()
  const asked: string[] = []
  return {
    fields,
    asked,
    hget: async (key: string, field: string) => {
      asked.push(`${key} ${field}`)
      return fields.get(field) ?? null
    },
    hgetall: async () => Object.fromEntries(fields),
    hset: async (_key: string, field: string, value: string) => fields.set(field, value).size,
  }
}

describe('keys in Redis', () => {
  let nowMs = 0
  const clock = { now: () => 0, monotonic: () => nowMs }

  it('are remembered for half a second from the moment they were asked for', async () => {
    const redis = fakeRedis()
    redis.fields.set(hash, JSON.stringify(encodeKeyRecord(record)))
    const keys = createRedisKeys({ redis, clock, log: silentLog })
    const asking = keys.find(hash)
    nowMs += 300
    assert.deepEqual(await asking, record)
    nowMs += 199
    assert.deepEqual(keys.find(hash), record)
    nowMs += 1
    redis.fields.set(hash, JSON.stringify(encodeKeyRecord({ ...record, revokedAtMs: 1 })))
    assert.deepEqual(await keys.find(hash), { ...record, revokedAtMs: 1 })
    assert.deepEqual(redis.asked, [`${REDIS_KEYS_HASH} ${hash}`, `${REDIS_KEYS_HASH} ${hash}`])
  })

  it('are asked for once by any number of requests at the same time', async () => {
    const redis = fakeRedis()
    const keys = createRedisKeys({ redis, clock, log: silentLog })
    assert.deepEqual(await Promise.all([keys.find(hash), keys.find(hash), keys.find(hash)]), [undefined, undefined, undefined])
    assert.equal(redis.asked.length, 1)
  })

  it('cannot be known when Redis does not answer, or holds something else', async () => {
    const { log, lines } = logToArray()
    const away = createRedisKeys({ redis: { hget: () => Promise.reject(new Error('Connection is closed.')) }, clock, log })
    await assert.rejects(async () => away.find(hash), { code: 'callers_unavailable' })
    const odd = createRedisKeys({ redis: { hget: async () => '{"id":"0123456789"}' }, clock, log })
    await assert.rejects(async () => odd.find(hash), { code: 'callers_unavailable' })
    assert.deepEqual(lines.map(({ fields }) => fields['reason']), ['Connection is closed.', 'the key 0123456789 has no valid hash (64 hex digits)'])
  })

  it('are written, listed and revoked by the command line', async () => {
    const redis = fakeRedis()
    const book = createRedisKeyBook(redis)
    const younger = { ...record, id: 'abcdefghjk', hash: 'b'.repeat(64), createdAtMs: 5 }
    await book.add(younger)
    await book.add(record)
    assert.deepEqual(await book.list(), [record, younger])
    assert.deepEqual(await book.revoke(record.id, 7), { ...record, revokedAtMs: 7 })
    assert.equal(await book.revoke('9999999999', 7), undefined)
    assert.deepEqual(await book.list(), [{ ...record, revokedAtMs: 7 }, younger])
  })
})
