// The mock of Gemini on both surfaces: it answers as they do, and refuses what they refuse.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startMockProvider } from './mock-provider.ts'
import type { MockProvider } from './mock-provider.ts'

const tools = [{ functionDeclarations: [{ name: 'get_weather', parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } } } }] }]

function asked(text: string): object {
  return { role: 'user', parts: [{ text }] }
}

describe('the mock of Gemini', () => {
  let studio: MockProvider
  let vertex: MockProvider
  before(async () => {
    studio = await startMockProvider({ api: 'google-ai-studio', address: '127.0.0.1:0', apiKey: 'right' })
    vertex = await startMockProvider({ api: 'gcp-vertex', address: '127.0.0.1:0', apiKey: 'token' })
  })
  after(() => Promise.all([studio.close(), vertex.close()]))

  async function post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<{ status: number; text: string; json: Record<string, unknown> }> {
    const isVertex = path.startsWith('/v1/')
    const key = isVertex ? { authorization: 'Bearer token' } : { 'x-goog-api-key': 'right' }
    const response = await fetch((isVertex ? vertex : studio).url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...key, ...headers }, body: JSON.stringify(body) })
    const text = await response.text()
    return { status: response.status, text, json: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {} }
  }

  const onVertex = (verb: string): string => `/v1/projects/p/locations/us-central1/publishers/google/models/gemini-2.5-flash:${verb}`
  const onStudio = (verb: string, model = 'gemini-2.5-flash'): string => `/v1beta/models/${model}:${verb}`

  async function refusal(body: object, path = onStudio('generateContent')): Promise<string> {
    const { status, json } = await post(path, body)
    assert.deepEqual([status, Reflect.get(Object(json['error']), 'status')], [400, 'INVALID_ARGUMENT'], JSON.stringify(json))
    return String(Reflect.get(Object(json['error']), 'message'))
  }

  it('answers on both surfaces, with exact usage', async () => {
    const headers = { 'x-mock-input-tokens': '100', 'x-mock-cached-tokens': '60', 'x-mock-output-tokens': '50', 'x-mock-reasoning-tokens': '20' }
    for (const path of [onStudio('generateContent'), onVertex('generateContent')]) {
      const { json } = await post(path, { contents: [asked('Hello')] }, headers)
      assert.deepEqual(json['usageMetadata'], {
        promptTokenCount: 100,
        candidatesTokenCount: 30,
        totalTokenCount: 150,
        cachedContentTokenCount: 60,
        thoughtsTokenCount: 20,
        promptTokensDetails: [{ modality: 'TEXT', tokenCount: 100 }],
      })
      assert.equal(json['modelVersion'], 'gemini-2.5-flash')
    }
    const { inputTokens, outputTokens, reasoningTokens, requests } = studio.served().total
    assert.deepEqual([requests, inputTokens, outputTokens, reasoningTokens], [1, 100, 50, 20])
  })

  it('streams events with alt=sse and a list without', async () => {
    const body = { contents: [asked('Hello')] }
    const { text } = await post(onVertex('streamGenerateContent?alt=sse'), body, { 'x-mock-chunks': '3' })
    assert.equal(text.match(/^data: /gm)?.length, 3)
    assert.equal(text.match(/usageMetadata/g)?.length, 1)
    assert.match(text, /"finishReason":"STOP"[^\n]*\n\n$/)
    const everywhere = await post(onStudio('streamGenerateContent?alt=sse'), body, { 'x-mock-chunks': '3' })
    assert.equal(everywhere.text.match(/usageMetadata/g)?.length, 3)
    const list = await post(onStudio('streamGenerateContent'), body, { 'x-mock-chunks': '3' })
    assert.equal((JSON.parse(list.text) as unknown[]).length, 3)
  })

  it('calls tools, and wants its signature and id back with the result', async () => {
    const contents = [asked('get weather in Paris')]
    const { json } = await post(onStudio('generateContent'), { contents, tools })
    const [candidate] = json['candidates'] as { content: { role: string; parts: { functionCall: { id: string; name: string }; thoughtSignature?: string }[] } }[]
    const part = candidate?.content.parts[0]
    assert.ok(part?.functionCall.name === 'get_weather' && part.thoughtSignature !== undefined)
    const response = (id: string | undefined): object => ({ role: 'user', parts: [{ functionResponse: { ...(id === undefined ? {} : { id }), name: 'get_weather', response: { degrees: 20 } } }] })
    const answered = await post(onStudio('generateContent'), { contents: [...contents, { role: 'model', parts: [part] }, response(part.functionCall.id)], tools })
    assert.equal(answered.status, 200, answered.text)
    const { thoughtSignature: _, ...unsigned } = part
    const signed = { role: 'model', parts: [part] }
    assert.match(await refusal({ contents: [...contents, { role: 'model', parts: [unsigned] }, response(part.functionCall.id)], tools }), /missing a thought_signature/)
    assert.match(await refusal({ contents: [...contents, { role: 'model', parts: [{ ...part, thoughtSignature: 'b3RoZXI=' }] }, response(part.functionCall.id)], tools }), /Corrupted/)
    assert.match(await refusal({ contents: [...contents, signed, response(undefined)], tools }), /match the function call/)
    assert.match(await refusal({ contents: [...contents, signed, asked('never mind')], tools }), /number of function response parts/)
    assert.match(await refusal({ contents: [...contents, response(undefined)], tools }), /immediately after a function call/)
  })

  it('knows no ids on Vertex AI, and demands signatures from generation 3 on', async () => {
    const call = (extra: object): object => ({ role: 'model', parts: [{ functionCall: { name: 'get_weather', args: {}, ...extra } }] })
    const result = { role: 'user', parts: [{ functionResponse: { name: 'get_weather', response: {} } }] }
    const plain = { contents: [asked('x'), call({}), result], tools }
    assert.equal((await post(onVertex('generateContent'), plain)).status, 200)
    assert.match(await refusal({ contents: [asked('x'), call({ id: 'a' }), result] }, onVertex('generateContent')), /Unknown name "id"/)
    assert.match(await refusal(plain, onStudio('generateContent', 'gemini-3-pro-preview')), /missing a thought_signature/)
    assert.equal((await post(onStudio('generateContent', 'gemini-3-pro-preview'), { ...plain, contents: [...plain.contents, asked('a new turn')] })).status, 200)
  })

  it('refuses names and values that are not published', async () => {
    const contents = [asked('x')]
    const faults: [object, RegExp][] = [
      [{}, /contents/],
      [{ contents: [] }, /contents is not specified/],
      [{ contents, max_tokens: 5 }, /Unknown name "max_tokens": Cannot find field/],
      [{ contents, generationConfig: { maxTokens: 5 } }, /Unknown name "maxTokens" at 'generation_config'/],
      [{ contents, generationConfig: { stopSequences: ['1', '2', '3', '4', '5', '6'] } }, /must not exceed 5/],
      [{ contents, generationConfig: { seed: 2 ** 31 } }, /seed/],
      [{ contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] }, /valid role/],
      [{ contents: [{ role: 'user', parts: [] }] }, /must not be empty/],
      [{ contents: [{ role: 'user', parts: [{ text: 'x', inlineData: { mimeType: 'image/png', data: 'AAAA' } }] }] }, /oneof/],
      [{ contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: 'not base64!' } }] }] }, /inline_data\.data/],
      [{ contents: [{ role: 'user', parts: [{ functionResponse: { name: 'f', response: 'text' } }] }] }, /response/],
      [{ contents, tools: [{ functionDeclarations: [{ name: '2fa' }] }] }, /function name/],
      [{ contents, tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: { $ref: '#/$defs/a', description: 'x', $defs: { a: {} } } }] }] }, /\$ref must not/],
      [{ contents, tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: { properties: { a: { $ref: '#/definitions/a' } } } }] }] }, /undefined schema/],
      [{ contents, tools: [...tools, ...tools] }, /Duplicate/],
      [{ contents, tools, toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['other'] } } }, /subset/],
      [{ contents, tools, toolConfig: { functionCallingConfig: { mode: 'AUTO', allowedFunctionNames: ['get_weather'] } } }, /mode is ANY/],
      [{ contents, tools, generationConfig: { responseMimeType: 'application/json' } }, /Function calling with a response mime type/],
      [{ contents, generationConfig: { responseJsonSchema: { type: 'object' } } }, /requires the response mime type/],
      [{ contents, generationConfig: { thinkingConfig: { thinkingLevel: 'LOW' } } }, /level is not supported/],
      [{ contents, generationConfig: { thinkingConfig: { thinkingBudget: 30_000 } } }, /budget 30000 is invalid/],
    ]
    for (const [body, message] of faults) assert.match(await refusal(body), message)
    assert.match(await refusal({ contents, generationConfig: { thinkingConfig: { thinkingBudget: 0 } } }, onStudio('generateContent', 'gemini-2.5-pro')), /Budget 0/)
    assert.match(await refusal({ contents, generationConfig: { thinkingConfig: { thinkingBudget: 100 } } }, onStudio('generateContent', 'gemini-2.0-flash')), /not enabled/)
  })

  it('writes JSON to a schema, and thoughts that are to be seen', async () => {
    const schema = { type: 'object', properties: { city: { $ref: '#/$defs/city' } }, $defs: { city: { anyOf: [{ type: 'null' }, { type: 'string' }] } } }
    const generationConfig = { responseMimeType: 'application/json', responseJsonSchema: schema, thinkingConfig: { includeThoughts: true } }
    const { json } = await post(onStudio('generateContent'), { contents: [asked('Where is Paris?')], generationConfig })
    const [thought, text] = Object(json['candidates'])[0].content.parts
    assert.equal(thought.thought, true)
    assert.deepEqual(JSON.parse(text.text), { city: 'Paris' })
  })

  it('embeds on both surfaces', async () => {
    const request = (text: string): object => ({ model: 'models/gemini-embedding-001', content: { parts: [{ text }] }, outputDimensionality: 4 })
    const batch = await post(onStudio('batchEmbedContents', 'gemini-embedding-001'), { requests: [request('a'), request('a'), request('b')] })
    const [one, same, other] = batch.json['embeddings'] as { values: number[] }[]
    assert.deepEqual(one, same)
    assert.notDeepEqual(one, other)
    assert.match(await refusal({ requests: [request('a')] }, onStudio('batchEmbedContents', 'other')), /model/)
    const predicted = await post(onVertex('predict'), { instances: [{ content: 'Hello' }, { content: 'Hi' }], parameters: { outputDimensionality: 4 } }, { 'x-mock-input-tokens': '10' })
    const counts = (predicted.json['predictions'] as { embeddings: { statistics: { token_count: number } } }[]).map((each) => each.embeddings.statistics.token_count)
    assert.deepEqual(counts, [9, 1])
    assert.match(await refusal({ instances: [{ text: 'a' }] }, onVertex('predict')), /content/)
  })

  it("fails in Google's words", async () => {
    const { status, json } = await post(onStudio('generateContent'), { contents: [asked('x')] }, { 'x-mock-status': '429' })
    assert.deepEqual([status, Reflect.get(Object(json['error']), 'status')], [429, 'RESOURCE_EXHAUSTED'])
    assert.equal((await post(onStudio('generateContent'), {}, { 'x-goog-api-key': 'wrong' })).status, 400)
    assert.equal((await post(onVertex('generateContent'), {}, { authorization: 'Bearer wrong' })).status, 401)
    assert.equal((await fetch(`${studio.url}${onStudio('generateContent')}`, { method: 'POST', body: '{}' })).status, 403)
    assert.equal((await post(onStudio('dance'), { contents: [asked('x')] })).status, 404)
  })
})
