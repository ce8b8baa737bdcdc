// Ten thousand requests while a fifth of them fail at the first provider, in three ways: every client gets a 200, and every token is charged
// once, to the provider that served it. The mocks' books are held against the metrics, the counters and the log.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type MockProvider, startMockProvider } from '../../src/mock/mock-provider.ts'
import { startRedis } from '../support/redis-server.ts'
import { createCleanup } from './support/cleanup.ts'
import { type Counters, openCounters } from './support/counters.ts'
import { type Gateway, startGateway } from './support/gateway.ts'
import { type Client, createClient, inParallel } from './support/send.ts'
import { until } from './support/until.ts'

const REQUESTS = 10_000
const CLIENTS = 32
/** The provider that answers when the first one does not. Any API will do: what it speaks is converted. */
const SECOND = { api: 'anthropic', name: 'second', model: 'claude-sonnet-5' } as const

const limitFile = 'domain: all\ndescriptors: [{key: user, descriptors: [{key: model, rate_limit: {unit: year, requests_per_unit: 4000000000}}]}]\n'
const yaml = (ports: { readonly first: number; readonly second: number }, store: string) => `
providers:
  first: {api: openai, url: "http://127.0.0.1:${ports.first}"}
  ${SECOND.name}: {api: ${SECOND.api}, url: "http://127.0.0.1:${ports.second}"}
models:
  m: {providers: [first, {use: ${SECOND.name}, model: ${SECOND.model}}]}
callers: [{headers: {user: x-user-id}}]
limits: [{file: all.yaml, cost: llm_total_token}]
cool_down: off
store: ${store}
`

/** What a request says does not matter; that they differ in tokens does. */
function request(index: number): { readonly body: object; readonly stream: boolean } {
  const stream = index % 10 === 0
  return { stream, body: { model: 'm', messages: [{ role: 'user', content: 'word '.repeat(1 + (index % 50)) }], ...(stream ? { stream } : {}) } }
}

describe('ten thousand requests, a fifth of which fail at the first provider', () => {
  const cleanup = createCleanup()
  let counters: Counters
  let gateway: Gateway
  let client: Client
  let first: MockProvider
  let second: MockProvider

  before(async () => {
    const redis = cleanup.defer(await startRedis(), (each) => each.stop())
    counters = cleanup.defer(openCounters(redis), (each) => each.close())
    first = cleanup.defer(await startMockProvider({ api: 'openai', name: 'first', address: '127.0.0.1:0' }), (each) => each.close())
    second = cleanup.defer(await startMockProvider({ api: SECOND.api, name: SECOND.name, address: '127.0.0.1:0' }), (each) => each.close())
    const store = `"unix:${redis.store.kind === 'redis' ? redis.store.url : ''}"`
    gateway = cleanup.defer(await startGateway({ yaml: yaml({ first: first.port, second: second.port }, store), files: { 'all.yaml': limitFile }, keepExchanges: false }), (each) => each.stop())
    client = cleanup.defer(createClient(gateway.url, { connections: CLIENTS }), (each) => each.close())
    first.setFailure({ status: [429, 503, 'reset'], share: 0.2 })
  })
  after(() => cleanup.run())

  async function metric(name: string, labels: Readonly<Record<string, string>>): Promise<number> {
    const page = await (await fetch(`${gateway.adminUrl}/metrics`)).text()
    const lines = page.split('\n').filter((line) => line.startsWith(`${name}{`) && Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)))
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
  }

  it('all end with a 200, each charged once, to the right one', { timeout: 180_000 }, async () => {
    const answers = new Map<string, number>()
    await inParallel(REQUESTS, CLIENTS, async (index) => {
      const { body, stream } = request(index)
      const answer = await client.post('/v1/chat/completions', body, { 'x-user-id': `user-${index % 7}` })
      const whole = stream ? answer.body.trimEnd().endsWith('data: [DONE]') : JSON.parse(answer.body).choices.length === 1
      const seen = `${answer.status} ${String(answer.headers['x-ai-provider'])} ${String(answer.headers['x-tollgate-attempts'])} ${whole ? 'whole' : 'cut'}`
      answers.set(seen, (answers.get(seen) ?? 0) + 1)
    })
    const failed = REQUESTS / 5
    assert.deepEqual(Object.fromEntries(answers), { '200 first 1 whole': REQUESTS - failed, [`200 ${SECOND.name} 2 whole`]: failed })

    const books = { first: first.served().total, second: second.served().total }
    assert.deepEqual([books.first.requests, books.second.requests], [REQUESTS - failed, failed])
    assert.deepEqual([books.first.aborted.requests, books.second.aborted.requests, books.second.errors], [0, 0, 0])
    await until('every exchange has been counted', async () => (await metric('tollgate_exchanges_total', { outcome: 'answered', usage: 'exact' })) === REQUESTS)
    assert.equal(await metric('tollgate_attempts_total', { model: 'm' }), REQUESTS + failed)
    for (const [provider, { inputTokens, outputTokens }] of [['first', books.first], [SECOND.name, books.second]] as const) {
      assert.equal(await metric('tollgate_cost_total', { cost: 'llm_total_token', provider }), inputTokens + outputTokens)
      assert.equal(await metric('gen_ai_client_token_usage_sum', { gen_ai_token_type: 'input', gen_ai_provider_name: provider }), inputTokens)
      assert.equal(await metric('gen_ai_client_token_usage_sum', { gen_ai_token_type: 'output', gen_ai_provider_name: provider }), outputTokens)
    }
    const served = books.first.inputTokens + books.first.outputTokens + books.second.inputTokens + books.second.outputTokens
    await until('every token is in the counters', async () => (await counters.sum('all')) >= served)
    assert.equal(await counters.sum('all'), served)

    const failures = await Promise.all(['429', '503', 'reset'].map((reason) => metric('tollgate_attempt_failures_total', { provider: 'first', reason })))
    assert.deepEqual(failures.map((count) => Math.abs(count - failed / 3) <= 1), [true, true, true], `Tollgate was told of ${failures.join(', ')} failures`)
  })
})
