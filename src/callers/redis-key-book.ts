// The keys in Redis, for the command line.

import { type KeyBook, revoked } from './key-book.ts'
import { encodeKeyRecord, type KeyRecord } from './key-record.ts'
import { decodeStored, REDIS_KEYS_HASH, type RedisHashes } from './redis-keys.ts'

export function createRedisKeyBook(redis: RedisHashes): KeyBook {
  const write = async (record: KeyRecord): Promise<void> => {
    await redis.hset(REDIS_KEYS_HASH, record.hash, JSON.stringify(encodeKeyRecord(record)))
  }
  const list = async (): Promise<readonly KeyRecord[]> =>
    Object.values(await redis.hgetall(REDIS_KEYS_HASH))
      .map(decodeStored)
      .toSorted((a, b) => a.createdAtMs - b.createdAtMs)
  return {
    list,
    add: write,
    async revoke(id, atMs) {
      const found = (await list()).find((record) => record.id === id)
      if (found === undefined) return undefined
      const record = revoked(found, atMs)
      await write(record)
      return record
    },
  }
}
