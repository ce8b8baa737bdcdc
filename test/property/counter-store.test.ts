// Whatever is asked in whatever order: memory and Redis give the same answers, and both agree with plain arithmetic.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import type { CounterChange, CounterStore } from '../../src/ratelimit/counter-store.ts'
import { createMemoryStore } from '../../src/ratelimit/memory-store.ts'
import { createRedisStore } from '../../src/ratelimit/redis-store.ts'
import { logToArray } from '../support/log-to-array.ts'
import type { RedisServer } from '../support/redis-server.ts'
import { startRedis } from '../support/redis-server.ts'

const small = fc.bigInt({ min: 0n, max: 20n })
const signed = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const edges = fc.constantFrom(0n, 1n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 62n, 2n ** 63n - 1n, -1n, -(2n ** 63n))
const unsigned = fc.oneof(small, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n))
const key = fc.constantFrom('a', 'b', 'c_☃', 'd\0')

const change: fc.Arbitrary<CounterChange> = fc.oneof(
  fc.record({ key, kind: fc.constant('add' as const), hits: fc.oneof({ weight: 4, arbitrary: small }, edges, signed), windowSeconds: fc.constant(3600) }),
  fc.record({ key, kind: fc.constant('refund' as const), hits: unsigned, windowSeconds: fc.constant(3600) }),
)

/** Requests of up to five changes each. */
const requests = fc.array(fc.array(change, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 12 })

type Answer = readonly bigint[] | string

async function answerOf(store: CounterStore, changes: readonly CounterChange[]): Promise<Answer> {
  try {
    return await store.apply(changes)
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}

/** The contract in six lines. */
function modelAnswer(counters: Map<string, bigint>, changes: readonly CounterChange[]): Answer {
  let failed = false
  const answers = changes.map(({ key: name, kind, hits }) => {
    const before = counters.get(name)
    if (kind === 'refund' ? before === undefined : hits === 0n) return before ?? 0n
    const after = (before ?? 0n) + (kind === 'refund' ? -hits : hits)
    if (kind === 'add' && BigInt.asIntN(64, after) !== after) failed = true
    else counters.set(name, kind === 'refund' && after < 0n ? 0n : after)
    return counters.get(name) ?? 0n
  })
  return failed ? 'counting failed: ERR increment or decrement would overflow' : answers
}

describe('counters', () => {
  let server: RedisServer
  let redis: CounterStore
  let run = 0
  before(async () => {
    server = await startRedis()
    const { log, waitFor } = logToArray()
    redis = createRedisStore({ store: server.store, log, commandTimeoutMs: 30_000 })
    await waitFor('connected to Redis')
  })
  after(async () => {
    await redis.close()
    await server.stop()
  })

  it('are the same in memory, in Redis and on paper', async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (sequence) => {
        run += 1
        const memory = createMemoryStore({ clock: { now: () => 0, monotonic: () => 0 } })
        const paper = new Map<string, bigint>()
        for (const changes of sequence) {
          // A fresh name space for each run spares a FLUSHALL.
          const own = changes.map((each) => ({ ...each, key: `${String(run)}_${each.key}` }))
          const expected = modelAnswer(paper, changes)
          assert.deepEqual(await answerOf(memory, changes), expected)
          assert.deepEqual(await answerOf(redis, own), expected)
        }
      }),
      { numRuns: 300 },
    )
  })
})
