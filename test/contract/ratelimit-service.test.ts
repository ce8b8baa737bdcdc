// The rate limit service as Envoy sees it: over gRPC, on memory and on Redis.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { Redis } from 'ioredis'
import { TollgateError } from '../../src/core/errors.ts'
import type { CounterStore } from '../../src/ratelimit/counter-store.ts'
import { createMemoryStore } from '../../src/ratelimit/memory-store.ts'
import { createRedisStore } from '../../src/ratelimit/redis-store.ts'
import { logToArray } from '../support/log-to-array.ts'
import type { RequestValue, ResponseValue, ServiceUnderTest } from '../support/rate-limit-service.ts'
import { exchangeId, limitFile, movableClock, startRateLimitService } from '../support/rate-limit-service.ts'
import { startRedis } from '../support/redis-server.ts'

const tutorial = limitFile(
  `domain: tollgate
descriptors:
  - key: user
    rate_limit: {unit: hour, requests_per_unit: 100000, name: user-hour}
    descriptors:
      - {key: model, value: gpt-4o, rate_limit: {unit: hour, requests_per_unit: 50000}}
      - {key: model, value: gpt-4o-mini, rate_limit: {unit: hour, requests_per_unit: 500000, replaces: [{name: user-hour}]}}
  - {key: team, shadow_mode: true, rate_limit: {unit: minute, requests_per_unit: 10}}
  - {key: unmodified, rate_limit: {unit: minute, requests_per_unit: 5}, metadata: {tollgate: {deny_at_limit: false}}}`,
  { denyAtLimit: true },
)

/** What Envoy sends for one request: a look before it, or a charge after it, by user and by user and model. */
function calls(user: string, model: string, hits: number): RequestValue {
  const hitsAddend = { hits_addend: { value: hits } }
  const entries = [{ key: 'user', value: user }]
  return { domain: 'tollgate', descriptors: [{ entries, ...hitsAddend }, { entries: [...entries, { key: 'model', value: model }], ...hitsAddend }] }
}

function oneOf(key: string, value: string, hits: number | undefined): RequestValue {
  return { domain: 'tollgate', descriptors: [{ entries: [{ key, value }], ...(hits === undefined ? {} : { hits_addend: { value: hits } }) }] }
}

function headersOf(answer: ResponseValue): Record<string, string> {
  return Object.fromEntries((answer.response_headers_to_add ?? []).map(({ key, value }) => [key, value]))
}

function bodyOf(answer: ResponseValue): unknown {
  return JSON.parse((answer.raw_body ?? Buffer.alloc(0)).toString())
}

interface Backing {
  readonly store: CounterStore
  reset(): Promise<void>
  stop(): Promise<void>
}

const clock = movableClock()

const backings: readonly { name: string; start: () => Promise<Backing> }[] = [
  {
    name: 'memory',
    start: () => {
      const store = createMemoryStore({ clock })
      return Promise.resolve({ store, reset: () => store.close(), stop: () => store.close() })
    },
  },
  {
    name: 'redis',
    start: async () => {
      const server = await startRedis()
      const client = new Redis({ ...server.address, lazyConnect: true })
      const { log, waitFor } = logToArray()
      const store = createRedisStore({ store: server.store, log })
      await waitFor('connected to Redis')
      return {
        store,
        reset: async () => void (await client.flushall()),
        async stop() {
          client.disconnect()
          await store.close()
          await server.stop()
        },
      }
    },
  },
]

for (const { name, start } of backings) {
  describe(`the rate limit service on ${name}`, () => {
    let backing: Backing
    let service: ServiceUnderTest
    before(async () => {
      backing = await start()
      service = await startRateLimitService({ limits: [tutorial], store: backing.store, clock })
    })
    beforeEach(() => backing.reset())
    after(async () => {
      await service.stop()
      await backing.stop()
    })

    it('lets 1,000 requests of 100 tokens pass under 100,000 an hour, and refuses the next', async () => {
      for (let request = 1; request <= 1000; request += 1) {
        const check = await service.ask(oneOf('user', 'alice', 0))
        assert.equal(check.overall_code, 'OK', `request ${String(request)}`)
        await service.ask(oneOf('user', 'alice', 100))
      }
      assert.equal((await service.ask(oneOf('user', 'alice', 0))).overall_code, 'OVER_LIMIT')
      assert.equal((await service.ask(oneOf('user', 'bob', 0))).overall_code, 'OK', 'another user has a counter of their own')
    })

    it('counts nothing when it only looks', async () => {
      for (let looks = 0; looks < 50; looks += 1) await service.ask(oneOf('user', 'alice', 0))
      const [status] = (await service.ask(oneOf('user', 'alice', 0))).statuses
      assert.equal(status?.limit_remaining, 100_000)
    })

    it("takes a model with a rule of its own out of the user's general limit", async () => {
      await service.ask(calls('alice', 'gpt-4o-mini', 400_000))
      const mini = await service.ask(calls('alice', 'gpt-4o-mini', 0))
      assert.deepEqual([mini.overall_code, mini.statuses[0]?.current_limit, mini.statuses[1]?.limit_remaining], ['OK', undefined, 100_000])
      const large = await service.ask(calls('alice', 'gpt-4o', 0))
      assert.deepEqual(large.statuses.map(({ limit_remaining: remaining }) => remaining), [100_000, 50_000])
    })

    it('explains a denial in a body that an OpenAI client reads', async () => {
      await service.ask(calls('alice', 'gpt-4o', 50_120))
      clock.advance(60)
      const answer = await service.ask(calls('alice', 'gpt-4o', 0))
      clock.advance(-60)
      assert.equal(answer.overall_code, 'OVER_LIMIT')
      assert.deepEqual(answer.statuses.map(({ code }) => code), ['OK', 'OVER_LIMIT'])
      const message = 'Rate limit reached for user=alice, model=gpt-4o: 50,120 of 50,000 llm_total_token per hour used. It resets in 3540 s.'
      assert.deepEqual(bodyOf(answer), { error: { message, type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' } })
      assert.deepEqual(headersOf(answer), { 'content-type': 'application/json', 'retry-after': '3540', 'x-should-retry': 'false' })
    })

    it('lets a client retry by itself when the window ends soon', async () => {
      await service.ask(oneOf('unmodified', 'x', 6))
      const answer = await service.ask(oneOf('unmodified', 'x', 1))
      assert.deepEqual(headersOf(answer), { 'content-type': 'application/json', 'retry-after': '60' })
    })

    it('adds no body and no headers to what passes', async () => {
      const answer = await service.ask(calls('alice', 'gpt-4o', 0))
      assert.deepEqual([answer.response_headers_to_add ?? [], answer.raw_body?.length ?? 0], [[], 0])
    })

    it('refuses a look at exactly the limit, unless the rule says otherwise', async () => {
      await service.ask(oneOf('user', 'alice', 100_000))
      assert.equal((await service.ask(oneOf('user', 'alice', 0))).overall_code, 'OVER_LIMIT')
      await service.ask(oneOf('unmodified', 'x', 5))
      assert.equal((await service.ask(oneOf('unmodified', 'x', 0))).overall_code, 'OK')
    })

    it('starts anew when the window ends', async () => {
      await service.ask(oneOf('user', 'alice', 150_000))
      clock.advance(3599)
      const last = await service.ask(oneOf('user', 'alice', 0))
      assert.deepEqual([last.overall_code, last.statuses[0]?.duration_until_reset?.seconds], ['OVER_LIMIT', '1'])
      clock.advance(1)
      const first = await service.ask(oneOf('user', 'alice', 0))
      assert.deepEqual([first.overall_code, first.statuses[0]?.duration_until_reset?.seconds], ['OK', '3600'])
      clock.advance(-3600)
    })

    it('gives back, and never denies that', async () => {
      const back = (hits: number): RequestValue => ({
        domain: 'tollgate',
        descriptors: [{ entries: [{ key: 'user', value: 'alice' }], hits_addend: { value: hits }, is_negative_hits: true }],
      })
      await service.ask(oneOf('user', 'alice', 150_000))
      const partly = await service.ask(back(10_000))
      assert.deepEqual([partly.overall_code, partly.statuses[0]?.limit_remaining ?? 0], ['OK', 0])
      const mostly = await service.ask(back(90_000))
      assert.deepEqual([mostly.overall_code, mostly.statuses[0]?.limit_remaining], ['OK', 50_000])
      assert.equal((await service.ask(back(1_000_000))).statuses[0]?.limit_remaining, 100_000)
    })

    it('reports what a shadow rule would have denied, and lets it pass', async () => {
      service.events.decided.length = 0
      await service.ask(oneOf('team', 'red', 11))
      assert.deepEqual(service.events.decided, [{ domain: 'tollgate', overLimit: false, shadow: true }])
    })

    it('keeps the counters over a reload, and uses the new limit at once', async (t) => {
      t.after(() => service.reload([tutorial]))
      await service.ask(oneOf('user', 'alice', 60_000))
      service.reload([limitFile('domain: tollgate\ndescriptors: [{key: user, rate_limit: {unit: hour, requests_per_unit: 50000}}]', { denyAtLimit: true })])
      assert.equal((await service.ask(oneOf('user', 'alice', 0))).overall_code, 'OVER_LIMIT')
      service.reload([tutorial])
      assert.equal((await service.ask(oneOf('user', 'alice', 0))).statuses[0]?.limit_remaining, 40_000)
    })

    it('loses no charge of 300 that come at once, from two services', async () => {
      const second = await startRateLimitService({ limits: [tutorial], store: backing.store, clock })
      const charges = Array.from({ length: 300 }, (_, index) => (index % 2 === 0 ? service : second).ask(calls('alice', 'gpt-4o', 7)))
      await Promise.all(charges)
      const { statuses } = await second.ask(calls('alice', 'gpt-4o', 0))
      assert.deepEqual(statuses.map(({ limit_remaining: remaining }) => remaining), [100_000 - 2100, 50_000 - 2100])
      await second.stop()
    })
  })
}

describe('requests that the rate limit service cannot answer', () => {
  let service: ServiceUnderTest
  const { log, lines } = logToArray()
  before(async () => {
    service = await startRateLimitService({ limits: [tutorial], store: createMemoryStore({ clock }), clock, log })
  })
  after(() => service.stop())

  const user = [{ key: 'user', value: 'a' }]
  const wrong: readonly { what: string; request: RequestValue; code: number; message: string }[] = [
    { what: 'no domain', request: { descriptors: [{ entries: user }] }, code: 2, message: 'rate limit domain must not be empty' },
    { what: 'no descriptors', request: { domain: 'tollgate' }, code: 2, message: 'rate limit descriptor list must not be empty' },
    {
      what: 'a limit without unit',
      request: { domain: 'tollgate', descriptors: [{ entries: user, limit: {} }] },
      code: 2,
      message: 'the limit of a descriptor has unit number 0, which is not a known unit',
    },
    {
      what: 'a unit of a later API',
      request: { domain: 'tollgate', descriptors: [{ entries: user, limit: { requests_per_unit: 1, unit: 99 } }] },
      code: 2,
      message: 'the limit of a descriptor has unit number 99, which is not a known unit',
    },
  ]
  for (const { what, request, code, message } of wrong) {
    it(`${what}: an error, and the service goes on`, async () => {
      await assert.rejects(service.ask(request), { code, details: message })
      assert.equal((await service.ask(oneOf('user', 'a', 0))).overall_code, 'OK')
    })
  }

  for (const { what, bytes } of [
    { what: 'text that is not UTF-8', bytes: '0a0374656e12080a060a01751201ff' },
    { what: 'bytes that are not protobuf', bytes: 'ffff' },
    { what: 'a message that is cut off', bytes: '0a0874656e' },
  ]) {
    it(`${what}: INTERNAL, as from any gRPC codec`, async () => {
      await assert.rejects(service.askBytes(Buffer.from(bytes, 'hex')), { code: 13 })
    })
  }

  it('counts and logs each of them under no name of the caller', async () => {
    service.events.failed.length = 0
    lines.length = 0
    await assert.rejects(service.ask({ domain: 'made-up', descriptors: [] }))
    assert.deepEqual(service.events.failed.map(({ domain, error }) => [domain, error.message]), [['unknown', 'rate limit descriptor list must not be empty']])
    assert.deepEqual(lines.map(({ level }) => level), ['error'])
  })

  it('answers UNKNOWN when the store fails, so that failure_mode_deny decides', async () => {
    const broken: CounterStore = {
      apply: () => Promise.reject(new TollgateError('internal', 'counting failed: Redis did not answer', { cause: new Error('secret cause') })),
      ready: () => Promise.resolve(false),
      close: () => Promise.resolve(),
    }
    const failing = await startRateLimitService({ limits: [tutorial], store: broken, clock })
    await assert.rejects(failing.ask(oneOf('user', 'a', 0)), { code: 2, details: 'counting failed: Redis did not answer' })
    assert.equal((await failing.ask({ domain: 'other', descriptors: [{ entries: user }] })).overall_code, 'OK', 'no store is needed to limit nothing')
    assert.deepEqual(failing.events.failed.map(({ domain }) => domain), ['tollgate'])
    await failing.stop()
  })

  it('writes one line per answer, with the id of the exchange', async () => {
    lines.length = 0
    await service.ask(oneOf('user', 'a', 0))
    await service.ask(oneOf('user', 'a', 200_000))
    assert.deepEqual(lines.map(({ level, message }) => [level, message]), [['debug', 'within the rate limits'], ['debug', 'over a rate limit']])
    assert.deepEqual(lines.map(({ fields }) => fields['exchange_id']), [exchangeId, exchangeId])
  })

  it('says a denial aloud when no exchange of ours will', async () => {
    lines.length = 0
    await service.ask(oneOf('user', 'a', 200_000), {})
    assert.deepEqual(lines.map(({ level, message }) => [level, message]), [['info', 'over a rate limit']])
  })
})
