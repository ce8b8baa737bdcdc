// Budgets through the real Envoy: what is held while many ask at once, what a client is told, and that counters and ledgers of providers agree.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { type MockProvider, startMockProvider } from '../../src/mock/mock-provider.ts'
import { startRedis } from '../support/redis-server.ts'
import { createCleanup } from './support/cleanup.ts'
import { type Gateway, startGateway } from './support/gateway.ts'
import { type Answer, createClient } from './support/send.ts'
import { until } from './support/until.ts'

const yaml = (mocks: { openai: number; anthropic: number }, budgets: string, store = 'memory') => `
providers:
  openai: {api: openai, url: "http://127.0.0.1:${mocks.openai}"}
  anthropic: {api: anthropic, url: "http://127.0.0.1:${mocks.anthropic}"}
models:
  gpt-4o: {providers: [openai], downgrade_to: gpt-4o-mini}
  gpt-4o-mini: {providers: [openai]}
  claude: {providers: [anthropic]}
callers: [{headers: {user: x-user-id}}]
store: ${store}
budgets:
${budgets}
`
const ask = (model = 'gpt-4o-mini', more: object = {}) => ({ model, max_tokens: 50, messages: [{ role: 'user', content: 'hello' }], ...more })
const tokens = (input: number, output: number) => ({ 'x-mock-input-tokens': String(input), 'x-mock-output-tokens': String(output) })
const error = ({ body }: Answer) => (JSON.parse(body) as { error: { code: string; message: string } }).error

interface Shown {
  readonly budgets: readonly { readonly budget: string; readonly used: number; readonly held: number }[]
}
async function spent(gateway: Gateway, query = ''): Promise<readonly (readonly [number, number])[]> {
  const answer = await fetch(`${gateway.adminUrl}/budgets${query}`)
  const { budgets } = (await answer.json()) as Shown
  return budgets.map((budget) => [budget.used, budget.held])
}

describe('a budget', () => {
  const cleanup = createCleanup()
  let openai: MockProvider
  let anthropic: MockProvider
  const start = async (budgets: string, store?: string) => {
    const gateway = await startGateway({ yaml: yaml({ openai: openai.port, anthropic: anthropic.port }, budgets, store) })
    return cleanup.defer(gateway, (started) => started.stop())
  }
  before(async () => {
    openai = cleanup.defer(await startMockProvider({ api: 'openai', address: '127.0.0.1:0' }), (mock) => mock.close())
    anthropic = cleanup.defer(await startMockProvider({ api: 'anthropic', address: '127.0.0.1:0' }), (mock) => mock.close())
  })
  after(() => cleanup.run())

  /** Asks 500 times at once; tells how many were answered. */
  async function crowd(gateways: readonly Gateway[], user: string, stream = false): Promise<number> {
    const clients = gateways.map(({ url }) => createClient(url, { connections: 250 }))
    try {
      const answers = await Promise.all(Array.from({ length: 500 }, async (_, index) => clients[index % clients.length]?.post('/v1/chat/completions', ask('gpt-4o-mini', { stream }), { 'x-user-id': user, ...tokens(20, 30), 'x-mock-latency-ms': '50' })))
      assert.deepEqual(new Set(answers.map((answer) => answer?.status)), new Set([200, 429]))
      return answers.filter((answer) => answer?.status === 200).length
    } finally {
      for (const client of clients) client.close()
    }
  }

  it('of the worst case is never exceeded by 500 clients at once, and what they spent is in the counter', async () => {
    const gateway = await start('  - {name: user-day, per: [user], limit: {tokens: 2000}, every: year, reserve: worst_case}')
    for (const [user, stream] of [['alice', false], ['bob', true]] as const) {
      const answered = await crowd([gateway], user, stream)
      assert.ok(answered >= 8 && answered * 50 <= 2000, `${String(answered)} answered`)
      // A stream's last byte is with the client before its call has ended.
      await until('everything is settled', async () => (await spent(gateway, `?user=${user}`))[0]?.[1] === 0)
      assert.deepEqual(await spent(gateway, `?user=${user}`), [[answered * 50, 0]])
    }
  })

  it('is one for two replicas on one Redis', async () => {
    const redis = cleanup.defer(await startRedis(), (started) => started.stop())
    const budgets = '  - {name: user-day, per: [user], limit: {tokens: 2000}, every: year, reserve: worst_case}'
    const store = `"unix:${redis.store.kind === 'redis' ? redis.store.url : ''}"`
    const gateways = [await start(budgets, store), await start(budgets, store)]
    const answered = await crowd(gateways, 'alice')
    assert.ok(answered >= 8 && answered * 50 <= 2000, `${String(answered)} answered`)
    for (const gateway of gateways) assert.deepEqual(await spent(gateway, '?user=alice'), [[answered * 50, 0]])
  })

  it('is one for four processes, whoever has the counters', async () => {
    const redis = cleanup.defer(await startRedis(), (started) => started.stop())
    const budgets = '  - {name: user-day, per: [user], limit: {tokens: 2000}, every: year, reserve: worst_case}\nworkers: 4'
    for (const store of ['memory', `"unix:${redis.store.kind === 'redis' ? redis.store.url : ''}"`]) {
      const gateway = await start(budgets, store)
      const answered = await crowd([gateway], 'alice')
      assert.ok(answered >= 8 && answered * 50 <= 2000, `${String(answered)} answered`)
      assert.deepEqual(await spent(gateway, '?user=alice'), [[answered * 50, 0]])
      const served = await until('every exchange is in the log', () => (gateway.exchanges().length >= 500 ? gateway.exchanges() : undefined))
      assert.ok(new Set(served.map((line) => line['worker'])).size > 1, 'more than one process has served')
    }
  })

  it('that is used up is told to the SDKs in their own words, once', async () => {
    const gateway = await start('  - {name: user-hour, per: [user], limit: {tokens: 40}, every: hour}')
    const headers = { 'x-user-id': 'alice' }
    const openaiClient = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none', defaultHeaders: headers, maxRetries: 3 })
    await assert.rejects(openaiClient.chat.completions.create(ask() as OpenAI.ChatCompletionCreateParamsNonStreaming), (thrown: unknown) => {
      assert.ok(thrown instanceof OpenAI.RateLimitError)
      assert.equal(thrown.code, 'budget_exceeded')
      assert.match(thrown.message, /the budget user-hour for user=alice: 0 tokens of 40 tokens spent/)
      return true
    })
    const anthropicClient = new Anthropic({ baseURL: gateway.url, apiKey: 'none', defaultHeaders: headers, maxRetries: 3 })
    await assert.rejects(anthropicClient.messages.create(ask('claude') as Anthropic.MessageCreateParamsNonStreaming), Anthropic.RateLimitError)
    await until('both are in the log', () => gateway.exchanges().length >= 2)
    assert.deepEqual(gateway.exchanges().map((line) => [line['outcome'], line['status'], line['denied_by']]), [['limited', 429, ['user-hour']], ['limited', 429, ['user-hour']]])
  })

  it('below its tier sends requests to the cheaper model, and says so', async () => {
    const gateway = await start('  - {name: company, limit: {tokens: 1000}, every: day, tiers: [{remaining: 50%, action: downgrade}, {remaining: 20%, action: deny}]}')
    const client = cleanup.defer(createClient(gateway.url), (opened) => opened.close())
    const send = (input: number) => client.post('/v1/chat/completions', ask('gpt-4o'), { 'x-user-id': 'a', ...tokens(input, 10) })
    const first = await send(590)
    assert.deepEqual([first.status, first.headers['x-tollgate-model'], first.headers['x-tollgate-downgraded-from']], [200, 'gpt-4o', undefined])
    const second = await send(240)
    assert.deepEqual([second.status, second.headers['x-tollgate-model'], second.headers['x-tollgate-downgraded-from']], [200, 'gpt-4o-mini', 'gpt-4o'])
    assert.match(String(second.headers['x-tollgate-budget-remaining']), /^company;left=150;unit=tokens;reset=\d+$/)
    const third = await send(1)
    assert.equal(third.status, 429)
    assert.match(error(third).message, /^Too little remains of the budget company for this model: 850 tokens of 1,000 tokens spent, 150 tokens left\./)
    const warnings = () => gateway.lines.filter((line) => line['msg'] === 'A budget runs low.').map((line) => [line['budget'], line['below_percent']])
    await until('both thresholds are in the log', () => warnings().length >= 2)
    assert.deepEqual(warnings(), [['company', 50], ['company', 20]])
  })

  it('with a queue serves in turn what does not fit at once', async () => {
    const gateway = await start('  - {name: slots, limit: {requests: 1}, every: 2s, on_exhausted: queue, queue: {timeout: 20s}}'.replace('2s', '1m'))
    const client = cleanup.defer(createClient(gateway.url), (opened) => opened.close())
    // One that is refused by its provider gives its place to the next.
    const refused = client.post('/v1/chat/completions', ask(), { 'x-user-id': 'a', 'x-mock-status': '400', 'x-mock-latency-ms': '500' })
    await until('the first holds the only place', async () => (await spent(gateway))[0]?.[1] === 1)
    const answered = await client.post('/v1/chat/completions', ask(), { 'x-user-id': 'a' })
    assert.deepEqual([(await refused).status, answered.status], [400, 200])
    await until('both are in the log', () => gateway.exchanges().length >= 2)
    assert.ok(Number(gateway.exchanges().at(-1)?.['waited_ms']) > 100)
  })

  it('counts what is cut in the middle by estimate, and holds nothing afterwards', async () => {
    const gateway = await start('  - {name: user-day, per: [user], limit: {tokens: 1000000}, every: year}')
    const client = cleanup.defer(createClient(gateway.url), (opened) => opened.close())
    const cut = { 'x-user-id': 'eve', ...tokens(100, 400), 'x-mock-chunks': '100', 'x-mock-chunk-delay-ms': '20' }
    await Promise.all(Array.from({ length: 20 }, async () => client.leave('/v1/chat/completions', ask('gpt-4o-mini', { stream: true, max_tokens: 400 }), { headers: cut, afterBytes: 2000 })))
    await until('all are settled', async () => gateway.exchanges().length >= 20 && (await spent(gateway, '?user=eve'))[0]?.[1] === 0)
    const logged = gateway.exchanges().map((line) => Number((line['budgets'] as Record<string, string>)['user-day']))
    assert.ok(logged.every((amount) => amount > 0))
    assert.ok(gateway.exchanges().every((line) => line['outcome'] === 'aborted' && line['estimated'] === true))
    assert.deepEqual(await spent(gateway, '?user=eve'), [[logged.reduce((sum, amount) => sum + amount, 0), 0]])
  })
})
