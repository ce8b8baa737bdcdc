// Dollars through the real Envoy: what an exchange cost is in the log and the metrics, and a rate limit file holds a limit of dollars.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startMockProvider } from '../../src/mock/mock-provider.ts'
import { CATALOGUE_VERSION } from '../../src/prices/catalogue.ts'
import { createCleanup } from './support/cleanup.ts'
import { type Gateway, type LogLine, startGateway } from './support/gateway.ts'
import { type Answer, type Client, createClient } from './support/send.ts'
import { until } from './support/until.ts'

/** Alice may spend a cent an hour: 10,000 micro-dollars. */
const limits = `
domain: dollars
descriptors:
  - key: user
    value: alice
    rate_limit: {unit: hour, requests_per_unit: 10000}
`
const yaml = (port: number) => `
providers:
  openai: {api: openai, url: "http://127.0.0.1:${port}"}
  local: {api: openai, url: "http://127.0.0.1:${port}", price: free}
  unpriced: {api: openai, url: "http://127.0.0.1:${port}"}
models:
  gpt-4o: {providers: [openai]}
  llama: {providers: [local]}
  mystery: {providers: [unpriced]}
callers: [{headers: {user: x-user-id}}]
costs: [{name: spend, type: MicroDollar}]
limits: [{file: dollars.yaml, cost: spend}]
`
const chat = { messages: [{ role: 'user', content: 'hi' }] }
/** 800 fresh input tokens at $2.50 per million, 400 cached ones at $1.25, 350 output tokens at $10: 0.002 + 0.0005 + 0.0035. */
const counts = { 'x-mock-input-tokens': '1200', 'x-mock-cached-tokens': '400', 'x-mock-output-tokens': '350' }
const COST_USD = 0.006

describe('dollars', () => {
  const cleanup = createCleanup()
  let gateway: Gateway
  let client: Client

  before(async () => {
    const mock = cleanup.defer(await startMockProvider({ api: 'openai', address: '127.0.0.1:0' }), (each) => each.close())
    gateway = cleanup.defer(await startGateway({ yaml: yaml(mock.port), files: { 'dollars.yaml': limits } }), (each) => each.stop())
    client = cleanup.defer(createClient(gateway.url), (each) => each.close())
  })
  after(() => cleanup.run())

  const ask = (user: string, body: object, headers: Readonly<Record<string, string>> = counts): Promise<Answer> => client.post('/v1/chat/completions', { ...chat, ...body }, { 'x-user-id': user, ...headers })
  const logged = (user: string, number: number): Promise<LogLine> =>
    until('the exchange is logged', () => gateway.exchanges().filter((line) => JSON.stringify(line['caller']) === JSON.stringify({ user }))[number])

  it('of a gpt-4o exchange are those of the price list, whole or streamed', async () => {
    const answer = await ask('bob', { model: 'gpt-4o' })
    assert.equal(answer.status, 200)
    await ask('bob', { model: 'gpt-4o', stream: true })
    for (const line of [await logged('bob', 0), await logged('bob', 1)]) {
      assert.deepEqual([line['cost_usd'], line['estimated'], line['costs']], [COST_USD, false, { llm_total_token: 1550, spend: 6000 }])
      assert.match(String(line['rate_card']), new RegExp(`^${CATALOGUE_VERSION.replaceAll('.', '\\.')}\\+[0-9a-f]{8}$`))
    }
    const page = await (await fetch(`${gateway.adminUrl}/metrics`)).text()
    assert.match(page, /^tollgate_cost_usd_total\{model="gpt-4o",provider="openai",usage="exact"\} 0\.012$/m)
  })

  it('are 0 where somebody said that it is free, and are not counted', async () => {
    for (let round = 0; round < 3; round += 1) assert.equal((await ask('carol', { model: 'llama' })).status, 200)
    assert.equal((await logged('carol', 2))['cost_usd'], 0)
  })

  it('are limited by a rate limit file: two exchanges of 6,000 micro-dollars use up a cent', async () => {
    assert.equal((await ask('alice', { model: 'gpt-4o' })).status, 200)
    await until('the first is charged', async () => (await logged('alice', 0))['cost_usd'] === COST_USD)
    assert.equal((await ask('alice', { model: 'gpt-4o' })).status, 200)
    await until('the second is denied', async () => (await ask('alice', { model: 'gpt-4o' })).status === 429)
    assert.equal((await ask('alice', { model: 'llama' })).status, 429)
  })

  it('that nobody knows are refused where they are limited, before the provider is asked', async () => {
    const answer = await ask('dave', { model: 'mystery' })
    assert.equal(answer.status, 403)
    assert.equal(JSON.parse(answer.body).error.code, 'price_unknown')
    const line = await logged('dave', 0)
    assert.deepEqual([line['outcome'], line['reason'], line['cost_usd'], line['attempts']], ['refused', 'price_unknown', undefined, 0])
  })
})
