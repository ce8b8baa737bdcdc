// Whatever a client asks for, what is written for a Claude of any generation is what Anthropic takes: the mock holds requests to the published
// schema, to the rules across messages and to those of each model.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { anthropicMessagesProvider } from '../../src/conversions/anthropic-messages/index.ts'
import type { AssistantPart, Conversation, Message, ReasoningPart, Tool, UserPart } from '../../src/conversions/conversation.ts'
import { thoughtFor } from '../../src/mock/anthropic-thoughts.ts'
import { checkMessagesRequest } from '../../src/mock/check-messages-request.ts'
import { isObject } from '../../src/mock/json-object.ts'

const models = [
  'claude-3-haiku-20240307',
  'claude-3-5-sonnet-20241022',
  'claude-3-7-sonnet-20250219',
  'claude-opus-4-1',
  'claude-sonnet-4-5',
  'claude-opus-4-6',
  'claude-opus-4-8',
  'claude-sonnet-5',
  'claude-opus-5',
  'claude-haiku-5-5',
  'claude-sonnet-5-5',
  'claude-opus-5-5',
  'claude-fable-5-1',
  'a-look-alike',
]
const text = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('', ' ', 'Hello ', '\n'))
const cache = fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: fc.constantFrom({ cache: { ttl: undefined } }, { cache: { ttl: '1h' } } as const) })
const optional = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> => fc.option(value, { nil: undefined })

const userPart: fc.Arbitrary<UserPart> = fc.oneof(
  fc.tuple(text, cache).map(([value, mark]) => ({ kind: 'text' as const, text: value, ...mark })),
  cache.map((mark) => ({ kind: 'image' as const, source: { kind: 'data' as const, mediaType: 'image/png', data: 'AAAA' }, ...mark })),
  cache.map((mark) => ({ kind: 'document' as const, source: { kind: 'data' as const, mediaType: 'application/pdf', data: 'JVBE' }, name: 'a.pdf', ...mark })),
)
const thought = fc.constantFrom<ReasoningPart>(
  { kind: 'reasoning', text: 'Mine alone.' },
  { kind: 'reasoning', text: '', redacted: String(thoughtFor('ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING', true)['data']) },
  signed(),
)
const assistantPart: fc.Arbitrary<AssistantPart> = fc.oneof(
  text.map((value) => ({ kind: 'text' as const, text: value })),
  text.map((value) => ({ kind: 'refusal' as const, text: value })),
  thought,
)

function signed(): ReasoningPart {
  const { thinking, signature } = thoughtFor('a', true)
  return { kind: 'reasoning', text: String(thinking), signature: String(signature) }
}

/** One or two turns: something is said, or tools are called and answered. */
const exchange = fc.oneof(
  fc.array(userPart, { maxLength: 3 }).map((parts): Message[] => [{ role: 'user', parts }]),
  fc.array(assistantPart, { maxLength: 3 }).map((parts): Message[] => [{ role: 'assistant', parts }]),
  fc.record({ before: fc.array(assistantPart, { maxLength: 2 }), calls: fc.integer({ min: 1, max: 3 }), json: fc.constantFrom('{}', '', '{"a":1}', '{"cut'), after: fc.array(userPart, { maxLength: 2 }) }).map(
    ({ before, calls, json, after }): Message[] => [
      { role: 'assistant', parts: [...before, ...Array.from({ length: calls }, (_, index) => ({ kind: 'tool_call' as const, id: `call.${index}`, name: 'weather', arguments: json }))] },
      {
        role: 'user',
        parts: [...after, ...Array.from({ length: calls }, (_, index) => ({ kind: 'tool_result' as const, callId: `call.${index}`, name: 'weather', parts: [{ kind: 'text' as const, text: '20' }], isError: false }))],
      },
    ],
  ),
)
// Ids are unique in a conversation, and neighbours of a role are one message, as every reader makes them.
const messages = fc.array(exchange, { minLength: 1, maxLength: 5 }).map((exchanges) => merge(exchanges.flatMap((turns, round) => turns.map((turn) => withRound(turn, round)))))

function withRound(message: Message, round: number): Message {
  if (message.role === 'user') return { role: 'user', parts: message.parts.map((part) => (part.kind === 'tool_result' ? { ...part, callId: `${part.callId}.${round}` } : part)) }
  return { role: 'assistant', parts: message.parts.map((part) => (part.kind === 'tool_call' ? { ...part, id: `${part.id}.${round}` } : part)) }
}

function merge(list: readonly Message[]): readonly Message[] {
  const merged: Message[] = []
  for (const message of list) {
    const last = merged.at(-1)
    if (last?.role === 'user' && message.role === 'user') merged[merged.length - 1] = { role: 'user', parts: [...last.parts, ...message.parts] }
    else if (last?.role === 'assistant' && message.role === 'assistant') merged[merged.length - 1] = { role: 'assistant', parts: [...last.parts, ...message.parts] }
    else merged.push(message)
  }
  return merged
}

const tool: Tool = { name: 'weather', description: '', parameters: { properties: { city: { type: 'string' } } }, strict: true }
const withTools = fc.constantFrom<Pick<Conversation, 'tools' | 'toolChoice'>>(
  { tools: [], toolChoice: undefined },
  ...[undefined, { kind: 'auto' } as const, { kind: 'none' } as const, { kind: 'any' } as const, { kind: 'tool', name: 'weather' } as const].map((toolChoice) => ({ tools: [tool], toolChoice })),
)
const conversation: fc.Arbitrary<Conversation> = fc
  .record({
    system: fc.array(fc.tuple(text, cache).map(([value, mark]) => ({ kind: 'text' as const, text: value, ...mark })), { maxLength: 3 }),
    messages,
    choice: withTools,
    parallelToolCalls: optional(fc.boolean()),
    output: fc.constantFrom<Conversation['output']>(undefined, { kind: 'json' }, { kind: 'schema', name: 'a', description: undefined, schema: { type: 'object', properties: {} }, strict: true }),
    maxOutputTokens: optional(fc.constantFrom(1, 500, 2_000, 64_000, 1_000_000)),
    temperature: optional(fc.constantFrom(0, 0.5, 1, 2)),
    topP: optional(fc.constantFrom(0, 0.5, 1)),
    topK: optional(fc.constantFrom(1, 40)),
    presencePenalty: optional(fc.constant(1)),
    frequencyPenalty: optional(fc.constant(1)),
    seed: optional(fc.constant(1)),
    stop: fc.array(text, { maxLength: 3 }),
    reasoning: fc.constantFrom<Conversation['reasoning']>(
      undefined,
      ...(['none', 'minimal', 'medium', 'xhigh', 'max'] as const).map((effort) => ({ effort, budgetTokens: undefined, visible: true })),
      { effort: undefined, budgetTokens: 3_000, visible: false },
      { effort: undefined, budgetTokens: undefined, visible: true },
    ),
    user: optional(fc.constantFrom('alice', 'x'.repeat(300))),
    metadata: fc.constant(undefined),
    stream: fc.boolean(),
  })
  .map(({ choice, ...rest }) => ({ ...rest, ...choice, dropped: [] }))

describe('a request written for Anthropic', () => {
  it('is one that Anthropic takes', () => {
    fc.assert(
      fc.property(conversation, fc.constantFrom(...models), (asked, upstreamModel) => {
        const body: unknown = JSON.parse(JSON.stringify(anthropicMessagesProvider.writeRequest(asked, { upstreamModel }).body))
        assert.ok(isObject(body))
        assert.equal(checkMessagesRequest(body), undefined)
      }),
      { numRuns: 3_000 },
    )
  })
})
