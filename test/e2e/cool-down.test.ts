// Cool-downs through the whole product: Envoy tells of attempts that it retried, Tollgate leaves their provider out, and so does another
// Tollgate on the same Redis. On the recommended Envoy and on those with the older form of a chain.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it } from 'node:test'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { createCleanup } from './support/cleanup.ts'
import { envoyBinary, envoysUnderTest } from './support/envoy-binaries.ts'
import { type Gateway, type LogLine, startGateway, startSidecar } from './support/gateway.ts'
import { type Answer, type Client, createClient } from './support/send.ts'
import { until } from './support/until.ts'
import { startUpstream, type Upstream } from './support/upstream.ts'

/** A model for each test, whose first provider is its own: what one test taught Tollgate about it is nothing to the next. */
const TESTS = 9
const yaml = (ports: Readonly<Record<'first' | 'second', number>>, further = '') => `
providers:
  second: {api: openai, url: "http://127.0.0.1:${ports.second}"}
${Array.from({ length: TESTS }, (_, test) => `  first-${test}: {api: openai, url: "http://127.0.0.1:${ports.first}"}`).join('\n')}
models:
${Array.from({ length: TESTS }, (_, test) => `  m-${test}: {providers: [first-${test}, second], fallback: {per_try_timeout: 1s}}`).join('\n')}
cool_down: {failures: 3, pause: 30s}
${further}
`
const chat = { messages: [{ role: 'user', content: 'hi' }] }
const body = JSON.stringify({ object: 'chat.completion', choices: [], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } })
const STARTED = 'A provider is left out of chains for a while.'

for (const { version, skip } of envoysUnderTest()) {
  describe(`Envoy ${version}: a provider that wants to be left alone`, { skip }, () => {
    const cleanup = createCleanup()
    let first: Upstream
    let second: Upstream
    let gateway: Gateway
    let client: Client
    let test = -1

    before(async () => {
      first = cleanup.defer(await startUpstream(), (each) => each.close())
      second = cleanup.defer(await startUpstream(), (each) => each.close())
      gateway = cleanup.defer(await startGateway({ yaml: yaml({ first: first.port, second: second.port }), envoy: envoyBinary(version) }), (each) => each.stop())
      client = cleanup.defer(createClient(gateway.url), (each) => each.close())
    })
    beforeEach(() => {
      test += 1
      for (const each of [first, second]) {
        each.behaviour = { status: 200, body }
        each.seen.length = 0
      }
    })
    after(() => cleanup.run())

    const ask = (): Promise<Answer> => client.post('/v1/chat/completions', { model: `m-${test}`, ...chat })
    const served = ({ headers }: Answer) => [headers['x-ai-provider'], headers['x-tollgate-attempts']]
    const coolDown = (provider = `first-${test}`): Promise<LogLine> =>
      until('a cool-down is logged', () => gateway.lines.find((line) => line['msg'] === STARTED && line['provider'] === provider))
    const metrics = async (name: string): Promise<string[]> => {
      const page = await (await fetch(`${gateway.adminUrl}/metrics`)).text()
      return page.split('\n').filter((line) => line.startsWith(`${name}{provider="first-${test}"`))
    }

    it('is passed over until its retry-after is over, though the 429 was retried and no client saw it', async () => {
      first.behaviour = { status: 429, headers: { 'retry-after-ms': '1500' } }
      assert.deepEqual(served(await ask()), ['second', '2'])
      const line = await coolDown()
      assert.deepEqual([line['reason'], line['seconds']], ['429', 1.5])
      first.behaviour = { status: 200, body }
      assert.deepEqual(served(await ask()), ['second', '1'])
      assert.equal(first.seen.length, 1)
      const logged = await until('the second exchange is logged', () => gateway.exchanges()[1])
      assert.match(String(logged['left_out']), /^first-0 \(429, \d s\)$/)
      await until('it is asked again', async () => served(await ask())[0] === `first-${test}`)
    })

    it('is counted by what it did', async () => {
      first.behaviour = { status: 503, headers: { 'retry-after': '30' } }
      await ask()
      await coolDown()
      const label = `{provider="first-${test}",reason="503"}`
      assert.deepEqual(await metrics('tollgate_attempt_failures_total'), [`tollgate_attempt_failures_total${label} 1`])
      assert.deepEqual(await metrics('tollgate_cool_downs_total'), [`tollgate_cool_downs_total${label} 1`])
      assert.match(String(await metrics('tollgate_cool_down_seconds')), /,reason="503"\} (?:2\d\.\d+|30)$/)
    })

    for (const [what, behaviour, reason] of [
      ['breaks connections', 'reset', 'reset'],
      ['says nothing in time', 'silent', 'timeout'],
      ['fails', { status: 500 }, '500'],
    ] as const) {
      it(`is passed over when it ${what} three times in a row`, async () => {
        first.behaviour = behaviour
        for (let count = 0; count < 3; count += 1) assert.deepEqual(served(await ask()), ['second', '2'])
        assert.equal((await coolDown())['reason'], reason)
        assert.deepEqual(served(await ask()), ['second', '1'])
      })
    }

    it('is asked first again as long as it answers in between', async () => {
      let failures = 0
      for (const status of [500, 500, 200, 500, 500, 200]) {
        first.behaviour = { status, body }
        failures += status === 500 ? 1 : 0
        assert.equal(served(await ask())[0], status === 500 ? 'second' : `first-${test}`)
        await until('the failure is known', async () => String(await metrics('tollgate_attempt_failures_total')).endsWith(` ${failures}`))
      }
    })

    it('is not blamed for a client that leaves', async () => {
      first.behaviour = 'silent'
      for (let count = 1; count <= 3; count += 1) {
        const leaving = new AbortController()
        const gone = fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify({ model: `m-${test}`, ...chat }), signal: leaving.signal }).catch(() => 'gone')
        await until('the provider was asked', () => first.seen.length === count)
        leaving.abort()
        assert.equal(await gone, 'gone')
      }
      first.behaviour = { status: 401 }
      assert.equal((await ask()).status, 401)
      await coolDown()
      assert.deepEqual(await metrics('tollgate_attempt_failures_total'), [`tollgate_attempt_failures_total{provider="first-${test}",reason="401"} 1`])
    })

    it('is asked all the same when everybody wants to be left alone, and the last word passes', async () => {
      for (const each of [first, second]) each.behaviour = { status: 429, headers: { 'retry-after': '20' } }
      const answer = await ask()
      assert.deepEqual([answer.status, answer.headers['retry-after'], answer.headers['x-tollgate-attempts']], [429, '20', '2'])
      await coolDown()
      await coolDown('second')
      for (const each of [first, second]) each.behaviour = { status: 200, body }
      assert.equal((await ask()).status, 200)
    })
  })
}

describe('cool-downs on a Redis', () => {
  const cleanup = createCleanup()
  let redis: RedisServer
  let first: Upstream
  let gateway: Gateway
  let client: Client
  let otherAdmin: string

  before(async () => {
    redis = cleanup.defer(await startRedis(), (each) => each.stop())
    first = cleanup.defer(await startUpstream({ status: 429, headers: { 'retry-after': '30' } }), (each) => each.close())
    const second = cleanup.defer(await startUpstream({ status: 200, body }), (each) => each.close())
    const store = `store: "unix:${redis.store.kind === 'redis' ? redis.store.url : ''}"`
    const text = yaml({ first: first.port, second: second.port }, store)
    gateway = cleanup.defer(await startGateway({ yaml: text }), (each) => each.stop())
    client = cleanup.defer(createClient(gateway.url), (each) => each.close())
    const folder = cleanup.defer(await mkdtemp(join(tmpdir(), 'tollgate-e2e-')), (each) => rm(each, { recursive: true }))
    const configPath = join(folder, 'tollgate.yaml')
    await writeFile(configPath, `${text}\nlisten: {extproc: "unix:${folder}/e.sock", ratelimit: "unix:${folder}/r.sock", admin: "127.0.0.1:0"}\n`)
    const other = cleanup.defer(await startSidecar({ configPath }), (each) => each.stop())
    otherAdmin = other.adminUrl
  })
  after(() => cleanup.run())

  const coolingAt = async (adminUrl: string): Promise<boolean> => /^tollgate_cool_down_seconds\{provider="first-0",reason="429"\} (?:2\d|30)/m.test(await (await fetch(`${adminUrl}/metrics`)).text())

  it('reach a Tollgate that saw nothing itself', async () => {
    const answer = await client.post('/v1/chat/completions', { model: 'm-0', ...chat })
    assert.equal(answer.headers['x-ai-provider'], 'second')
    await until('the other leaves it out', () => coolingAt(otherAdmin))
  })

  it('go on here when Redis is gone', async () => {
    await redis.stop()
    assert.ok(await coolingAt(gateway.adminUrl))
    const answer = await client.post('/v1/chat/completions', { model: 'm-0', ...chat })
    assert.deepEqual([answer.status, answer.headers['x-ai-provider'], answer.headers['x-tollgate-attempts']], [200, 'second', '1'])
  })
})
