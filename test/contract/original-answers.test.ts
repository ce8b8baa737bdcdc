// What envoyproxy/ratelimit answered, asked of our service on every store; in Redis the counters are compared too.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Redis } from 'ioredis'
import type { CounterStore } from '../../src/ratelimit/counter-store.ts'
import { createMemoryStore } from '../../src/ratelimit/memory-store.ts'
import { createRedisStore } from '../../src/ratelimit/redis-store.ts'
import { logToArray } from '../support/log-to-array.ts'
import type { RequestValue, ResponseValue } from '../support/rate-limit-service.ts'
import { limitFile, movableClock, startRateLimitService } from '../support/rate-limit-service.ts'
import type { RedisServer } from '../support/redis-server.ts'
import { startRedis } from '../support/redis-server.ts'
import type { Case } from './original-cases.ts'
import { cases } from './original-cases.ts'

function parseEntry(entry: string): { key: string; value: string } {
  const equals = entry.indexOf('=')
  return { key: entry.slice(0, equals), value: entry.slice(equals + 1) }
}

function parseRequest(domain: string, text: string): RequestValue {
  const [, list = '', hits] = /^(.*?)(?: \((\d+)\))?$/s.exec(text) ?? []
  const descriptors = list.split(' ; ').map((part) => {
    const [, entries = '', own, limit, unit] = /^(.*?)(?: \+(\d+))?(?: @(\d+)\/(\w+))?$/s.exec(part) ?? []
    return {
      entries: entries === '' ? [] : entries.split(',').map(parseEntry),
      ...(own === undefined ? {} : { hits_addend: { value: own } }),
      // The enum of a limit has no name for WEEK in the original; its number is 7.
      ...(limit === undefined || unit === undefined ? {} : { limit: { requests_per_unit: Number(limit), unit: unit === 'WEEK' ? 7 : unit } }),
    }
  })
  return { domain, descriptors, ...(hits === undefined ? {} : { hits_addend: Number(hits) }) }
}

function formatAnswer({ overall_code: overall, statuses }: ResponseValue): string {
  const shown = statuses.map(({ code, current_limit: limit, limit_remaining: remaining = 0 }) => {
    if (limit === undefined) return remaining === 4_294_967_295 ? 'free' : '-'
    const name = limit.name === undefined || limit.name === '' ? '' : `#${limit.name}`
    return `${code === 'OVER_LIMIT' ? 'OVER ' : ''}${String(limit.requests_per_unit ?? 0)}/${limit.unit}${name} ${String(remaining)}`
  })
  const anyOver = statuses.some(({ code }) => code === 'OVER_LIMIT')
  return `${anyOver && overall === 'OK' ? 'passes: ' : ''}${shown.join(' ; ')}`
}

function formatError({ code, details }: { code: number; details: string }): string {
  return `error ${String(code)}: ${details}`
}

const clock = movableClock()

async function runCase({ file, domain, steps }: Case, store: CounterStore): Promise<void> {
  const service = await startRateLimitService({ limits: [limitFile(file)], store, clock })
  try {
    for (const [request, expected] of steps) {
      const answer = await service.ask(parseRequest(domain, request)).then(formatAnswer, formatError)
      assert.equal(answer, expected, request)
    }
  } finally {
    await service.stop()
  }
}

describe("envoyproxy/ratelimit's answers, from memory", () => {
  for (const each of cases) {
    it(`${each.id}: ${each.what}`, () => runCase(each, createMemoryStore({ clock })))
  }
})

describe("envoyproxy/ratelimit's answers, from Redis, and its counters", () => {
  let server: RedisServer
  let client: Redis
  let store: CounterStore
  before(async () => {
    server = await startRedis()
    client = new Redis({ ...server.address, lazyConnect: true })
    const { log, waitFor } = logToArray()
    store = createRedisStore({ store: server.store, log, commandTimeoutMs: 30_000 })
    await waitFor('connected to Redis')
  })
  after(async () => {
    client.disconnect()
    await store.close()
    await server.stop()
  })
  for (const each of cases) {
    it(`${each.id}: ${each.what}`, async () => {
      await client.flushall()
      await runCase(each, store)
      const nowSeconds = Math.floor(clock.now() / 1000)
      const startOf = (text: string): string => text.replace(/<(\d+)>/, (_, length: string) => String(Math.floor(nowSeconds / Number(length)) * Number(length)))
      const expected = Object.fromEntries(Object.entries(each.counters).map(([key, value]) => [startOf(key), value]))
      const keys = await client.keys('*')
      const found = await Promise.all(keys.map(async (key) => [key, await client.get(key)] as const))
      assert.deepEqual(Object.fromEntries(found), expected)
    })
  }
})
