import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { AwsEventStreamDecoder } from '../core/aws-event-stream.ts'
import { startMockProvider } from './mock-provider.ts'
import type { MockProvider } from './mock-provider.ts'

const claude = 'anthropic.claude-sonnet-4-20250514-v1:0'
const hello = { messages: [{ role: 'user', content: [{ text: 'Hello there' }] }] }
const messages = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 100, messages: [{ role: 'user', content: 'Hello there' }] }
const weather = { tools: [{ toolSpec: { name: 'get_weather', inputSchema: { json: { type: 'object', properties: { city: { type: 'string' } } } } } }] }

describe('the mock of Bedrock', () => {
  let mock: MockProvider
  before(async () => {
    mock = await startMockProvider({ api: 'aws-bedrock', address: '127.0.0.1:0' })
  })
  after(() => mock.close())
  beforeEach(() => {
    mock.reset()
  })

  const call = (operation: string, body: unknown, { model = claude, headers = {} }: { model?: string; headers?: Record<string, string> } = {}): Promise<Response> =>
    fetch(`${mock.url}/model/${encodeURIComponent(model)}/${operation}`, { method: 'POST', headers, body: JSON.stringify(body) })
  const json = async (operation: string, body: unknown, options?: { model?: string; headers?: Record<string, string> }): Promise<Record<string, unknown>> =>
    Object(await (await call(operation, body, options)).json()) as Record<string, unknown>

  async function frames(operation: string, body: unknown, headers: Record<string, string> = {}): Promise<[kind: string, name: string, payload: Record<string, unknown>][]> {
    const response = await call(operation, body, { headers })
    assert.equal(response.headers.get('content-type'), 'application/vnd.amazon.eventstream')
    const read: [string, string, Record<string, unknown>][] = []
    new AwsEventStreamDecoder(({ kind, name, payload }) => read.push([kind, name, JSON.parse(payload.toString()) as Record<string, unknown>])).push(Buffer.from(await response.arrayBuffer()))
    return read
  }

  it('answers Converse, and keeps its books', async () => {
    const answer = await json('converse', hello, { headers: { 'x-mock-input-tokens': '100', 'x-mock-cached-tokens': '60', 'x-mock-cache-creation-tokens': '10', 'x-mock-output-tokens': '5' } })
    assert.deepEqual([answer['stopReason'], answer['usage']], ['end_turn', { inputTokens: 30, outputTokens: 5, totalTokens: 105, cacheReadInputTokens: 60, cacheWriteInputTokens: 10 }])
    assert.deepEqual(mock.served().models[claude]?.inputTokens, 100)
  })

  it('calls tools, thinks first when it is told to, and takes back its own thoughts only', async () => {
    const ask = { messages: [{ role: 'user', content: [{ text: 'Get weather in Paris' }] }], toolConfig: weather, inferenceConfig: { maxTokens: 3000 }, additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } } }
    const answer = await json('converse', ask)
    const message = Object(Reflect.get(Object(answer['output']), 'message')) as { content: [{ reasoningContent: { reasoningText: { signature: string } } }, { toolUse: { toolUseId: string } }] }
    const [thought, use] = message.content
    assert.deepEqual([answer['stopReason'], use.toolUse], ['tool_use', { toolUseId: use.toolUse.toolUseId, name: 'get_weather', input: { city: 'Paris' } }])
    const result = { role: 'user', content: [{ toolResult: { toolUseId: use.toolUse.toolUseId, content: [{ text: '20 °C' }] } }] }
    const again = (content: unknown): Promise<Response> => call('converse', { ...ask, messages: [...ask.messages, { role: 'assistant', content }, result] })
    assert.equal((await again(message.content)).status, 200)
    thought.reasoningContent.reasoningText.signature = 'Zm9yZWlnbg=='
    assert.match(await (await again(message.content)).text(), /Invalid `signature`/)
  })

  it('streams in frames, a text without a start, usage at the end', async () => {
    const read = await frames('converse-stream', hello, { 'x-mock-chunks': '2' })
    assert.deepEqual(read.map(([, name]) => name), ['messageStart', 'contentBlockDelta', 'contentBlockDelta', 'contentBlockStop', 'messageStop', 'metadata'])
    assert.equal(typeof Reflect.get(Object(read[5]?.[2]['usage']), 'inputTokens'), 'number')
    const called = await frames('converse-stream', { messages: [{ role: 'user', content: [{ text: 'Get weather in Paris' }] }], toolConfig: weather })
    assert.equal(called[1]?.[1], 'contentBlockStart')
    assert.equal(called.map(([, , payload]) => Reflect.get(Object(Reflect.get(Object(payload['delta']), 'toolUse')), 'input') ?? '').join(''), '{"city":"Paris"}')
  })

  it('breaks a stream by an exception or a checksum when told to', async () => {
    const broken = await frames('converse-stream', hello, { 'x-mock-stream-fault': 'exception', 'x-mock-chunks': '3' })
    assert.deepEqual(broken.slice(2), [['exception', 'throttlingException', { message: 'Too many tokens, please wait before trying again.' }]])
    await assert.rejects(frames('converse-stream', hello, { 'x-mock-stream-fault': 'checksum' }), /checksum of a frame does not fit/)
    assert.equal((await call('converse-stream', hello, { headers: { 'x-mock-stream-fault': 'fire' } })).status, 400)
  })

  it('invokes Claude, whole and in chunks', async () => {
    const whole = await call('invoke', messages)
    assert.equal(whole.headers.get('x-amzn-bedrock-output-token-count'), String(mock.served().total.outputTokens))
    assert.equal(Reflect.get(Object(await whole.json()), 'type'), 'message')
    const events = (await frames('invoke-with-response-stream', messages)).map(([, name, { bytes }]) => [name, JSON.parse(Buffer.from(String(bytes), 'base64').toString()) as Record<string, unknown>] as const)
    assert.deepEqual([events[0]?.[0], events[0]?.[1]['type']], ['chunk', 'message_start'])
    assert.ok(Object.hasOwn(events.at(-1)?.[1] ?? {}, 'amazon-bedrock-invocationMetrics'))
  })

  it('embeds with Titan and Cohere', async () => {
    const titan = await json('invoke', { inputText: 'Hello', dimensions: 256 }, { model: 'amazon.titan-embed-text-v2:0' })
    assert.deepEqual([Array.isArray(titan['embedding']) && titan['embedding'].length, titan['inputTextTokenCount']], [256, 2])
    const cohere = await call('invoke', { texts: ['a', 'b'], input_type: 'search_query' }, { model: 'us.cohere.embed-v4:0' })
    assert.equal(cohere.headers.get('x-amzn-bedrock-input-token-count'), '2')
    const vectors: unknown = Reflect.get(Object(await cohere.json()), 'embeddings')
    assert.ok(Array.isArray(vectors) && vectors.length === 2)
  })

  it('fails as Bedrock does, the kind in a header', async () => {
    const throttled = await call('converse', hello, { headers: { 'x-mock-status': '429' } })
    assert.match(throttled.headers.get('x-amzn-errortype') ?? '', /^ThrottlingException:http/)
    assert.deepEqual(Object.keys(Object(await throttled.json())), ['message'])
  })

  for (const [what, operation, body, message, model] of [
    ['an unknown member', 'converse', { ...hello, model: 'x' }, /extraneous key \[model\]/],
    ['a conversation of the assistant', 'converse', { messages: [{ role: 'assistant', content: [{ text: 'a' }] }] }, /must start with a user message/],
    ['turns of one role', 'converse', { messages: [...hello.messages, ...hello.messages] }, /must alternate/],
    ['blank text', 'converse', { messages: [{ role: 'user', content: [{ text: ' ' }] }] }, /is blank/],
    ['two members of a union', 'converse', { messages: [{ role: 'user', content: [{ text: 'a', cachePoint: { type: 'default' } }] }] }, /exactly one member/],
    ['a call without tools', 'converse', { messages: [...hello.messages, { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'b', input: {} } }] }] }, /toolConfig field must be defined/],
    ['a call without result', 'converse', { messages: [...hello.messages, { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'b', input: {} } }] }], toolConfig: weather }, /Expected toolResult blocks/],
    ['a bare document', 'converse', { messages: [{ role: 'user', content: [{ document: { format: 'txt', name: 'a', source: { bytes: 'QUJD' } } }] }] }, /text block is required/],
    ['a cache on Llama', 'converse', { messages: [{ role: 'user', content: [{ text: 'a' }, { cachePoint: { type: 'default' } }] }] }, /prompt caching/, 'meta.llama3-1-8b-instruct-v1:0'],
    ['fields of Claude on Nova', 'converse', { ...hello, additionalModelRequestFields: { top_k: 1 } }, /extraneous key \[top_k\]/, 'amazon.nova-pro-v1:0'],
    ['two samplers', 'converse', { ...hello, inferenceConfig: { temperature: 0.5, topP: 0.5 } }, /cannot both be specified/, 'anthropic.claude-opus-4-1-20250805-v1:0'],
    ['a budget without room', 'converse', { ...hello, inferenceConfig: { maxTokens: 1024 }, additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } } }, /must be greater than/],
    ['Claude without version', 'invoke', { ...messages, anthropic_version: undefined }, /anthropic_version/],
    ['Claude with a model', 'invoke', { ...messages, model: claude }, /extraneous key \[model\]/],
    ['Titan of other sizes', 'invoke', { inputText: 'a', dimensions: 5 }, /dimensions/, 'amazon.titan-embed-text-v2:0'],
    ['Cohere without type', 'invoke', { texts: ['a'] }, /input_type/, 'cohere.embed-english-v3'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const response = await call(operation, body, { model: model ?? claude })
      assert.equal(response.status, 400)
      assert.match(response.headers.get('x-amzn-errortype') ?? '', /^ValidationException/)
      assert.match(await response.text(), message)
    })
  }

  it('knows no other paths, and no other models for invoke', async () => {
    assert.equal((await fetch(`${mock.url}/model/a%/converse`, { method: 'POST', body: '{}' })).status, 404)
    assert.equal((await call('explain', hello)).status, 404)
    assert.equal((await call('invoke', {}, { model: 'meta.llama3-1-8b-instruct-v1:0' })).status, 404)
  })

  it('asks for a key when it has one', async () => {
    const keyed = await startMockProvider({ api: 'aws-bedrock-claude', address: '127.0.0.1:0', apiKey: 'secret' })
    const ask = (authorization: string | undefined): Promise<Response> =>
      fetch(`${keyed.url}/model/${claude}/invoke`, { method: 'POST', headers: authorization === undefined ? {} : { authorization }, body: JSON.stringify(messages) })
    const types = await Promise.all([undefined, 'Bearer other', 'AWS4-HMAC-SHA256 nonsense'].map(async (value) => (await ask(value)).headers.get('x-amzn-errortype')?.split(':')[0]))
    assert.deepEqual(types, ['MissingAuthenticationTokenException', 'AccessDeniedException', 'IncompleteSignatureException'])
    assert.equal((await ask('Bearer secret')).status, 200)
    await keyed.close()
  })
})
