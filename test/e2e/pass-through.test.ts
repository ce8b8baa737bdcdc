// What a client sends is what its provider gets, byte for byte where nothing has to change, and nothing of the client's that is not the provider's business.

import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { type MockProvider, startMockProvider } from '../../src/mock/mock-provider.ts'
import type { RecordedRequest } from '../../src/mock/request-log.ts'
import { createCleanup } from './support/cleanup.ts'
import { type Gateway, startGateway } from './support/gateway.ts'
import { type Answer, type Client, createClient } from './support/send.ts'

const yaml = (openai: number, anthropic: number) => `
providers:
  openai: {api: openai, url: "http://127.0.0.1:${openai}", credential: {env: OPENAI_MOCK_KEY}, headers: {x-tenant: "100% blue"}}
  anthropic: {api: anthropic, url: "http://127.0.0.1:${anthropic}", credential: {env: ANTHROPIC_MOCK_KEY}}
models:
  gpt-4o: {providers: [openai]}
  gpt-4o-mini: {providers: [openai]}
  alias: {providers: [{use: openai, model: "upstream/name"}]}
  claude: {providers: [anthropic]}
default_model: gpt-4o-mini
routes:
  - {when: {headers: {priority: high}}, model: gpt-4o}
`
const MAX_BODY = 64 * 1024
const chatPath = '/v1/chat/completions'
const messages = '"messages":[{"role":"user","content":"hi"}]'

describe('what a client sends', () => {
  const cleanup = createCleanup()
  let openai: MockProvider
  let anthropic: MockProvider
  let gateway: Gateway
  let client: Client

  before(async () => {
    openai = cleanup.defer(await startMockProvider({ api: 'openai', address: '127.0.0.1:0', apiKey: 'sk-openai' }), (each) => each.close())
    anthropic = cleanup.defer(await startMockProvider({ api: 'anthropic', address: '127.0.0.1:0', apiKey: 'sk-anthropic' }), (each) => each.close())
    const environment = { OPENAI_MOCK_KEY: 'sk-openai', ANTHROPIC_MOCK_KEY: 'sk-anthropic' }
    gateway = cleanup.defer(await startGateway({ yaml: yaml(openai.port, anthropic.port), environment, envoySettings: { max_body: MAX_BODY } }), (each) => each.stop())
    client = cleanup.defer(createClient(gateway.url), (each) => each.close())
  })
  after(() => cleanup.run())

  async function post(body: string, headers: Readonly<Record<string, string>> = {}): Promise<RecordedRequest> {
    const answer = await client.post(chatPath, body, headers)
    assert.equal(answer.status, 200, answer.body)
    return openai.requests().at(-1) ?? assert.fail('the provider was not asked')
  }

  it('is JSON whatever its content-type says, and the provider is told so', async () => {
    const body = `{"model":"gpt-4o",${messages}}`
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', '']) {
      const seen = await post(body, { 'content-type': type })
      assert.deepEqual([seen.body, seen.headers['content-type']], [body, 'application/json'])
    }
    const seen = await post(body, { 'content-type': 'Application/JSON; charset=utf-8' })
    assert.equal(seen.headers['content-type'], 'Application/JSON; charset=utf-8')
  })

  it('may name its model in a header: the provider finds it in the body', async () => {
    assert.equal((await post(`{ ${messages}}`, { 'x-ai-eg-model': 'gpt-4o' })).body, `{"model":"gpt-4o", ${messages}}`)
    assert.equal((await post(`{"model":null,${messages}}`, { 'x-ai-eg-model': 'alias' })).body, `{"model":"upstream/name",${messages}}`)
  })

  it('is for the model of its body when the header says another', async () => {
    const body = `{"model":"gpt-4o",${messages}}`
    const seen = await post(body, { 'x-ai-eg-model': 'alias' })
    assert.deepEqual([seen.body, seen.headers['x-ai-eg-model']], [body, 'gpt-4o'])
  })

  it('is for the default model when it names none', async () => {
    assert.equal((await post(`{${messages}}`)).body, `{"model":"gpt-4o-mini",${messages}}`)
  })

  it('is for the model of the route that its headers match', async () => {
    assert.equal((await post(`{"model":"gpt-4o-mini",${messages}}`, { priority: 'high' })).body, `{"model":"gpt-4o",${messages}}`)
    assert.equal((await post(`{"model":"gpt-4o-mini",${messages}}`, { priority: 'low' })).body, `{"model":"gpt-4o-mini",${messages}}`)
  })

  it('arrives byte for byte, unknown members and all', async () => {
    // OpenAI would refuse the unknown members; others have members of their own.
    const taken = { 'x-mock-any-body': '1' }
    const odd = '"seed": 12345678901234567890,"temperature":1.0e0 ,"x":"\\u00e9\\/é世👋","nested":{"model":"other","model":"twice"},"":[ ]'
    const body = `\n{ "model" :"gpt-4o"\t, ${messages},${odd} } `
    assert.equal((await post(body, taken)).body, body)
    const renamed = await post(body.replace('gpt-4o', 'alias'), taken)
    assert.equal(renamed.body, body.replace('gpt-4o', 'upstream/name'))
    const stream = `{"model":"gpt-4o","stream":true,${messages},${odd}}`
    assert.equal((await post(stream, taken)).body, `{"stream_options":{"include_usage":true},${stream.slice(1)}`)
    const asked = `{"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true},${messages}}`
    assert.equal((await post(asked)).body, asked)
  })

  it('keeps its query and its other headers', async () => {
    const answer = await client.post(`${chatPath}?api-version=2&x=%20`, `{"model":"gpt-4o",${messages}}`, { 'openai-beta': 'assistants=v2', 'user-agent': 'me/1' })
    assert.equal(answer.status, 200)
    const seen = openai.requests().at(-1)
    assert.deepEqual([seen?.path, seen?.headers['openai-beta'], seen?.headers['user-agent']], [`${chatPath}?api-version=2&x=%20`, 'assistants=v2', 'me/1'])
  })

  it('never includes its credentials and cookies, or a header that steers Envoy', async () => {
    const secret = 'secret-of-the-client'
    const names = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'proxy-authorization', 'cookie', 'openai-organization', 'openai-project']
    const steering = ['x-envoy-upstream-rq-timeout-ms', 'x-envoy-retry-on', 'x-envoy-original-path', 'x-tollgate-provider', 'x-ai-eg-other']
    const headers = Object.fromEntries([...names, ...steering].map((name) => [name, secret]))
    const seen = await post(`{"model":"gpt-4o",${messages}}`, headers)
    assert.equal(JSON.stringify(seen.headers).includes(secret), false, JSON.stringify(seen.headers))
    assert.deepEqual([seen.headers['authorization'], seen.headers['x-tenant']], ['Bearer sk-openai', '100% blue'])
    const answer = await client.post('/v1/messages', `{"model":"claude","max_tokens":5,${messages}}`, headers)
    assert.equal(answer.status, 200, answer.body)
    const other = anthropic.requests().at(-1)
    assert.equal(JSON.stringify(other?.headers).includes(secret), false)
    assert.deepEqual([other?.headers['x-api-key'], other?.headers['anthropic-version'], other?.headers['x-tenant']], ['sk-anthropic', '2023-06-01', undefined])
  })

  it('may follow another request on the same connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const reused = () =>
      new Promise<boolean>((resolve, reject) => {
        const call = request(`${gateway.url}${chatPath}`, { method: 'POST', agent }, (response) => {
          response.on('end', () => resolve(call.reusedSocket)).on('error', reject).resume()
        })
        call.on('error', reject).end(`{"model":"gpt-4o",${messages}}`)
      })
    assert.deepEqual([await reused(), await reused(), await reused()], [false, true, true])
    agent.destroy()
  })

  it('is refused with 405 when the path takes another method', async () => {
    const get = await client.get(chatPath)
    assert.deepEqual([get.status, JSON.parse(get.body).error.code, get.headers['content-type']], [405, 'method_not_allowed', 'application/json'])
    assert.match(JSON.parse(get.body).error.message, /takes POST, not GET/)
    const head = await fetch(`${gateway.url}${chatPath}`, { method: 'HEAD' })
    assert.deepEqual([head.status, await head.text()], [405, ''])
    const posted = await client.post('/v1/models', '{}')
    assert.equal(posted.status, 405)
    const inAnthropicWords = await client.get('/v1/messages')
    assert.deepEqual([inAnthropicWords.status, JSON.parse(inAnthropicWords.body).error.type], [405, 'invalid_request_error'])
  })

  it('is refused with 413 in its own format when it is too large, said beforehand or not', async () => {
    const body = `{"model":"gpt-4o","padding":"${'x'.repeat(MAX_BODY)}",${messages}}`
    const before = openai.requests().length
    const told = await client.post(chatPath, body)
    const untold = await postChunked(chatPath, body)
    for (const answer of [told, untold]) {
      assert.deepEqual([answer.status, JSON.parse(answer.body).error.code, answer.headers['content-type']], [413, 'request_too_large', 'application/json'])
    }
    const message = await postChunked('/v1/messages', body)
    assert.deepEqual([message.status, JSON.parse(message.body).type, JSON.parse(message.body).error.type], [413, 'error', 'request_too_large'])
    assert.equal(openai.requests().length, before)
    const padding = MAX_BODY - body.length + MAX_BODY
    const fitting = `{"model":"gpt-4o","padding":"${'x'.repeat(padding)}",${messages}}`
    assert.equal(fitting.length, MAX_BODY)
    assert.equal((await postChunked(chatPath, fitting)).status, 200)
  })

  /** Without a content-length, in pieces. */
  function postChunked(path: string, body: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const call = request(`${gateway.url}${path}`, { method: 'POST', agent: false, headers: { 'content-type': 'application/json', 'x-mock-any-body': '1' } }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts).toString() }))
        response.on('error', reject)
      })
      call.on('error', reject)
      for (let at = 0; at < body.length; at += 10_000) call.write(body.slice(at, at + 10_000))
      call.end()
    })
  }
})
