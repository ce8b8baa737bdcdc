// OpenAI says 429, Claude answers, and the client cannot tell but by a header: the official OpenAI client through the real Envoy, on every
// form of the provider chain.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import OpenAI, { APIError, UnprocessableEntityError } from 'openai'
import { type MockProvider, startMockProvider } from '../../src/mock/mock-provider.ts'
import { createCleanup } from './support/cleanup.ts'
import { envoyBinary, envoysUnderTest } from './support/envoy-binaries.ts'
import { type Gateway, startGateway } from './support/gateway.ts'

const asked = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'Say hello' }] }

for (const { version, skip } of envoysUnderTest().filter(({ version: each }) => each === '1.38' || each === '1.40')) {
  describe(`Envoy ${version}: a fallback from OpenAI to Anthropic`, { skip }, () => {
    const cleanup = createCleanup()
    let openai: MockProvider
    let anthropic: MockProvider
    let gateway: Gateway
    let client: OpenAI

    before(async () => {
      openai = cleanup.defer(await startMockProvider({ api: 'openai', address: '127.0.0.1:0', apiKey: 'openai-key' }), (each) => each.close())
      anthropic = cleanup.defer(await startMockProvider({ api: 'anthropic', address: '127.0.0.1:0', apiKey: 'anthropic-key' }), (each) => each.close())
      const yaml = `
providers:
  openai: {api: openai, url: "http://127.0.0.1:${openai.port}", credential: {env: OPENAI_TEST_KEY}}
  anthropic: {api: anthropic, url: "http://127.0.0.1:${anthropic.port}", credential: {env: ANTHROPIC_TEST_KEY}}
models:
  gpt-4o: {providers: [openai, {use: anthropic, model: claude-sonnet-4-5}]}
  claude: {providers: [{use: anthropic, model: claude-sonnet-4-5}]}
`
      const environment = { OPENAI_TEST_KEY: 'openai-key', ANTHROPIC_TEST_KEY: 'anthropic-key' }
      gateway = cleanup.defer(await startGateway({ yaml, environment, envoy: envoyBinary(version) }), (each) => each.stop())
      client = new OpenAI({ apiKey: 'the-clients-own', baseURL: `${gateway.url}/v1`, maxRetries: 0 })
    })
    after(() => cleanup.run())

    const failing = { headers: { 'x-mock-provider': 'openai', 'x-mock-status': '429' } }

    it('answers from OpenAI as long as it can, without a second look at the body', async () => {
      const { data, response } = await client.chat.completions.create(asked).withResponse()
      assert.match(data.choices[0]?.message.content ?? '', /Say hello/)
      assert.equal(response.headers.get('x-ai-provider'), 'openai')
    })

    it('answers from Anthropic after a 429, whole and streamed, and charges what Anthropic counted', async () => {
      anthropic.reset()
      const { data, response } = await client.chat.completions.create(asked, failing).withResponse()
      assert.match(data.choices[0]?.message.content ?? '', /Say hello/)
      assert.deepEqual([data.object, data.model, data.choices[0]?.finish_reason], ['chat.completion', 'gpt-4o', 'stop'])
      assert.deepEqual(['x-ai-provider', 'x-tollgate-model', 'content-type'].map((name) => response.headers.get(name)), ['anthropic', 'gpt-4o', 'application/json'])
      assert.equal(response.headers.get('x-ai-gateway-tokens-used'), String(data.usage?.total_tokens))
      const stream = client.chat.completions.stream({ ...asked, stream_options: { include_usage: true } }, failing)
      const streamed = await stream.finalChatCompletion()
      assert.equal(streamed.choices[0]?.message.content, data.choices[0]?.message.content)
      assert.deepEqual(streamed.usage?.total_tokens, data.usage?.total_tokens)
      const served = anthropic.served()
      assert.equal(served.total.requests, 2)
      const sent = anthropic.requests().at(-1)
      assert.deepEqual([sent?.path, sent?.headers['x-api-key'], sent?.headers['authorization']], ['/v1/messages', 'anthropic-key', undefined])
    })

    it('tells Anthropic neither who was asked before nor who else could be', () => {
      const names = anthropic.requests().map(({ headers }) => Object.keys(headers).filter((name) => /^x-(?:envoy|tollgate)-/.test(name)))
      assert.deepEqual(names, [[], []])
    })

    it("is an error in the client's words when an answer breaks off, though the attempt has changed the path", async () => {
      const cut = { headers: { 'x-mock-cut-after-chunks': '1' } }
      await assert.rejects(client.chat.completions.create({ ...asked, model: 'claude' }, cut), (error) => error instanceof APIError && error.status === 502 && error.code === 'provider_error')
    })

    it('names what Anthropic was not told', async () => {
      const { response } = await client.chat.completions.create({ ...asked, model: 'claude', seed: 7, presence_penalty: 0.5 }).withResponse()
      const dropped = response.headers.get('x-tollgate-dropped-params')?.split(', ').toSorted()
      assert.deepEqual(dropped, ['presence_penalty', 'seed'])
    })

    it('refuses what would change the answer, and as a fallback says that the first provider failed', async () => {
      const twice = { ...asked, n: 2 }
      await assert.rejects(client.chat.completions.create({ ...twice, model: 'claude' }), (error) => error instanceof UnprocessableEntityError && error.param === 'n')
      await assert.rejects(client.chat.completions.create(twice, failing), (error) => error instanceof APIError && error.status === 503 && /anthropic cannot stand in for them/.test(error.message))
    })

    it('tells errors of Anthropic in OpenAI’s words, with their status', async () => {
      const both = { headers: { 'x-mock-status': '429' } }
      await assert.rejects(client.chat.completions.create(asked, both), (error) => error instanceof APIError && error.status === 429 && error.type === 'rate_limit_error')
    })
  })
}
