// What the providers say they served is what was charged, to the token, wherever the usage arrived; what was cut is flagged and near.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type MockProvider, startMockProvider } from '../../src/mock/mock-provider.ts'
import type { ModelTotals } from '../../src/mock/served-totals.ts'
import { startRedis } from '../support/redis-server.ts'
import { createCleanup } from './support/cleanup.ts'
import { type Counters, openCounters } from './support/counters.ts'
import { type Gateway, startGateway } from './support/gateway.ts'
import { type Client, createClient, inParallel } from './support/send.ts'
import { until } from './support/until.ts'

/** One limit file per cost: each is a domain of its own, far too high to deny anything. */
const costs = { all: 'TotalToken', input: 'InputToken', output: 'OutputToken', cached: 'CachedInputToken', reasoning: 'ReasoningToken' } as const
const limitFile = (domain: string) => `
domain: ${domain}
descriptors:
  - key: user
    descriptors: [{key: model, rate_limit: {unit: year, requests_per_unit: 4000000000}}]
`
const yaml = (ports: { first: number; second: number; anthropic: number }, store: string) => `
providers:
  first: {api: openai, url: "http://127.0.0.1:${ports.first}", credential: {env: FIRST_KEY}}
  second: {api: openai, url: "http://127.0.0.1:${ports.second}", credential: {env: SECOND_KEY}}
  anthropic: {api: anthropic, url: "http://127.0.0.1:${ports.anthropic}"}
models:
  gpt: {providers: [first, second]}
  renamed: {providers: [{use: first, model: upstream-a}, {use: second, model: upstream-b}]}
  single: {providers: [first]}
  claude: {providers: [anthropic]}
callers: [{headers: {user: x-user-id}}]
costs: [${Object.entries(costs).map(([name, type]) => `{name: ${name}, type: ${type}}`).join(', ')}]
limits: [${Object.keys(costs).map((name) => `{file: ${name}.yaml, cost: ${name}}`).join(', ')}]
store: ${store}
`

interface Kind {
  readonly what: string
  readonly path: string
  readonly body: object
  readonly headers?: Readonly<Record<string, string>>
  readonly status?: number
}

const chat = { messages: [{ role: 'user', content: 'How many tokens is this? Grüße, 世界 👋' }] }
const message = { model: 'claude', max_tokens: 50, messages: [{ role: 'user', content: 'hello' }] }
const stream = { stream: true }
const kinds: readonly Kind[] = [
  { what: 'chat', path: '/v1/chat/completions', body: { model: 'gpt', ...chat } },
  { what: 'chat, stream', path: '/v1/chat/completions', body: { model: 'gpt', ...chat, ...stream } },
  { what: 'chat, stream, usage asked', path: '/v1/chat/completions', body: { model: 'gpt', ...chat, ...stream, stream_options: { include_usage: true } } },
  { what: 'chat, gzip', path: '/v1/chat/completions', body: { model: 'gpt', ...chat }, headers: { 'x-mock-encoding': 'gzip' } },
  { what: 'chat, br stream', path: '/v1/chat/completions', body: { model: 'gpt', ...chat, ...stream }, headers: { 'x-mock-encoding': 'br' } },
  { what: 'chat, gzip stream', path: '/v1/chat/completions', body: { model: 'gpt', ...chat, ...stream }, headers: { 'x-mock-encoding': 'gzip' } },
  { what: 'chat, CRLF stream', path: '/v1/chat/completions', body: { model: 'gpt', ...chat, ...stream }, headers: { 'x-mock-crlf': '1' } },
  { what: 'chat, stream in small pieces', path: '/v1/chat/completions', body: { model: 'gpt', ...chat, ...stream }, headers: { 'x-mock-split': '7' } },
  { what: 'chat, usage in every chunk', path: '/v1/chat/completions', body: { model: 'gpt', ...chat, ...stream }, headers: { 'x-mock-usage-in-every-chunk': '1' } },
  { what: 'chat, cached and reasoning', path: '/v1/chat/completions', body: { model: 'gpt', ...chat }, headers: { 'x-mock-input-tokens': '900', 'x-mock-cached-tokens': '400', 'x-mock-output-tokens': '300', 'x-mock-reasoning-tokens': '120' } },
  { what: 'completions, stream', path: '/v1/completions', body: { model: 'gpt', prompt: 'hello', ...stream } },
  { what: 'embeddings', path: '/v1/embeddings', body: { model: 'gpt', input: ['a', 'b'] } },
  { what: 'responses', path: '/v1/responses', body: { model: 'gpt', input: 'hello' } },
  { what: 'responses, stream', path: '/v1/responses', body: { model: 'gpt', input: 'hello', ...stream } },
  { what: 'messages', path: '/v1/messages', body: message },
  { what: 'messages, stream', path: '/v1/messages', body: { ...message, ...stream }, headers: { 'x-mock-cached-tokens': '3', 'x-mock-input-tokens': '9' } },
  { what: 'after a 429', path: '/v1/chat/completions', body: { model: 'gpt', ...chat }, headers: { 'x-mock-provider': 'first', 'x-mock-status': '429' } },
  { what: 'stream after a 503', path: '/v1/chat/completions', body: { model: 'gpt', ...chat, ...stream }, headers: { 'x-mock-provider': 'first', 'x-mock-status': '503' } },
  { what: 'after a reset', path: '/v1/chat/completions', body: { model: 'renamed', ...chat }, headers: { 'x-mock-provider': 'first', 'x-mock-cut-after-chunks': '0' } },
  { what: 'renamed, stream', path: '/v1/chat/completions', body: { model: 'renamed', ...chat, ...stream } },
  { what: 'an error', path: '/v1/chat/completions', body: { model: 'single', ...chat }, headers: { 'x-mock-status': '400' }, status: 400 },
  { what: 'an error of all', path: '/v1/chat/completions', body: { model: 'gpt', ...chat }, headers: { 'x-mock-status': '500' }, status: 500 },
  { what: 'an unknown model', path: '/v1/chat/completions', body: { model: 'nope', ...chat }, status: 404 },
]
const ROUNDS = 60

describe('what was served is what was charged', () => {
  const cleanup = createCleanup()
  let counters: Counters
  let gateway: Gateway
  let client: Client
  let mocks: { first: MockProvider; second: MockProvider; anthropic: MockProvider }

  before(async () => {
    const redis = cleanup.defer(await startRedis(), (each) => each.stop())
    counters = cleanup.defer(openCounters(redis), (each) => each.close())
    const mock = async (name: string, api: 'openai' | 'anthropic') => cleanup.defer(await startMockProvider({ api, name, address: '127.0.0.1:0' }), (each) => each.close())
    mocks = { first: await mock('first', 'openai'), second: await mock('second', 'openai'), anthropic: await mock('anthropic', 'anthropic') }
    const ports = { first: mocks.first.port, second: mocks.second.port, anthropic: mocks.anthropic.port }
    const start = {
      yaml: yaml(ports, `"unix:${redis.store.kind === 'redis' ? redis.store.url : ''}"`),
      files: Object.fromEntries(Object.keys(costs).map((name) => [`${name}.yaml`, limitFile(name)])),
      environment: { FIRST_KEY: 'key-one', SECOND_KEY: 'key-two' },
    }
    gateway = cleanup.defer(await startGateway(start), (each) => each.stop())
    client = cleanup.defer(createClient(gateway.url), (each) => each.close())
  })
  after(() => cleanup.run())

  function served(): ModelTotals {
    const totals = Object.values(mocks).map((mock) => mock.served().total)
    const sum = (read: (each: ModelTotals) => number) => totals.reduce((total, each) => total + read(each), 0)
    return {
      requests: sum((each) => each.requests),
      withoutUsage: sum((each) => each.withoutUsage),
      inputTokens: sum((each) => each.inputTokens),
      cachedInputTokens: sum((each) => each.cachedInputTokens),
      cacheCreationInputTokens: sum((each) => each.cacheCreationInputTokens),
      outputTokens: sum((each) => each.outputTokens),
      reasoningTokens: sum((each) => each.reasoningTokens),
      errors: sum((each) => each.errors),
      aborted: { requests: sum((each) => each.aborted.requests), inputTokens: sum((each) => each.aborted.inputTokens), outputTokens: sum((each) => each.aborted.outputTokens) },
    }
  }

  const lineOf = (user: string) => until(`the line of ${user}`, () => gateway.exchanges().find((line) => JSON.stringify(line['caller']) === JSON.stringify({ user })))

  it('over a mixed run of JSON, streams, encodings, retries and errors, to the token', async (test) => {
    await inParallel(kinds.length * ROUNDS, 32, async (index) => {
      const kind = kinds[index % kinds.length]
      if (kind === undefined) return
      const answer = await client.post(kind.path, kind.body, { 'x-user-id': `user${index % 7}`, ...kind.headers })
      assert.equal(answer.status, kind.status ?? 200, `${kind.what}: ${answer.body.slice(0, 300)}`)
    })
    const books = served()
    assert.equal(books.withoutUsage, 0)
    assert.ok(books.requests >= 20 * ROUNDS)
    const expected = { all: books.inputTokens + books.outputTokens, input: books.inputTokens, output: books.outputTokens, cached: books.cachedInputTokens, reasoning: books.reasoningTokens }
    // The charge of the last request travels after its answer.
    await until('all charges have arrived', async () => (await counters.sum('all')) >= expected.all)
    test.diagnostic('cost        served by the mocks   charged')
    for (const [name, tokens] of Object.entries(expected)) {
      const charged = await counters.sum(name)
      test.diagnostic(`${name.padEnd(12)}${String(tokens).padStart(19)}${String(charged).padStart(10)}`)
      assert.equal(charged, tokens, name)
    }
    // Log lines come a few milliseconds late.
    const answered = await until('every answer is in the log', () => {
      const lines = gateway.exchanges().filter((line) => line['outcome'] === 'answered')
      return lines.length >= books.requests && lines
    })
    assert.equal(answered.length, books.requests)
    assert.equal(answered.filter((line) => line['estimated'] === true).length, 0)
    assert.equal(await counters.sum('all', 'model_single_'), 0, 'errors cost nothing')
    assert.equal(await counters.sum('all', 'model_nope'), 0)
  })

  it('is estimated, flagged and near for streams that are cut, by either side', async (test) => {
    for (const mock of Object.values(mocks)) mock.reset()
    const before = { all: await counters.sum('all') }
    const count = 60
    const words = 'word '.repeat(400)
    const body = { model: 'single', messages: [{ role: 'user', content: words }], stream: true }
    await inParallel(count, 16, async (index) => {
      const slow = { 'x-user-id': 'leaver', 'x-mock-chunks': '60', 'x-mock-output-tokens': '60', 'x-mock-chunk-delay-ms': '10', 'x-mock-input-tokens': '500' }
      if (index % 2 === 0) await client.leave('/v1/chat/completions', body, { headers: slow, afterBytes: 6_000 })
      else await client.post('/v1/chat/completions', body, { ...slow, 'x-mock-cut-after-chunks': '30' }).catch(() => undefined)
    })
    // Told apart by their caller: lines of the errors before them may still be on their way.
    const lines = await until('every cut exchange is reported', () => {
      const cut = gateway.exchanges().filter((line) => JSON.stringify(line['caller']) === '{"user":"leaver"}')
      return cut.length >= count && cut
    })
    assert.equal(lines.length, count)
    assert.deepEqual([...new Set(lines.map((line) => `${String(line['outcome'])} ${String(line['estimated'])}`))], ['aborted true'])
    const reported = lines.reduce((total, line) => total + Number(line['total_tokens']), 0)
    // The counters follow the last metadata that Envoy got, at most 250 ms older than what the log says.
    const charged = await until('the charges have arrived', async () => {
      const sum = (await counters.sum('all')) - before.all
      return sum > reported * 0.9 ? sum : undefined
    })
    const books = await until('the mocks have noticed', () => (served().aborted.requests === count ? served().aborted : undefined))
    const truth = books.inputTokens + books.outputTokens
    test.diagnostic(`cut streams: served ${truth}, charged ${charged}, in the log ${reported}`)
    // Input is guessed from bytes / 4 (2,000 letters say 500 tokens), output from the events that were seen.
    assert.ok(Math.abs(charged - truth) / truth < 0.15, `charged ${charged}, served ${truth}`)
  })

  it('is never zero when a provider tells no usage', async () => {
    const before = await counters.sum('all', 'silent')
    const answer = await client.post('/v1/chat/completions', { model: 'single', ...chat }, { 'x-user-id': 'silent', 'x-mock-no-usage': '1' })
    assert.equal(answer.status, 200)
    assert.ok(Number(answer.headers['x-ai-gateway-tokens-used']) > 0)
    await until('the estimate is charged', async () => (await counters.sum('all', 'silent')) > before)
    const line = await lineOf('silent')
    assert.equal(line['estimated'], true)
  })

  it('is bounded and flagged when a provider lies', async () => {
    const lies: readonly [object, string, number][] = [
      [{ prompt_tokens: -5, completion_tokens: 10, total_tokens: 5 }, 'negative', 10],
      [{ prompt_tokens: 2 ** 63, completion_tokens: 1 }, 'too_large', 1_000_000_000],
      [{ prompt_tokens: 3.2, completion_tokens: 1 }, 'fractional', 5],
      [{ prompt_tokens: 5, completion_tokens: 1, total_tokens: 6, prompt_tokens_details: { cached_tokens: 99 } }, 'cached_exceeds_input', 6],
    ]
    for (const [usage, flag, charged] of lies) {
      const answer = await client.post('/v1/chat/completions', { model: 'single', ...chat }, { 'x-user-id': `liar-${flag}`, 'x-mock-usage': JSON.stringify(usage) })
      assert.equal(answer.status, 200)
      await until(`${flag} is charged`, async () => (await counters.sum('all', `liar-${flag}`)) === charged)
      const line = await lineOf(`liar-${flag}`)
      assert.ok(String(line['usage_flags']).includes(flag), flag)
    }
  })
})
