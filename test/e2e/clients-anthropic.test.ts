// The official Anthropic client, as its users have it, through the real Envoy and Tollgate: messages, streams, tools and its own error classes.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import Anthropic, { AuthenticationError, BadRequestError, InternalServerError, NotFoundError, RateLimitError } from '@anthropic-ai/sdk'
import { type MockProvider, startMockProvider } from '../../src/mock/mock-provider.ts'
import { createCleanup } from './support/cleanup.ts'
import { type Gateway, type LogLine, startGateway } from './support/gateway.ts'
import { until } from './support/until.ts'

const yaml = (port: number) => `
providers:
  anthropic: {api: anthropic, url: "http://127.0.0.1:${port}", credential: {env: MOCK_KEY}}
models:
  claude: {providers: [{use: anthropic, model: claude-sonnet-4-5}]}
callers: [{headers: {user: x-user-id}}]
limits: [{file: ratelimit.yaml, cost: llm_total_token}]
`
const ratelimit = `
domain: tollgate
descriptors:
  - {key: user, value: poor, rate_limit: {unit: year, requests_per_unit: 10}}
`
const asked = { model: 'claude', max_tokens: 100, messages: [{ role: 'user' as const, content: 'Say hello' }] }
const tools = [{ name: 'get_weather', input_schema: { type: 'object' as const, properties: { city: { type: 'string' }, days: { type: 'integer' } }, required: ['city'] } }]

describe('the official Anthropic client', () => {
  const cleanup = createCleanup()
  let mock: MockProvider
  let gateway: Gateway
  let client: Anthropic

  before(async () => {
    mock = cleanup.defer(await startMockProvider({ api: 'anthropic', address: '127.0.0.1:0', apiKey: 'sk-configured' }), (each) => each.close())
    const start = { yaml: yaml(mock.port), files: { 'ratelimit.yaml': ratelimit }, environment: { MOCK_KEY: 'sk-configured' } }
    gateway = cleanup.defer(await startGateway(start), (each) => each.stop())
    client = createClient('alice')
  })
  after(() => cleanup.run())

  function createClient(user: string | undefined, prefix = ''): Anthropic {
    return new Anthropic({ apiKey: 'the-clients-own', baseURL: `${gateway.url}${prefix}`, maxRetries: 0, ...(user === undefined ? {} : { defaultHeaders: { 'x-user-id': user } }) })
  }

  /** The log lines of a user, once there are `count`; each test that looks has a user of its own, because lines come late. */
  function linesOf(user: string, count: number): Promise<LogLine[]> {
    return until(`${count} exchanges of ${user} are logged`, () => {
      const lines = gateway.exchanges().filter((line) => JSON.stringify(line['caller']) === JSON.stringify({ user }))
      return lines.length >= count ? lines : undefined
    })
  }

  it('sends messages, whole and streamed, under the name that the gateway has for the model', async () => {
    const bob = createClient('bob')
    const whole = await bob.messages.create(asked)
    const streamed = await bob.messages.stream(asked).finalMessage()
    assert.match(whole.content[0]?.type === 'text' ? whole.content[0].text : '', /Say hello/)
    assert.deepEqual([streamed.content, streamed.stop_reason], [whole.content, 'end_turn'])
    const total = whole.usage.input_tokens + whole.usage.output_tokens
    assert.deepEqual([streamed.usage.input_tokens, streamed.usage.output_tokens], [whole.usage.input_tokens, whole.usage.output_tokens])
    const lines = await linesOf('bob', 2)
    assert.deepEqual(lines.map((line) => [line['model'], line['upstream_model'], line['total_tokens'], line['estimated']]), [whole, streamed].map(() => ['claude', 'claude-sonnet-4-5', total, false]))
    assert.deepEqual(mock.requests().slice(-2).map((request) => JSON.parse(request.body).model), ['claude-sonnet-4-5', 'claude-sonnet-4-5'])
  })

  it('works with /anthropic as its base, too', async () => {
    const message = await createClient('alice', '/anthropic').messages.create(asked)
    assert.equal(message.stop_reason, 'end_turn')
    assert.equal(mock.requests().at(-1)?.path, '/v1/messages')
  })

  it('uses tools, whole and streamed', async () => {
    const whole = await client.messages.create({ ...asked, tools, tool_choice: { type: 'any' } })
    const streamed = await client.messages.stream({ ...asked, tools, tool_choice: { type: 'tool', name: 'get_weather' } }).finalMessage()
    for (const message of [whole, streamed]) {
      assert.equal(message.stop_reason, 'tool_use')
      const [block] = message.content
      assert.deepEqual(block?.type === 'tool_use' ? [block.name, block.input] : block, ['get_weather', { city: 'Say', days: 1 }])
    }
  })

  it('counts what was read from and written to the prompt cache as input', async () => {
    const headers = { 'x-mock-input-tokens': '100', 'x-mock-cached-tokens': '60', 'x-mock-cache-creation-tokens': '10', 'x-mock-output-tokens': '5' }
    const { data, response } = await createClient('cached').messages.create(asked, { headers }).withResponse()
    assert.equal(data.usage.input_tokens, 30)
    assert.equal(response.headers.get('x-ai-gateway-tokens-used'), '105')
    const [line] = await linesOf('cached', 1)
    assert.deepEqual([line?.['input_tokens'], line?.['cached_input_tokens'], line?.['cache_creation_input_tokens']], [100, 60, 10])
  })

  it('counts tokens for nothing', async () => {
    const counted = await createClient('counter').messages.countTokens({ model: asked.model, messages: asked.messages })
    assert.equal(counted.input_tokens, (await client.messages.create(asked)).usage.input_tokens)
    assert.deepEqual((await linesOf('counter', 1))[0]?.['costs'], { llm_total_token: 0 })
  })

  it('lists models and retrieves one, in its own words', async () => {
    const page = await client.models.list()
    assert.deepEqual(page.data.map((model) => [model.type, model.id, model.display_name]), [['model', 'claude', 'claude']])
    assert.equal((await client.models.retrieve('claude')).type, 'model')
  })

  it('reads our refusals as its own errors', async () => {
    await assert.rejects(client.messages.create({ ...asked, model: 'claude-9' }), (error) => {
      assert.ok(error instanceof NotFoundError)
      assert.deepEqual([error.status, error.type], [404, 'not_found_error'])
      assert.match(error.message, /"claude-9\\" does not exist here\. Known models: claude/)
      return true
    })
    await assert.rejects(createClient(undefined).messages.create(asked), (error) => {
      assert.ok(error instanceof AuthenticationError)
      assert.deepEqual([error.status, error.type], [401, 'authentication_error'])
      assert.match(error.message, /x-user-id/)
      return true
    })
    const broken = new Anthropic({ apiKey: 'k', baseURL: gateway.url, maxRetries: 0, defaultHeaders: { 'x-user-id': 'alice' }, fetch: (url, init) => fetch(url, { ...init, body: '{"model": "claude"' }) })
    await assert.rejects(broken.messages.create(asked), (error) => {
      assert.ok(error instanceof BadRequestError)
      assert.deepEqual([error.status, error.type], [400, 'invalid_request_error'])
      assert.match(error.message, /line 1, column 19/)
      return true
    })
  })

  it("gets the provider's own errors as they are", async () => {
    await assert.rejects(client.messages.create(asked, { headers: { 'x-mock-status': '400' } }), (error) => error instanceof BadRequestError && error.type === 'invalid_request_error')
    await assert.rejects(client.messages.create(asked, { headers: { 'x-mock-status': '529' } }), (error) => error instanceof InternalServerError && error.status === 529 && error.type === 'overloaded_error')
  })

  it('does not retry when a limit is used up', async () => {
    const poor = new Anthropic({ apiKey: 'k', baseURL: gateway.url, maxRetries: 2, defaultHeaders: { 'x-user-id': 'poor' } })
    await poor.messages.create(asked)
    const probe = { method: 'POST', headers: { 'x-user-id': 'poor', 'anthropic-version': '2023-06-01', 'x-mock-input-tokens': '0', 'x-mock-output-tokens': '0' }, body: JSON.stringify(asked) }
    await until('the charge has arrived', async () => (await fetch(`${gateway.url}/v1/messages`, probe)).status === 429)
    const countLimited = () => gateway.exchanges().filter((line) => line['outcome'] === 'limited').length
    const before = await until('the probe is logged', () => countLimited() || undefined)
    await assert.rejects(poor.messages.create(asked), (error) => {
      assert.ok(error instanceof RateLimitError)
      assert.deepEqual([error.status, error.type, error.headers.get('x-should-retry')], [429, 'rate_limit_error', 'false'])
      assert.match(error.message, /user=poor: \d+ of 10 llm_total_token per year used/)
      return true
    })
    // An answered request after it: a retry would have been logged before.
    await createClient('afterwards').messages.create(asked)
    await linesOf('afterwards', 1)
    assert.equal(countLimited(), before + 1)
  })

  it('may leave in the middle of a stream: charged by estimate, and all is well afterwards', async () => {
    const leaver = createClient('leaver')
    const stream = leaver.messages.stream(asked, { headers: { 'x-mock-chunks': '50', 'x-mock-chunk-delay-ms': '20' } })
    stream.once('text', () => stream.abort())
    await assert.rejects(stream.finalMessage(), Anthropic.APIUserAbortError)
    const [line] = await linesOf('leaver', 1)
    assert.deepEqual([line?.['outcome'], line?.['estimated'], line?.['status']], ['aborted', true, 200])
    assert.ok(Number(line?.['total_tokens']) > 0)
    assert.equal((await leaver.messages.create(asked)).stop_reason, 'end_turn')
  })
})
