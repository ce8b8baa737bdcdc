// Whatever a conversation says, Bedrock takes what is written of it: held against the mock's schema and rules, which are written apart.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fastCheck from 'fast-check'
import { TollgateError } from '../../core/errors.ts'
import { checkConverse } from '../../mock/bedrock-converse-rules.ts'
import type { AssistantPart, CacheMark, Conversation, Message, Tool, UserPart } from '../conversation.ts'
import { writeRequest } from './write-request.ts'

const models = [
  'anthropic.claude-3-haiku-20240307-v1:0',
  'us.anthropic.claude-3-7-sonnet-20250219-v1:0',
  'us.anthropic.claude-sonnet-4-20250514-v1:0',
  'anthropic.claude-opus-4-1-20250805-v1:0',
  'anthropic.claude-sonnet-4-5-20250929-v1:0',
  'arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.claude-opus-4-6-v1',
  'global.anthropic.claude-opus-4-7',
  'global.anthropic.claude-sonnet-5',
  'anthropic.claude-opus-5-5',
  'us.amazon.nova-pro-v1:0',
  'openai.gpt-oss-120b-1:0',
  'meta.llama3-1-8b-instruct-v1:0',
]

const { constant, constantFrom, option, record, array, oneof } = fastCheck
const maybe = <Value>(value: fastCheck.Arbitrary<Value>) => option(value, { nil: undefined })
type Said<Part> = { [Name in keyof Part as undefined extends Part[Name] ? never : Name]: Part[Name] } & { [Name in keyof Part as undefined extends Part[Name] ? Name : never]?: Exclude<Part[Name], undefined> }
// What is undefined is left out, which its type says.
const withoutUndefined = <Part extends object>(part: Part): Said<Part> => Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) as Said<Part>

const text = constantFrom('Hello', '', ' \n', 'Grüße 🌍 ')
const cache = option(record({ ttl: constantFrom<CacheMark['ttl']>(undefined, '5m', '1h') }), { nil: undefined, freq: 8 })
const textPart = record({ kind: constant('text' as const), text, cache }).map((part) => withoutUndefined(part))
const image = record({ kind: constant('image' as const), source: record({ kind: constant('data' as const), mediaType: constantFrom('image/png', 'image/jpg'), data: constant('QUJD') }) })
const document = record({
  kind: constant('document' as const),
  source: oneof(record({ kind: constant('text' as const), text: constant('Text.') }), record({ kind: constant('data' as const), mediaType: constant('application/pdf'), data: constant('QUJD') })),
  name: maybe(fastCheck.string({ unit: 'binary', maxLength: 20 })),
}).map((part) => withoutUndefined(part))
const thought = record({ kind: constant('reasoning' as const), text, signature: maybe(constant('c2ln')), redacted: maybe(constant('c2VjcmV0')) }).map((part) => withoutUndefined(part))
const userParts = array(oneof(textPart, image, document), { maxLength: 3 })
const saidParts = array(oneof(textPart, thought, record({ kind: constant('refusal' as const), text })), { maxLength: 3 })
const callId = constantFrom('call_1', 'weird.id:with/all', 'x'.repeat(100))

const turn = oneof(
  userParts.map((parts): readonly Message[] => [{ role: 'user', parts }]),
  saidParts.map((parts): readonly Message[] => [{ role: 'assistant', parts }]),
  record({ id: callId, said: saidParts, json: constantFrom('', '{"a":1}', '{"a":', '[]'), result: array(oneof(textPart, image, document), { maxLength: 2 }), isError: fastCheck.boolean(), more: userParts }).map(
    ({ id, said, json, result, isError, more }): readonly Message[] => [
      { role: 'assistant', parts: [...said, { kind: 'tool_call', id, name: 'get_weather', arguments: json }] satisfies AssistantPart[] },
      { role: 'user', parts: [...more, { kind: 'tool_result', callId: id, name: 'get_weather', parts: result, isError }] satisfies UserPart[] },
    ],
  ),
)
const tool = record({
  name: constant('get_weather'),
  description: maybe(constantFrom('', 'Weather')),
  parameters: maybe(constantFrom({ properties: { city: { type: 'string' } } }, { type: 'object', properties: {} })),
  strict: maybe(fastCheck.boolean()),
  cache,
}).map(({ cache: mark, ...each }): Tool => (mark === undefined ? each : { ...each, cache: mark }))

const conversation = record({
  system: array(textPart, { maxLength: 2 }),
  messages: array(turn, { minLength: 1, maxLength: 5 }).map((turns) => turns.flat()),
  tools: array(tool, { maxLength: 1 }),
  toolChoice: maybe(constantFrom({ kind: 'auto' as const }, { kind: 'none' as const }, { kind: 'any' as const }, { kind: 'tool' as const, name: 'get_weather' })),
  parallelToolCalls: maybe(fastCheck.boolean()),
  output: maybe(constantFrom({ kind: 'json' as const }, { kind: 'schema' as const, name: 'a', description: undefined, schema: { type: 'object' }, strict: true })),
  maxOutputTokens: maybe(constantFrom(1, 1025, 3000)),
  temperature: maybe(constantFrom(0, 0.5, 1, 2)),
  topP: maybe(constantFrom(0.5, 1)),
  topK: maybe(constant(5)),
  presencePenalty: maybe(constant(1)),
  frequencyPenalty: maybe(constant(1)),
  seed: maybe(constant(1)),
  stop: array(constantFrom('END', '\n', ''), { maxLength: 2 }),
  reasoning: maybe(record({ effort: maybe(constantFrom('none' as const, 'minimal' as const, 'medium' as const, 'xhigh' as const, 'max' as const)), budgetTokens: maybe(constantFrom(0, 500, 2000)), visible: fastCheck.boolean() })),
  user: maybe(constant('alice')),
  metadata: maybe(fastCheck.dictionary(fastCheck.string({ maxLength: 5 }), fastCheck.string({ maxLength: 5 }), { maxKeys: 3 })),
  stream: fastCheck.boolean(),
  dropped: constant([]),
})

describe('what is written for Converse', () => {
  for (const model of models) {
    it(`is what ${model} takes`, () => {
      fastCheck.assert(
        fastCheck.property(conversation, (said) => {
          const written = writeOrRefuse(said, model)
          assert.equal(written === undefined ? undefined : checkConverse(JSON.parse(JSON.stringify(written)) as Record<string, unknown>, model), undefined)
        }),
        { numRuns: 300 },
      )
    })
  }
})

/** Undefined for what is refused by its parameter. */
function writeOrRefuse(said: Conversation, model: string): unknown {
  try {
    return writeRequest(said, { upstreamModel: model }).body
  } catch (thrown) {
    if (thrown instanceof TollgateError && thrown.code === 'unsupported_parameter') return undefined
    throw thrown
  }
}
