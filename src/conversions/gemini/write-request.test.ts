import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyConversation } from '../../../test/support/empty-conversation.ts'
import type { Conversation, JsonObject, Tool } from '../conversation.ts'
import type { WrittenRequest } from '../dialect.ts'
import { geminiProvider } from './index.ts'

const hello: Conversation = { ...emptyConversation, messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Hello' }] }] }
const weather: Tool = { name: 'get_weather', description: 'The weather', parameters: { type: 'object', properties: { city: { type: 'string' } } }, strict: undefined }
const helloContents = [{ role: 'user', parts: [{ text: 'Hello' }] }]

function write(changes: Partial<Conversation>, upstreamModel = 'gemini-2.5-flash'): WrittenRequest {
  return geminiProvider.writeRequest({ ...hello, ...changes }, { upstreamModel })
}

function config(changes: Partial<Conversation>, upstreamModel?: string): unknown {
  return write(changes, upstreamModel).body['generationConfig']
}

describe("the body of Gemini's generateContent", () => {
  it('has nothing but contents for a plain question', () => {
    assert.deepEqual(write({}), { body: { contents: helloContents }, dropped: [] })
  })

  it('has the system messages as systemInstruction, or as the question when there is no other', () => {
    const system = [{ kind: 'text', text: 'Be brief.' }, { kind: 'text', text: 'Be kind.' }] as const
    assert.deepEqual(write({ system }).body, { systemInstruction: { parts: [{ text: 'Be brief.' }, { text: 'Be kind.' }] }, contents: helloContents })
    assert.deepEqual(write({ system, messages: [] }).body, { contents: [{ role: 'user', parts: [{ text: 'Be brief.' }, { text: 'Be kind.' }] }] })
  })

  it('has every sampling parameter under its own name', () => {
    const written = config({ maxOutputTokens: 100, temperature: 0, topP: 0.5, topK: 40, presencePenalty: 1, frequencyPenalty: -1, seed: 7, stop: ['a', 'b'] })
    assert.deepEqual(written, { maxOutputTokens: 100, temperature: 0, topP: 0.5, topK: 40, presencePenalty: 1, frequencyPenalty: -1, seed: 7, stopSequences: ['a', 'b'] })
  })

  it('refuses more than five stop sequences, and drops a seed that is no int32', () => {
    assert.throws(() => write({ stop: ['1', '2', '3', '4', '5', '6'] }), { code: 'unsupported_parameter', param: 'stop' })
    assert.deepEqual(write({ seed: 2 ** 31 }), { body: { contents: helloContents }, dropped: ['seed'] })
  })

  it('declares tools with their schema, and without parameters when they have none', () => {
    const { body } = write({ tools: [weather, { name: 'now', description: undefined, parameters: undefined, strict: undefined }] })
    assert.deepEqual(body['tools'], [
      { functionDeclarations: [{ name: 'get_weather', description: 'The weather', parametersJsonSchema: weather.parameters }, { name: 'now' }] },
    ])
    assert.equal(body['toolConfig'], undefined)
  })

  it('says which tools may be called', () => {
    const modes = (['auto', 'none', 'any'] as const).map((kind) => write({ tools: [weather], toolChoice: { kind } }).body['toolConfig'])
    assert.deepEqual(modes, ['AUTO', 'NONE', 'ANY'].map((mode) => ({ functionCallingConfig: { mode } })))
    const named = write({ tools: [weather], toolChoice: { kind: 'tool', name: 'get_weather' } }).body['toolConfig']
    assert.deepEqual(named, { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['get_weather'] } })
    assert.equal(write({ toolChoice: { kind: 'auto' } }).body['toolConfig'], undefined)
  })

  it('asks for JSON, with a schema and its description where there is one', () => {
    const schema: JsonObject = { type: 'object', properties: {} }
    assert.deepEqual(config({ output: { kind: 'json' } }), { responseMimeType: 'application/json' })
    const output = { kind: 'schema', name: 'x', description: 'An x', schema, strict: true } as const
    assert.deepEqual(config({ output }), { responseMimeType: 'application/json', responseJsonSchema: { ...schema, description: 'An x' } })
    const own = { ...output, schema: { ...schema, description: 'Mine' } }
    assert.deepEqual(config({ output: own }), { responseMimeType: 'application/json', responseJsonSchema: { ...schema, description: 'Mine' } })
  })

  it('makes structured output a tool beside tools before generation 3 only', () => {
    const schema: JsonObject = { type: 'object', properties: { a: { const: 1 } } }
    const both = { output: { kind: 'schema', name: 'x', description: 'An x', schema, strict: true }, tools: [weather] } as const
    const old = write(both).body
    assert.deepEqual(Object(old['tools'])[0].functionDeclarations[1], {
      name: 'tollgate_structured_answer',
      description: 'An x',
      parametersJsonSchema: { type: 'object', properties: { a: { enum: [1] } } },
    })
    assert.deepEqual([old['toolConfig'], old['generationConfig']], [{ functionCallingConfig: { mode: 'ANY' } }, undefined])
    for (const model of ['gemini-3-pro-preview', 'my-tuned-model']) {
      const { body } = write(both, model)
      assert.deepEqual([Object(body['tools'])[0].functionDeclarations.length, Object(body['generationConfig']).responseMimeType], [1, 'application/json'])
    }
  })

  it('needs no tool for structured output where none may be called, and no output where one must', () => {
    const both = { output: { kind: 'json' }, tools: [weather] } as const
    assert.deepEqual(write({ ...both, toolChoice: { kind: 'none' } }).body, { contents: helloContents, generationConfig: { responseMimeType: 'application/json' } })
    const { body } = write({ ...both, toolChoice: { kind: 'any' } })
    assert.deepEqual([Object(body['tools'])[0].functionDeclarations.length, body['generationConfig']], [1, undefined])
    assert.throws(() => write({ tools: [{ ...weather, name: 'tollgate_structured_answer' }] }), { code: 'unsupported_parameter', param: 'tools' })
  })

  it('names what it leaves out', () => {
    const mark = { ttl: undefined }
    const { dropped } = write({
      system: [{ kind: 'text', text: 'x', cache: mark }],
      tools: [{ ...weather, strict: true, cache: mark }],
      parallelToolCalls: false,
      user: 'alice',
      metadata: { a: 'b' },
    })
    assert.deepEqual(dropped.toSorted(), ['cache_control', 'metadata', 'parallel_tool_calls', 'strict', 'user'])
    assert.deepEqual(write({ parallelToolCalls: true }).dropped, [])
  })
})
