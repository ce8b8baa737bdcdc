// What the dialect writes, the strict mock takes; what the mock answers, the dialect reads: on both of Google's surfaces, without a socket.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { emptyConversation } from '../support/empty-conversation.ts'
import type { Answer, AnswerEvent } from '../../src/conversions/answer.ts'
import type { AssistantPart, Conversation, JsonObject, JsonValue, Message, ToolCallPart, ToolResultPart, UserPart } from '../../src/conversions/conversation.ts'
import { geminiEmbeddings, vertexEmbeddings } from '../../src/conversions/embeddings/index.ts'
import { geminiProvider } from '../../src/conversions/gemini/index.ts'
import { splitSignature, withSignature } from '../../src/conversions/tool-call-signature.ts'
import { SseScanner } from '../../src/core/sse-scan.ts'
import { answerRequest } from '../../src/mock/answer-request.ts'
import { noInstructions } from '../../src/mock/instructions.ts'
import type { MockAnswer } from '../../src/mock/mock-answer.ts'
import { providerBehaviours } from '../../src/mock/provider-behaviours.ts'

const surfaces = ['google-ai-studio', 'gcp-vertex'] as const
type Surface = (typeof surfaces)[number]
const models = ['gemini-2.0-flash', 'gemini-2.5-flash', 'gemini-2.5-pro', 'gemini-3-pro-preview', 'gemini-3-flash-preview'] as const

const weather = { name: 'get_weather', description: undefined, parameters: { type: 'object', properties: { city: { type: 'string' } } }, strict: undefined } as const
const question: Message = { role: 'user', parts: [{ kind: 'text', text: 'get weather in Paris' }] }

function call(surface: Surface, model: string, verb: string, body: JsonObject): MockAnswer {
  const [name = verb, query = ''] = verb.split('?')
  const path = surface === 'gcp-vertex' ? `/v1/projects/p/locations/us-central1/publishers/google/models/${model}:${name}` : `/v1beta/models/${model}:${name}`
  const around = { behaviour: providerBehaviours[surface], instructions: noInstructions, apiKey: undefined, models: [], id: 'm1', createdSeconds: 0, failure: undefined }
  return answerRequest({ method: 'POST', path, query, headers: {}, body: Buffer.from(JSON.stringify(body)) }, around)
}

function bodyOf(answer: MockAnswer): JsonValue {
  assert.ok(answer.kind === 'whole')
  assert.equal(answer.status, 200, answer.body.toString())
  return JSON.parse(answer.body.toString()) as JsonValue
}

function ask(surface: Surface, upstreamModel: string, changes: Partial<Conversation>): Answer {
  const { body } = geminiProvider.writeRequest({ ...emptyConversation, messages: [question], ...changes }, { upstreamModel })
  return geminiProvider.readAnswer(bodyOf(call(surface, upstreamModel, 'generateContent', body)))
}

function stream(surface: Surface, upstreamModel: string, changes: Partial<Conversation>): AnswerEvent[] {
  const { body } = geminiProvider.writeRequest({ ...emptyConversation, messages: [question], ...changes }, { upstreamModel })
  const answer = call(surface, upstreamModel, 'streamGenerateContent?alt=sse', body)
  assert.ok(answer.kind === 'stream')
  const reader = geminiProvider.createEventReader()
  const events: AnswerEvent[] = []
  const scanner = new SseScanner((event) => {
    events.push(...reader.read(event.name, event.data?.toString('utf8') ?? ''))
  })
  scanner.push(Buffer.from(answer.pieces.map((piece) => piece.text).join('')), true)
  return [...events, ...reader.close()]
}

// As a client of another API sends a call back: with nothing kept but the id.
function throughClient(part: ToolCallPart): ToolCallPart {
  const { id, signature } = splitSignature(withSignature(part.id, part.signature))
  return { kind: 'tool_call', id, name: part.name, arguments: part.arguments, ...(signature === undefined ? {} : { signature }) }
}

describe('Gemini on its mock', () => {
  for (const surface of surfaces) {
    for (const model of models) {
      it(`answers, whole and streamed: ${model} on ${surface}`, () => {
        const answer = ask(surface, model, { maxOutputTokens: 1000, temperature: 0.5, stop: ['END'], reasoning: { effort: 'none', budgetTokens: undefined, visible: false } })
        const text = answer.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')
        assert.match(text, /You said: "get weather in Paris"/)
        const events = stream(surface, model, {})
        assert.equal(events.map((event) => (event.kind === 'text' ? event.text : '')).join(''), text)
        assert.deepEqual(events.at(-1), { kind: 'end' })
        assert.deepEqual(Object(events.findLast((event) => event.kind === 'usage')).usage.outputTokens, answer.usage?.outputTokens)
      })

      it(`goes through a tool loop with nothing kept but ids: ${model} on ${surface}`, () => {
        const calls = ask(surface, model, { tools: [weather] }).parts.filter((part) => part.kind === 'tool_call').map(throughClient)
        assert.deepEqual(calls.map((part) => part.name), ['get_weather'])
        const results: ToolResultPart[] = calls.map((part) => ({ kind: 'tool_result', callId: part.id, name: undefined, parts: [{ kind: 'text', text: 'sunny' }], isError: false }))
        const messages: Message[] = [question, { role: 'assistant', parts: calls }, { role: 'user', parts: results }]
        assert.equal(ask(surface, model, { tools: [weather], messages }).finish, 'stop')
      })
    }
  }

  it('thinks aloud when asked to', () => {
    for (const model of ['gemini-2.5-pro', 'gemini-3-pro-preview']) {
      const { parts } = ask('gcp-vertex', model, { reasoning: { effort: 'high', budgetTokens: undefined, visible: true } })
      assert.deepEqual(parts.map((part) => part.kind), ['reasoning', 'text'])
    }
  })

  it('writes JSON to a schema of an old draft', () => {
    const schema = { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', properties: { city: { $ref: '#/definitions/city', description: 'Where' } }, definitions: { city: { const: 'Paris' } } }
    const { parts } = ask('google-ai-studio', 'gemini-2.5-flash', { output: { kind: 'schema', name: 'place', description: 'A place', schema, strict: true } })
    assert.deepEqual(parts, [{ kind: 'text', text: '{"city":"Paris"}' }])
  })

  it('writes JSON to a schema while tools are offered, on every generation', () => {
    const schema = { type: 'object', properties: { city: { type: 'string' } } }
    for (const model of models) {
      const { parts, finish } = ask('gcp-vertex', model, { tools: [{ ...weather, name: 'unmentioned' }], output: { kind: 'schema', name: 'place', description: undefined, schema, strict: true }, messages: [{ role: 'user', parts: [{ kind: 'text', text: 'tollgate structured answer for Paris' }] }] })
      assert.deepEqual([parts, finish], [[{ kind: 'text', text: '{"city":"Paris"}' }], 'stop'], model)
    }
  })

  it('embeds', () => {
    const request = { model: 'm', input: ['a', 'b'], dimensions: 4 }
    const context = { clientModel: 'm', encoding: 'float' } as const
    const target = { upstreamModel: 'gemini-embedding-001' }
    const studio = geminiEmbeddings.readAnswer(bodyOf(call('google-ai-studio', target.upstreamModel, 'batchEmbedContents', geminiEmbeddings.writeRequest(request, target).body)), context)
    const vertex = vertexEmbeddings.readAnswer(bodyOf(call('gcp-vertex', target.upstreamModel, 'predict', vertexEmbeddings.writeRequest(request, target).body)), context)
    assert.deepEqual(studio['data'], vertex['data'])
    assert.deepEqual(vertex['usage'], { prompt_tokens: 2, total_tokens: 2 })
  })

  it('takes whatever conversation the dialect writes', () => {
    fc.assert(
      fc.property(conversation, fc.constantFrom(...surfaces), fc.constantFrom(...models), (written, surface, upstreamModel) => {
        const { body } = geminiProvider.writeRequest(written, { upstreamModel })
        bodyOf(call(surface, upstreamModel, 'generateContent', body))
      }),
      { numRuns: 300 },
    )
  })
})

const text = fc.record({ kind: fc.constant('text' as const), text: fc.string() })
const image = fc.constantFrom<UserPart & { kind: 'image' }>(
  { kind: 'image', source: { kind: 'url', url: 'https://example.com/a.png' }, detail: 'low' },
  { kind: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'iVBORw0KGgo=' } },
)
const spoken: fc.Arbitrary<UserPart> = fc.oneof(
  text,
  image,
  fc.constant<UserPart>({ kind: 'document', source: { kind: 'data', mediaType: 'application/pdf', data: 'JVBERg==' }, name: 'a.pdf' }),
  fc.constant<UserPart>({ kind: 'audio', source: { kind: 'data', mediaType: 'audio/wav', data: 'UklGRg==' } }),
)
const result = fc.record({ parts: fc.array(fc.oneof(text, image), { maxLength: 3 }), isError: fc.boolean() })

// A user's message; then any number of turns in which the model answers or calls, every call gets its result, and the user may say more.
const turn = fc.record({
  thoughts: fc.boolean(),
  said: fc.array(text, { maxLength: 2 }),
  calls: fc.array(fc.record({ args: fc.dictionary(fc.string(), fc.jsonValue()), result }), { maxLength: 3 }),
  shuffled: fc.boolean(),
  next: fc.array(spoken, { minLength: 1, maxLength: 2 }),
})

const conversation: fc.Arbitrary<Conversation> = fc.record({ first: fc.array(spoken, { minLength: 1 }), turns: fc.array(turn, { maxLength: 4 }), settings: settings() }).map(({ first, turns, settings: set }) => {
  const messages: Message[] = [{ role: 'user', parts: [{ kind: 'text', text: 'Hi' }, ...first] }]
  for (const [index, each] of turns.entries()) {
    const calls = each.calls.map((made, at): ToolCallPart => ({ kind: 'tool_call', id: `call_${index}_${at}`, name: `tool_${at}`, arguments: JSON.stringify(made.args) }))
    const thoughts: AssistantPart[] = each.thoughts ? [{ kind: 'reasoning', text: 'hm', signature: 'of another provider' }] : []
    messages.push({ role: 'assistant', parts: [...thoughts, ...each.said, ...(calls.length === 0 ? [{ kind: 'text' as const, text: 'Well.' }] : calls)] })
    const results = each.calls.map((made, at): ToolResultPart => ({ kind: 'tool_result', callId: `call_${index}_${at}`, name: undefined, ...made.result }))
    messages.push({ role: 'user', parts: [...(each.shuffled ? results.toReversed() : results), { kind: 'text', text: 'Go on.' }, ...each.next] })
  }
  return { ...emptyConversation, ...set, messages }
})

function settings(): fc.Arbitrary<Partial<Conversation>> {
  const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined })
  return fc.record({
    system: fc.array(text, { maxLength: 2 }),
    output: fc.constantFrom<Conversation['output']>(undefined, { kind: 'json' }, { kind: 'schema', name: 'x', description: 'An x', schema: { properties: { a: { const: 1 } } }, strict: true }),
    tools: fc.constantFrom([], [weather, { ...weather, name: 'now', parameters: undefined }], [{ ...weather, parameters: {} }]),
    toolChoice: fc.constantFrom<Conversation['toolChoice']>(undefined, { kind: 'auto' }, { kind: 'none' }, { kind: 'any' }, { kind: 'tool', name: 'get_weather' }),
    maxOutputTokens: optional(fc.integer({ min: 1, max: 100_000 })),
    temperature: optional(fc.double({ min: 0, max: 2, noNaN: true })),
    topP: optional(fc.double({ min: 0, max: 1, noNaN: true })),
    seed: optional(fc.maxSafeInteger()),
    stop: fc.array(fc.string({ minLength: 1 }), { maxLength: 5 }),
    reasoning: optional(
      fc.record({
        effort: fc.constantFrom(undefined, 'none' as const, 'minimal' as const, 'low' as const, 'medium' as const, 'high' as const, 'max' as const),
        budgetTokens: optional(fc.nat({ max: 100_000 })),
        visible: fc.boolean(),
      }),
    ),
  })
}
