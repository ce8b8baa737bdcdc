// The official openai client, as its users have it, through the real Envoy and Tollgate: answers, streams, files, and its own error classes.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import OpenAI, { AuthenticationError, BadRequestError, InternalServerError, NotFoundError, RateLimitError, toFile } from 'openai'
import { startMockProvider } from '../../src/mock/mock-provider.ts'
import { createCleanup } from './support/cleanup.ts'
import { type Gateway, type LogLine, startGateway } from './support/gateway.ts'
import { until } from './support/until.ts'

const yaml = (port: number) => `
providers:
  openai: {api: openai, url: "http://127.0.0.1:${port}", credential: {env: MOCK_KEY}}
models:
  gpt-4o: {providers: [openai]}
  gpt-4o-mini: {providers: [openai]}
callers: [{headers: {user: x-user-id}}]
limits: [{file: ratelimit.yaml, cost: llm_total_token}]
`
const ratelimit = `
domain: tollgate
descriptors:
  - {key: user, value: poor, rate_limit: {unit: year, requests_per_unit: 10}}
`
const chat = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'Say hello to Grüße and 世界' }] }
const parameters = { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } }, required: ['city'] }
const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters } }]
const weather = { ...chat, messages: [{ role: 'user' as const, content: 'get weather in Paris' }], tools }

describe('the official openai client', () => {
  const cleanup = createCleanup()
  let gateway: Gateway
  let client: OpenAI

  before(async () => {
    const mock = cleanup.defer(await startMockProvider({ api: 'openai', address: '127.0.0.1:0', apiKey: 'sk-configured' }), (each) => each.close())
    const start = { yaml: yaml(mock.port), files: { 'ratelimit.yaml': ratelimit }, environment: { MOCK_KEY: 'sk-configured' } }
    gateway = cleanup.defer(await startGateway(start), (each) => each.stop())
    client = createClient('alice')
  })
  after(() => cleanup.run())

  function createClient(user: string | undefined): OpenAI {
    return new OpenAI({ apiKey: 'the-clients-own', baseURL: `${gateway.url}/v1`, maxRetries: 0, ...(user === undefined ? {} : { defaultHeaders: { 'x-user-id': user } }) })
  }

  /** The log lines of a user, once there are `count`; each test that looks has a user of its own, because lines come late. */
  function linesOf(user: string, count: number): Promise<LogLine[]> {
    return until(`${count} exchanges of ${user} are logged`, () => {
      const lines = gateway.exchanges().filter((line) => JSON.stringify(line['caller']) === JSON.stringify({ user }))
      return lines.length >= count ? lines : undefined
    })
  }

  it('chats, and the answer says who served it and what it cost', async () => {
    const { data, response } = await client.chat.completions.create(chat).withResponse()
    assert.match(data.choices[0]?.message.content ?? '', /Say hello to Grüße and 世界/)
    assert.equal(response.headers.get('x-ai-gateway-tokens-used'), String(data.usage?.total_tokens))
    assert.equal(response.headers.get('x-ai-provider'), 'openai')
    assert.equal(response.headers.get('x-tollgate-model'), 'gpt-4o')
  })

  it('streams a chat without the usage that only we asked for', async () => {
    const streamer = createClient('streamer')
    const whole = await streamer.chat.completions.create(chat)
    const chunks: OpenAI.ChatCompletionChunk[] = []
    for await (const chunk of await streamer.chat.completions.create({ ...chat, stream: true })) chunks.push(chunk)
    assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''), whole.choices[0]?.message.content)
    assert.deepEqual(chunks.filter((chunk) => chunk.choices.length === 0 || (chunk.usage ?? null) !== null), [])
    const lines = await linesOf('streamer', 2)
    assert.deepEqual(lines.map((line) => [line['total_tokens'], line['estimated'], line['stream']]), [false, true].map((isStream) => [whole.usage?.total_tokens, false, isStream]))
  })

  it('streams a chat with its usage when asked to', async () => {
    const chunks: OpenAI.ChatCompletionChunk[] = []
    for await (const chunk of await createClient('curious').chat.completions.create({ ...chat, stream: true, stream_options: { include_usage: true } })) chunks.push(chunk)
    const withUsage = chunks.filter((chunk) => (chunk.usage ?? null) !== null)
    assert.equal(withUsage.length, 1)
    assert.deepEqual(withUsage[0]?.choices, [])
    assert.equal(withUsage[0]?.usage?.total_tokens, (await linesOf('curious', 1))[0]?.['total_tokens'])
  })

  it('calls tools, whole and streamed', async () => {
    const whole = await client.chat.completions.create(weather)
    const streamed = await client.chat.completions.stream(weather).finalChatCompletion()
    for (const { choices } of [whole, streamed]) {
      assert.equal(choices[0]?.finish_reason, 'tool_calls')
      const call = choices[0]?.message.tool_calls?.[0]
      assert.deepEqual(call?.type === 'function' ? [call.function.name, JSON.parse(call.function.arguments)] : call, ['get_weather', { city: 'Paris', days: 1 }])
    }
  })

  it('embeds, in the base64 that it asks for by itself', async () => {
    const answer = await client.embeddings.create({ model: 'gpt-4o', input: ['one', 'two'], dimensions: 8 })
    assert.deepEqual(answer.data.map((item) => item.embedding.length), [8, 8])
    assert.ok(answer.data.flatMap((item) => item.embedding).every((value) => Math.abs(value) <= 1))
  })

  it('streams legacy completions without the usage that only we asked for', async () => {
    const veteran = createClient('veteran')
    const whole = await veteran.completions.create({ model: 'gpt-4o', prompt: 'Once upon' })
    const chunks: OpenAI.Completion[] = []
    for await (const chunk of await veteran.completions.create({ model: 'gpt-4o', prompt: 'Once upon', stream: true })) chunks.push(chunk)
    assert.equal(chunks.map((chunk) => chunk.choices[0]?.text ?? '').join(''), whole.choices[0]?.text)
    assert.deepEqual(chunks.filter((chunk) => (chunk.usage ?? null) !== null), [])
    const lines = await linesOf('veteran', 2)
    assert.deepEqual(lines.map((line) => [line['total_tokens'], line['estimated']]), [whole, whole].map(({ usage }) => [usage?.total_tokens, false]))
  })

  it('uses the Responses API, whole, streamed and with a tool', async () => {
    const whole = await client.responses.create({ model: 'gpt-4o', input: 'Say hello' })
    assert.match(whole.output_text, /Say hello/)
    const streamed = await client.responses.stream({ model: 'gpt-4o', input: 'Say hello' }).finalResponse()
    assert.deepEqual([streamed.output_text, streamed.usage], [whole.output_text, whole.usage])
    const tool = { type: 'function' as const, name: 'get_weather', parameters, strict: false }
    const called = await client.responses.stream({ model: 'gpt-4o', input: 'hi', tools: [tool], tool_choice: 'required' }).finalResponse()
    const [item] = called.output
    assert.deepEqual(item?.type === 'function_call' ? [item.name, JSON.parse(item.arguments)] : item, ['get_weather', { city: 'mock', days: 1 }])
  })

  it('lists models and retrieves one, from the configuration', async () => {
    const page = await client.models.list()
    assert.deepEqual(page.data.map((model) => model.id), ['gpt-4o', 'gpt-4o-mini'])
    assert.equal((await client.models.retrieve('gpt-4o-mini')).id, 'gpt-4o-mini')
    await assert.rejects(client.models.retrieve('gpt-9'), (error) => error instanceof NotFoundError && error.code === 'model_not_found')
  })

  it('sends files: a transcription and an image edit, charged from their usage', async () => {
    const sender = createClient('sender')
    const heard = await sender.audio.transcriptions.create({ model: 'gpt-4o', file: await toFile(Buffer.alloc(5_000, 7), 'hello.mp3') })
    assert.match(heard.text, /gpt-4o, which heard 5000 bytes/)
    const edited = await sender.images.edit({ model: 'gpt-4o', image: await toFile(Buffer.alloc(3_000, 1), 'dot.png', { type: 'image/png' }), prompt: 'make it blue' })
    assert.equal(edited.data?.length, 1)
    const [transcription, edit] = await linesOf('sender', 2)
    assert.deepEqual([transcription?.['format'], transcription?.['estimated'], edit?.['total_tokens']], ['openai-transcriptions', false, edited.usage?.total_tokens])
  })

  it('gets the very bytes of spoken text', async () => {
    const answer = await client.audio.speech.create({ model: 'gpt-4o', voice: 'alloy', input: 'Hello' })
    const expected = Buffer.alloc(5 * 64, 0x55)
    expected.writeUInt32BE(0xff_fb_90_00, 0)
    assert.equal(answer.headers.get('content-type'), 'audio/mpeg')
    assert.equal(Buffer.compare(Buffer.from(await answer.arrayBuffer()), expected), 0)
  })

  it('reads our refusals as its own errors', async () => {
    await assert.rejects(client.chat.completions.create({ ...chat, model: 'gpt-9' }), (error) => {
      assert.ok(error instanceof NotFoundError)
      assert.deepEqual([error.status, error.code, error.type, error.param], [404, 'model_not_found', 'invalid_request_error', 'model'])
      assert.match(error.message, /"gpt-9" does not exist here\. Known models: gpt-4o, gpt-4o-mini/)
      return true
    })
    await assert.rejects(createClient(undefined).chat.completions.create(chat), (error) => {
      assert.ok(error instanceof AuthenticationError)
      assert.deepEqual([error.status, error.code], [401, 'invalid_api_key'])
      assert.match(error.message, /x-user-id/)
      return true
    })
    await assert.rejects(client.responses.create({ model: 'gpt-4o', input: 'hi', background: true }), (error) => {
      assert.ok(error instanceof BadRequestError)
      assert.deepEqual([error.status, error.code, error.param], [400, 'unsupported_request', 'background'])
      return true
    })
    const broken = new OpenAI({ apiKey: 'k', baseURL: `${gateway.url}/v1`, maxRetries: 0, defaultHeaders: { 'x-user-id': 'alice' }, fetch: (url, init) => fetch(url, { ...init, body: '{"model":\n "gpt-4o",, }' }) })
    await assert.rejects(broken.chat.completions.create(chat), (error) => {
      assert.ok(error instanceof BadRequestError)
      assert.deepEqual([error.status, error.code, error.type], [400, 'malformed_request', 'invalid_request_error'])
      assert.match(error.message, /line 2, column 11/)
      return true
    })
  })

  it("gets the provider's own errors as they are, and is charged nothing", async () => {
    const unlucky = createClient('unlucky')
    await assert.rejects(unlucky.chat.completions.create(chat, { headers: { 'x-mock-status': '400' } }), (error) => {
      assert.ok(error instanceof BadRequestError)
      assert.deepEqual([error.status, error.type], [400, 'invalid_request_error'])
      assert.match(error.message, /The mock was told to fail with 400/)
      return true
    })
    await assert.rejects(unlucky.chat.completions.create(chat, { headers: { 'x-mock-status': '500' } }), (error) => {
      assert.ok(error instanceof InternalServerError)
      assert.equal(error.status, 500)
      assert.match(error.message, /The mock was told to fail with 500/)
      return true
    })
    for (const line of await linesOf('unlucky', 2)) assert.deepEqual([line['outcome'], line['costs']], ['provider_error', { llm_total_token: 0 }])
  })

  it('does not retry when a limit is used up', async () => {
    const poor = new OpenAI({ apiKey: 'k', baseURL: `${gateway.url}/v1`, maxRetries: 2, defaultHeaders: { 'x-user-id': 'poor' } })
    await poor.chat.completions.create(chat)
    const probe = { method: 'POST', headers: { 'x-user-id': 'poor', 'x-mock-input-tokens': '0', 'x-mock-output-tokens': '0' }, body: JSON.stringify(chat) }
    await until('the charge has arrived', async () => (await fetch(`${gateway.url}/v1/chat/completions`, probe)).status === 429)
    const countLimited = () => gateway.exchanges().filter((line) => line['outcome'] === 'limited').length
    const before = await until('the probe is logged', () => countLimited() || undefined)
    await assert.rejects(poor.chat.completions.create(chat), (error) => {
      assert.ok(error instanceof RateLimitError)
      assert.deepEqual([error.status, error.code, error.type], [429, 'rate_limit_exceeded', 'rate_limit_error'])
      assert.match(error.message, /user=poor: \d+ of 10 llm_total_token per year used/)
      assert.equal(error.headers.get('x-should-retry'), 'false')
      return true
    })
    // An answered request after it: a retry would have been logged before.
    await createClient('afterwards').chat.completions.create(chat)
    await linesOf('afterwards', 1)
    assert.equal(countLimited(), before + 1)
  })

  it('may leave in the middle of a stream: charged by estimate, and all is well afterwards', async () => {
    const leaver = createClient('leaver')
    const slow = { headers: { 'x-mock-chunks': '50', 'x-mock-chunk-delay-ms': '20' } }
    const stream = await leaver.chat.completions.create({ ...chat, stream: true }, slow)
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content !== undefined) stream.controller.abort()
    }
    const [line] = await linesOf('leaver', 1)
    assert.deepEqual([line?.['outcome'], line?.['estimated'], line?.['status']], ['aborted', true, 200])
    assert.ok(Number(line?.['total_tokens']) > 0)
    const next = await leaver.chat.completions.create(chat)
    assert.equal(next.choices[0]?.finish_reason, 'stop')
  })
})
