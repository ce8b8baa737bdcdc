// Records of keys in Redis: one hash, from the SHA-256 of a key to its record as JSON. Any number of Tollgates read the same.

import type { Clock } from '../core/clock.ts'
import { TollgateError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { decodeKeyRecord, type KeyRecord } from './key-record.ts'

/** Its name in Redis. Counters of the rate limit service begin with a domain and an underscore. */
export const REDIS_KEYS_HASH = 'tollgate:api_keys'

/** The commands of a Redis client that are needed. */
export interface RedisHashes {
  hget(key: string, field: string): Promise<string | null>
  hgetall(key: string): Promise<Record<string, string>>
  hset(key: string, field: string, value: string): Promise<number>
}

export interface RedisKeys {
  /** Rejects with TollgateError `callers_unavailable` when Redis does not answer. */
  find(hash: string): KeyRecord | undefined | Promise<KeyRecord | undefined>
}

/** So long an answer is believed: a revoked key must be refused within a second, however long Redis takes to say so. */
const BELIEVED_MS = 500
/** Records remembered. Guesses are not, so that many of them push nobody out. */
const MAX_REMEMBERED = 10_000

export function createRedisKeys({ redis, clock, log }: { readonly redis: Pick<RedisHashes, 'hget'>; readonly clock: Clock; readonly log: Log }): RedisKeys {
  const remembered = new Map<string, { readonly askedAtMs: number; readonly record: KeyRecord }>()
  const asking = new Map<string, Promise<KeyRecord | undefined>>()

  async function ask(hash: string): Promise<KeyRecord | undefined> {
    const askedAtMs = clock.monotonic()
    try {
      const text = await redis.hget(REDIS_KEYS_HASH, hash)
      const record = text === null ? undefined : decodeStored(text)
      remembered.delete(hash)
      if (remembered.size >= MAX_REMEMBERED) remembered.clear()
      if (record !== undefined) remembered.set(hash, { askedAtMs, record })
      return record
    } catch (thrown) {
      log.warn({ reason: thrown instanceof Error ? thrown.message : 'unknown error' }, 'An API key could not be looked up in Redis; its request is refused.')
      throw new TollgateError('callers_unavailable', 'API keys cannot be checked at the moment. Try again later.', { cause: thrown })
    } finally {
      asking.delete(hash)
    }
  }

  return {
    find(hash) {
      const known = remembered.get(hash)
      if (known !== undefined && clock.monotonic() - known.askedAtMs < BELIEVED_MS) return known.record
      const pending = asking.get(hash) ?? ask(hash)
      asking.set(hash, pending)
      return pending
    },
  }
}

/** Throws an Error that says what is wrong. */
export function decodeStored(text: string): KeyRecord {
  return decodeKeyRecord(JSON.parse(text))
}
