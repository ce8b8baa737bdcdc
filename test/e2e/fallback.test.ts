// Two providers behind one model, through the whole product: the second answers when the first fails, with its own key, path and model name.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { createCleanup } from './support/cleanup.ts'
import { type Gateway, type LogLine, startGateway } from './support/gateway.ts'
import { type Client, createClient } from './support/send.ts'
import { until } from './support/until.ts'
import { type Behaviour, closedPort, startUpstream, type Upstream } from './support/upstream.ts'

const yaml = (ports: Readonly<Record<'first' | 'second' | 'refused' | 'message', number>>) => `
providers:
  first: {api: openai, url: "http://127.0.0.1:${ports.first}", credential: {env: FIRST_KEY}, headers: {x-account: "of the first"}}
  second: {api: openai, url: "http://127.0.0.1:${ports.second}", credential: {env: SECOND_KEY}}
  first-prefixed: {api: openai, url: "http://127.0.0.1:${ports.first}/one", credential: {env: FIRST_KEY}}
  second-prefixed: {api: openai, url: "http://127.0.0.1:${ports.second}/two/api", credential: {env: SECOND_KEY}}
  open: {api: openai, url: "http://127.0.0.1:${ports.second}"}
  refused: {api: openai, url: "http://127.0.0.1:${ports.refused}"}
  nameless: {api: openai, url: "http://provider.invalid"}
  keyless: {api: openai, url: "http://127.0.0.1:${ports.first}/keyless", credential: {env: KEY_THAT_NOBODY_SET}}
  message: {api: anthropic, url: "http://127.0.0.1:${ports.message}"}
models:
  plain: {providers: [first, second]}
  renamed: {providers: [{use: first, model: first/name}, {use: second, model: the-second-name}]}
  prefixed: {providers: [{use: first-prefixed, model: m1}, {use: second-prefixed, model: m2}]}
  open: {providers: [first, open]}
  down: {providers: [refused, second]}
  nobody: {providers: [refused, nameless]}
  keyless: {providers: [keyless]}
  rather: {providers: [keyless, second]}
  claude: {providers: [message]}
callers: [{headers: {user: x-user-id}}]
cool_down: off
`
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
const answerOf = (name: string): Behaviour => ({ status: 200, body: JSON.stringify({ object: 'chat.completion', model: name, choices: [], usage }) })
const streamOf = (name: string): Behaviour => ({
  status: 200,
  headers: { 'content-type': 'text/event-stream' },
  body: `data: ${JSON.stringify({ model: name, choices: [{ index: 0, delta: { content: 'hi' } }] })}\n\ndata: ${JSON.stringify({ model: name, choices: [], usage })}\n\ndata: [DONE]\n\n`,
})

describe('a chain of two providers', () => {
  const cleanup = createCleanup()
  let first: Upstream
  let second: Upstream
  let gateway: Gateway
  let client: Client
  let users = 0

  before(async () => {
    first = cleanup.defer(await startUpstream(), (each) => each.close())
    second = cleanup.defer(await startUpstream(), (each) => each.close())
    const refused = await closedPort()
    const environment = { FIRST_KEY: 'key-one', SECOND_KEY: 'key-two' }
    gateway = cleanup.defer(await startGateway({ yaml: yaml({ first: first.port, second: second.port, refused, message: refused }), environment }), (each) => each.stop())
    client = cleanup.defer(createClient(gateway.url), (each) => each.close())
  })
  beforeEach(() => {
    for (const upstream of [first, second]) upstream.seen.length = 0
    first.behaviour = answerOf('first')
    second.behaviour = answerOf('second')
  })
  after(() => cleanup.run())

  /** Asks as a new user, and waits for the exchange to be logged. */
  async function ask(model: string, { path = '/v1/chat/completions', stream = false } = {}) {
    users += 1
    const user = `user-${users}`
    const answer = await client.post(path, { model, messages: [{ role: 'user', content: 'hi' }], ...(stream ? { stream } : {}) }, { 'x-user-id': user, authorization: 'Bearer of-the-client' })
    const line = await until<LogLine>('the exchange is logged', () => gateway.exchanges().find((each) => JSON.stringify(each['caller']) === JSON.stringify({ user })))
    return { ...answer, line }
  }

  it('asks only the first when it answers', async () => {
    const { status, headers, line } = await ask('plain')
    assert.deepEqual([status, headers['x-ai-provider'], second.seen.length], [200, 'first', 0])
    assert.deepEqual([line['provider'], line['attempts'], line['total_tokens']], ['first', 1, 15])
    assert.deepEqual([first.seen[0]?.headers['authorization'], first.seen[0]?.headers['x-account']], ['Bearer key-one', 'of the first'])
  })

  for (const [what, behaviour] of [
    ['429', { status: 429, body: '{"error":{"message":"slow down"}}' }],
    ['503', { status: 503 }],
    ['a broken connection', 'reset'],
  ] as const) {
    it(`asks the second after ${what}, with its own key and headers only`, async () => {
      first.behaviour = behaviour
      const { status, headers, body, line } = await ask('plain')
      assert.deepEqual([status, headers['x-ai-provider'], headers['x-ai-gateway-tokens-used'], JSON.parse(body).model], [200, 'second', '15', 'second'])
      assert.deepEqual([line['provider'], line['attempts'], line['outcome'], line['total_tokens']], ['second', 2, 'answered', 15])
      assert.equal(first.seen.length, 1)
      assert.deepEqual([second.seen[0]?.headers['authorization'], second.seen[0]?.headers['x-account']], ['Bearer key-two', undefined])
      assert.equal(second.seen[0]?.body, first.seen[0]?.body)
    })
  }

  it('asks the second when the first refuses connections', async () => {
    const { status, headers, line } = await ask('down')
    assert.deepEqual([status, headers['x-ai-provider'], line['provider'], line['attempts']], [200, 'second', 'second', 2])
  })

  it('streams from the second when the first fails', async () => {
    first.behaviour = { status: 500 }
    second.behaviour = streamOf('second')
    const { status, headers, body, line } = await ask('plain', { stream: true })
    assert.deepEqual([status, headers['x-ai-provider'], body], [200, 'second', 'data: {"model":"second","choices":[{"index":0,"delta":{"content":"hi"}}]}\n\ndata: [DONE]\n\n'])
    assert.deepEqual([line['provider'], line['total_tokens'], line['estimated']], ['second', 15, false])
  })

  it('gives no key of the first to a second that has none', async () => {
    first.behaviour = { status: 500 }
    assert.equal((await ask('open')).headers['x-ai-provider'], 'open')
    assert.deepEqual([second.seen[0]?.headers['authorization'], second.seen[0]?.headers['x-account']], [undefined, undefined])
  })

  it('asks each for its own name of the model', async () => {
    first.behaviour = { status: 503 }
    const { headers, line } = await ask('renamed')
    assert.deepEqual([first, second].map(({ seen }) => JSON.parse(seen[0]?.body ?? '{}').model), ['first/name', 'the-second-name'])
    assert.deepEqual([first, second].map(({ seen }) => Number(seen[0]?.headers['content-length'])), [first, second].map(({ seen }) => Buffer.byteLength(seen[0]?.body ?? '')))
    assert.deepEqual([headers['x-tollgate-model'], line['model'], line['upstream_model']], ['renamed', 'renamed', 'the-second-name'])
    assert.equal(second.seen[0]?.headers['authorization'], 'Bearer key-two')
  })

  it('asks each under its own path prefix', async () => {
    first.behaviour = { status: 429 }
    const { status, headers } = await ask('prefixed', { path: '/v1/chat/completions?api-version=1' })
    assert.deepEqual([status, headers['x-ai-provider']], [200, 'second-prefixed'])
    assert.deepEqual([first, second].map(({ seen }) => seen[0]?.path), ['/one/v1/chat/completions?api-version=1', '/two/api/v1/chat/completions?api-version=1'])
    assert.deepEqual([first, second].map(({ seen }) => JSON.parse(seen[0]?.body ?? '{}').model), ['m1', 'm2'])
    assert.deepEqual([first, second].map(({ seen }) => seen[0]?.headers['authorization']), ['Bearer key-one', 'Bearer key-two'])
  })

  it('passes the last error when all fail, and charges nothing', async () => {
    first.behaviour = { status: 429, body: '{"error":{"message":"of the first"}}' }
    second.behaviour = { status: 500, body: '{"error":{"message":"of the second"}}' }
    const { status, headers, body, line } = await ask('plain')
    assert.deepEqual([status, body, headers['x-ai-provider']], [500, '{"error":{"message":"of the second"}}', 'second'])
    assert.deepEqual([line['outcome'], line['attempts'], line['costs']], ['provider_error', 2, { llm_total_token: 0 }])
  })

  it('answers 503 in the client’s format when nobody can be reached, and charges nothing', async () => {
    const { status, body, headers, line } = await ask('nobody')
    assert.deepEqual([status, headers['content-type'], JSON.parse(body).error.code, JSON.parse(body).error.type], [503, 'application/json', 'provider_unreachable', 'server_error'])
    assert.deepEqual([line['outcome'], line['costs']], ['envoy_error', { llm_total_token: 0 }])
    const message = await ask('claude', { path: '/v1/messages' })
    assert.deepEqual([message.status, JSON.parse(message.body).type, JSON.parse(message.body).error.type], [503, 'error', 'api_error'])
    assert.deepEqual(message.line['costs'], { llm_total_token: 0 })
  })

  it('passes over a provider whose key is missing, and says so when there is no other', async () => {
    assert.equal((await ask('rather')).headers['x-ai-provider'], 'second')
    const { status, body } = await ask('keyless')
    assert.deepEqual([status, JSON.parse(body).error.code], [503, 'no_provider_available'])
    assert.match(JSON.parse(body).error.message, /No provider of the model keyless can be called: their credentials are missing/)
    assert.equal(first.seen.length, 0)
  })
})
