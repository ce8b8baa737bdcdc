// Limits through the real Envoy: check before, charge after, on memory and on a real Redis, alone and with a second replica.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type MockProvider, startMockProvider } from '../../src/mock/mock-provider.ts'
import { type RedisServer, startRedis } from '../support/redis-server.ts'
import { type Gateway, startGateway } from './support/gateway.ts'
import { createClient } from './support/send.ts'
import { until } from './support/until.ts'

const ratelimit = `
domain: tollgate
descriptors:
  - key: user
    rate_limit: {unit: year, requests_per_unit: 100000}
    descriptors:
      - {key: model, value: small, rate_limit: {unit: year, requests_per_unit: 50}}
`
const yaml = (mockPort: number, store: string, budgets = '') => `
providers:
  openai: {api: openai, url: "http://127.0.0.1:${mockPort}"}
  anthropic: {api: anthropic, url: "http://127.0.0.1:${mockPort}"}
models:
  gpt: {providers: [openai]}
  small: {providers: [openai]}
  claude: {providers: [anthropic]}
callers: [{headers: {user: x-user-id}}]
limits: [{file: ratelimit.yaml, cost: llm_total_token}]
store: ${store}
${budgets}`
const ask = (model: string) => ({ model, messages: [{ role: 'user', content: 'hello' }] })
const hundredTokens = { 'x-mock-input-tokens': '60', 'x-mock-output-tokens': '40' }

function charged(gateway: Gateway, user: string): number {
  return gateway.exchanges().filter((line) => (line['caller'] as { user?: string } | undefined)?.user === user && line['outcome'] === 'answered').length
}

describe('a token limit', () => {
  let mock: MockProvider
  before(async () => {
    mock = await startMockProvider({ api: 'openai', address: '127.0.0.1:0' })
  })
  after(() => mock.close())

  it('of 100,000 lets 1,000 requests of 100 tokens through and refuses the 1,001st', async () => {
    const gateway = await startGateway({ yaml: yaml(mock.port, 'memory'), files: { 'ratelimit.yaml': ratelimit } })
    const client = createClient(gateway.url, { connections: 1 })
    try {
      for (let count = 1; count <= 1000; count++) {
        const answer = await client.post('/v1/chat/completions', ask('gpt'), { 'x-user-id': 'alice', ...hundredTokens })
        assert.equal(answer.status, 200, `request ${count}: ${answer.body}`)
        assert.equal(answer.headers['x-ai-gateway-tokens-used'], '100')
      }
      // The charge travels after the answer: the last one may still be on its way.
      const refused = await until('the last charge has arrived', async () => {
        const answer = await client.post('/v1/chat/completions', ask('gpt'), { 'x-user-id': 'alice', 'x-mock-input-tokens': '0', 'x-mock-output-tokens': '0' })
        return answer.status === 429 ? answer : undefined
      })
      assert.match(JSON.parse(refused.body).error.message, /user=alice: 100,000 of 100,000 llm_total_token per year used/)
      assert.ok(Number(refused.headers['retry-after']) > 0)
      assert.equal(refused.headers['x-should-retry'], 'false')
      assert.equal(refused.headers['x-ratelimit-remaining'], '0')
      assert.equal(refused.headers['content-type'], 'application/json')
      const other = await client.post('/v1/chat/completions', ask('gpt'), { 'x-user-id': 'bob' })
      assert.equal(other.status, 200, 'another user is not touched')
      // Its lines come late.
      await until('the log has every answer', () => charged(gateway, 'alice') >= 1000)
    } finally {
      client.close()
      await gateway.stop()
    }
  })

  it('is told to Anthropic’s clients in their own words', async () => {
    const gateway = await startGateway({ yaml: yaml(mock.port, 'memory'), files: { 'ratelimit.yaml': ratelimit.replace('value: small', 'value: claude') } })
    const anthropic = await startMockProvider({ api: 'anthropic', address: '127.0.0.1:0' })
    const client = createClient(gateway.url)
    try {
      const message = { model: 'claude', max_tokens: 10, messages: [{ role: 'user', content: 'hello' }] }
      // The mock behind this port speaks OpenAI only and refuses the path: a provider's error costs nothing.
      const refusedByProvider = await client.post('/v1/messages', message, { 'x-user-id': 'carol', ...hundredTokens })
      assert.equal(refusedByProvider.status, 404)
      await client.post('/v1/chat/completions', ask('gpt'), { 'x-user-id': 'carol', 'x-mock-output-tokens': '100000' })
      const denied = await until('carol is over her limit', async () => {
        const answer = await client.post('/v1/messages', message, { 'x-user-id': 'carol' })
        return answer.status === 429 ? answer : undefined
      })
      const body = JSON.parse(denied.body)
      assert.equal(body.type, 'error')
      assert.equal(body.error.type, 'rate_limit_error')
      assert.match(body.error.message, /user=carol/)
      assert.equal(denied.headers['content-length'], String(Buffer.byteLength(denied.body)))
    } finally {
      client.close()
      await anthropic.close()
      await gateway.stop()
    }
  })

  describe('on Redis', () => {
    let redis: RedisServer
    before(async () => {
      redis = await startRedis()
    })
    after(() => redis.stop())

    it('is shared by two replicas', async () => {
      const store = `"unix:${redis.store.kind === 'redis' ? redis.store.url : ''}"`
      const start = () => startGateway({ yaml: yaml(mock.port, store), files: { 'ratelimit.yaml': ratelimit } })
      const [one, two] = await Promise.all([start(), start()])
      const clients = [createClient(one.url), createClient(two.url)] as const
      try {
        const first = await clients[0].post('/v1/chat/completions', ask('small'), { 'x-user-id': 'dave', 'x-mock-input-tokens': '30', 'x-mock-output-tokens': '20' })
        assert.equal(first.status, 200)
        const denied = await until('the other replica sees the charge', async () => {
          const answer = await clients[1].post('/v1/chat/completions', ask('small'), { 'x-user-id': 'dave', 'x-mock-input-tokens': '0', 'x-mock-output-tokens': '0' })
          return answer.status === 429 ? answer : undefined
        })
        assert.match(JSON.parse(denied.body).error.message, /user=dave, model=small: 50 of 50/)
        const another = await clients[1].post('/v1/chat/completions', ask('gpt'), { 'x-user-id': 'dave' })
        assert.equal(another.status, 200, 'the model’s limit is used up, not the user’s')
      } finally {
        for (const client of clients) client.close()
        await Promise.all([one.stop(), two.stop()])
      }
    })

    it('fails closed, and says so, when Redis is gone', async () => {
      const own = await startRedis()
      const store = `"unix:${own.store.kind === 'redis' ? own.store.url : ''}"`
      const watching = 'budgets: [{name: watching, limit: {tokens: 1000000}, every: year, on_store_failure: allow}]\n'
      const gateway = await startGateway({ yaml: yaml(mock.port, store, watching), files: { 'ratelimit.yaml': ratelimit } })
      const client = createClient(gateway.url)
      try {
        assert.equal((await client.post('/v1/chat/completions', ask('gpt'), { 'x-user-id': 'erin' })).status, 200)
        await own.stop()
        const refused = await client.post('/v1/chat/completions', ask('gpt'), { 'x-user-id': 'erin' })
        assert.equal(refused.status, 503)
        assert.equal(JSON.parse(refused.body).error.code, 'limits_unavailable')
        const ready = await until('readiness says so', async () => {
          const answer = await fetch(`${gateway.adminUrl}/readyz`)
          return answer.status === 503 ? answer.text() : undefined
        })
        assert.deepEqual(ready.split('\n'), [
          'the counters of budgets cannot be reached: budgets with on_store_failure: allow let their requests pass and charge them later',
          'the counters of rate limits cannot be reached: requests that a limit counts are refused with 503, and what is under way is not charged to its limits',
          '',
        ])
        const gone = gateway.lines.filter(({ msg }) => String(msg).startsWith('Redis is not reachable'))
        assert.deepEqual(new Set(gone.map((line) => line['used_for'])), new Set(['budgets', 'rate limits']))
        assert.equal(gone.length, 2, 'each connection says so once')
        assert.equal((await fetch(`${gateway.adminUrl}/healthz`)).status, 200)
      } finally {
        client.close()
        await gateway.stop()
      }
    })
  })
})
