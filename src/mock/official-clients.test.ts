// The official SDKs talk straight to the mock: what they accept, and read, is the shape of the real APIs.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI, { AuthenticationError, RateLimitError, toFile } from 'openai'
import { startMockProvider } from './mock-provider.ts'
import type { MockProvider } from './mock-provider.ts'

const weather = { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } }, required: ['city'] } as const

describe('the openai client', () => {
  let mock: MockProvider
  let client: OpenAI
  before(async () => {
    mock = await startMockProvider({ api: 'openai', address: '127.0.0.1:0', apiKey: 'right' })
    client = new OpenAI({ apiKey: 'right', baseURL: `${mock.url}/v1`, maxRetries: 0 })
  })
  after(() => mock.close())
  const messages = [{ role: 'user' as const, content: 'Say hello' }]
  const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: { ...weather } } }]

  it('chats', async () => {
    const answer = await client.chat.completions.create({ model: 'gpt-4o', messages })
    assert.match(answer.choices[0]?.message.content ?? '', /Say hello/)
    assert.equal(answer.usage?.total_tokens, (answer.usage?.prompt_tokens ?? 0) + (answer.usage?.completion_tokens ?? 0))
  })

  it('streams a chat with its usage', async () => {
    const stream = client.chat.completions.stream({ model: 'gpt-4o', messages, stream_options: { include_usage: true } })
    const answer = await stream.finalChatCompletion()
    assert.match(answer.choices[0]?.message.content ?? '', /Say hello/)
    assert.equal(answer.choices[0]?.finish_reason, 'stop')
    const usage = await stream.totalUsage()
    assert.ok(usage.completion_tokens > 0)
  })

  it('calls tools, whole and streamed', async () => {
    const asked = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'get weather in Paris' }], tools }
    const whole = await client.chat.completions.create(asked)
    const streamed = await client.chat.completions.stream(asked).finalChatCompletion()
    for (const answer of [whole, streamed]) {
      const [choice] = answer.choices
      assert.equal(choice?.finish_reason, 'tool_calls')
      const call = choice?.message.tool_calls?.[0]
      assert.deepEqual(call?.type === 'function' ? JSON.parse(call.function.arguments) : undefined, { city: 'Paris', days: 1 })
    }
    const answered = await client.chat.completions.create({ ...asked, tool_choice: 'none' })
    assert.equal(answered.choices[0]?.finish_reason, 'stop')
  })

  it('answers several choices', async () => {
    const answer = await client.chat.completions.create({ model: 'gpt-4o', messages, n: 3 })
    assert.deepEqual(answer.choices.map((choice) => choice.index), [0, 1, 2])
  })

  it('completes, whole and streamed', async () => {
    const whole = await client.completions.create({ model: 'davinci', prompt: 'Once' })
    let text = ''
    for await (const chunk of await client.completions.create({ model: 'davinci', prompt: 'Once', stream: true })) text += chunk.choices[0]?.text ?? ''
    assert.equal(text, whole.choices[0]?.text)
  })

  it('embeds in both encodings alike', async () => {
    const asked = { model: 'text-embedding-3-small', input: ['one', 'two'], dimensions: 8 }
    const floats = await client.embeddings.create({ ...asked, encoding_format: 'float' })
    const base64 = await client.embeddings.create(asked)
    assert.equal(floats.data.length, 2)
    assert.equal(floats.data[0]?.embedding.length, 8)
    assert.deepEqual(base64.data.map((item) => item.embedding), floats.data.map((item) => item.embedding))
    assert.notDeepEqual(floats.data[0]?.embedding, floats.data[1]?.embedding)
  })

  it('uses the Responses API, whole, streamed and with a tool', async () => {
    const whole = await client.responses.create({ model: 'gpt-4o', input: 'Say hello' })
    assert.match(whole.output_text, /Say hello/)
    const streamed = await client.responses.stream({ model: 'gpt-4o', input: 'Say hello' }).finalResponse()
    assert.equal(streamed.output_text, whole.output_text)
    assert.deepEqual(streamed.usage, whole.usage)
    const tool = { type: 'function' as const, name: 'get_weather', parameters: { ...weather }, strict: false }
    const called = await client.responses.stream({ model: 'gpt-4o', input: 'hi', tools: [tool], tool_choice: 'required' }).finalResponse()
    const [item] = called.output
    assert.deepEqual(item?.type === 'function_call' ? [item.name, JSON.parse(item.arguments)] : item, ['get_weather', { city: 'mock', days: 1 }])
  })

  it('makes images, speech and transcriptions', async () => {
    const image = await client.images.generate({ model: 'gpt-image-1', prompt: 'a dot' })
    assert.equal(image.usage?.output_tokens, 1056)
    const speech = await client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello' })
    const sound = Buffer.from(await speech.arrayBuffer())
    assert.equal(sound.readUInt16BE(0), 0xff_fb)
    const heard = await client.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file: await toFile(sound, 'hello.mp3') })
    assert.match(heard.text, new RegExp(`gpt-4o-transcribe, which heard ${sound.length} bytes`))
    assert.equal(heard.usage?.type, 'tokens')
  })

  it('reranks', async () => {
    const body = { model: 'reranker', query: 'blue sky', documents: ['red earth', 'the sky is blue'], top_n: 1 }
    const answer: unknown = await client.post('/rerank', { body })
    assert.deepEqual(Reflect.get(Object(answer), 'results'), [{ index: 1, document: { text: 'the sky is blue' }, relevance_score: 1 }])
  })

  it('lists models', async () => {
    const page = await client.models.list()
    assert.deepEqual(page.data.map((model) => model.id), ['gpt-4o', 'gpt-4o-mini'])
  })

  it('understands the errors', async () => {
    const wrong = new OpenAI({ apiKey: 'wrong', baseURL: `${mock.url}/v1`, maxRetries: 0 })
    await assert.rejects(wrong.chat.completions.create({ model: 'gpt-4o', messages }), AuthenticationError)
    const limited = client.chat.completions.create({ model: 'gpt-4o', messages }, { headers: { 'x-mock-status': '429' } })
    await assert.rejects(limited, (error) => error instanceof RateLimitError && error.code === 'rate_limit_exceeded')
  })
})

describe('the anthropic client', () => {
  let mock: MockProvider
  let client: Anthropic
  before(async () => {
    mock = await startMockProvider({ api: 'anthropic', address: '127.0.0.1:0', apiKey: 'right' })
    client = new Anthropic({ apiKey: 'right', baseURL: mock.url, maxRetries: 0 })
  })
  after(() => mock.close())
  const asked = { model: 'claude-sonnet-5', max_tokens: 100, messages: [{ role: 'user' as const, content: 'Say hello' }] }
  const tools = [{ name: 'get_weather', input_schema: { ...weather, required: ['city'] } }]

  it('sends messages, whole and streamed', async () => {
    const whole = await client.messages.create(asked)
    const streamed = await client.messages.stream(asked).finalMessage()
    assert.equal(whole.content[0]?.type === 'text' ? whole.content[0].text.includes('Say hello') : false, true)
    assert.deepEqual(streamed.content, whole.content)
    assert.equal(streamed.stop_reason, 'end_turn')
    assert.deepEqual([streamed.usage.input_tokens, streamed.usage.output_tokens], [whole.usage.input_tokens, whole.usage.output_tokens])
  })

  it('leaves the cached tokens out of input_tokens', async () => {
    mock.reset()
    const headers = { 'x-mock-input-tokens': '100', 'x-mock-cached-tokens': '60', 'x-mock-cache-creation-tokens': '10', 'x-mock-output-tokens': '5' }
    const { usage } = await client.messages.create(asked, { headers })
    assert.deepEqual([usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens, usage.output_tokens], [30, 60, 10, 5])
    assert.equal(mock.served().total.inputTokens, 100)
  })

  it('uses tools, whole and streamed', async () => {
    const whole = await client.messages.create({ ...asked, tools, tool_choice: { type: 'any' } })
    const streamed = await client.messages.stream({ ...asked, tools, tool_choice: { type: 'tool', name: 'get_weather' } }).finalMessage()
    for (const message of [whole, streamed]) {
      assert.equal(message.stop_reason, 'tool_use')
      const [block] = message.content
      assert.deepEqual(block?.type === 'tool_use' ? block.input : undefined, { city: 'Say', days: 1 })
    }
  })

  it('counts tokens and lists models', async () => {
    const counted = await client.messages.countTokens({ model: asked.model, messages: asked.messages })
    assert.equal(counted.input_tokens, (await client.messages.create(asked)).usage.input_tokens)
    assert.deepEqual((await client.models.list()).data.map((model) => model.id), ['claude-sonnet-5'])
  })

  it('stops at max_tokens', async () => {
    const message = await client.messages.create({ ...asked, max_tokens: 2 })
    assert.deepEqual([message.stop_reason, message.usage.output_tokens], ['max_tokens', 2])
  })

  it('understands the errors', async () => {
    const wrong = new Anthropic({ apiKey: 'wrong', baseURL: mock.url, maxRetries: 0 })
    await assert.rejects(wrong.messages.create(asked), Anthropic.AuthenticationError)
    await assert.rejects(client.messages.create(asked, { headers: { 'x-mock-status': '529' } }), /overloaded_error/)
    const withoutVersion = await fetch(`${mock.url}/v1/messages`, { method: 'POST', headers: { 'x-api-key': 'right' }, body: JSON.stringify(asked) })
    assert.deepEqual([withoutVersion.status, await withoutVersion.text().then((text) => text.includes('anthropic-version'))], [400, true])
  })
})

describe('the mock over TLS', () => {
  it('serves https', async () => {
    const { readFileSync } = await import('node:fs')
    const { get } = await import('node:https')
    const folder = new URL('../../test/fixtures/tls/', import.meta.url)
    const [key, cert] = [readFileSync(new URL('localhost.key', folder)), readFileSync(new URL('localhost.crt', folder))]
    const mock = await startMockProvider({ api: 'openai', address: '127.0.0.1:0', tls: { key, cert } })
    const status = await new Promise((resolve, reject) => {
      get(`${mock.url}/v1/models`, { rejectUnauthorized: false, agent: false }, (response) => resolve(response.resume().statusCode)).once('error', reject)
    })
    await mock.close()
    assert.match(mock.url, /^https:/)
    assert.equal(status, 200)
  })
})
