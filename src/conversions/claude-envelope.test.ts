import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fastCheck from 'fast-check'
import { emptyConversation } from '../../test/support/empty-conversation.ts'
import { SseScanner } from '../core/sse-scan.ts'
import { damagedFrame, encodeFrame, eventFrame, exceptionFrame } from '../mock/event-stream-frame.ts'
import { TollgateError } from '../core/errors.ts'
import { anthropicMessagesProvider } from './anthropic-messages/index.ts'
import type { AnswerEvent } from './answer.ts'
import { envelopedDialect, readBetas, unwrapError, UnwrappedStream, wrapRequest } from './claude-envelope.ts'
import type { JsonObject } from './conversation.ts'
import { conversionFor } from './index.ts'
import { asString } from './json-value.ts'

const chunk = (event: unknown): Buffer => eventFrame('chunk', { bytes: Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)).toString('base64'), p: 'abc' })

const events: readonly JsonObject[] = [
  { type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', content: [], usage: { input_tokens: 5, output_tokens: 1 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Grüße 🌍' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 4 } },
  { type: 'message_stop' },
]
const metrics = { 'amazon-bedrock-invocationMetrics': { inputTokenCount: 5, outputTokenCount: 4, invocationLatency: 9, firstByteLatency: 3 } }
const bytes = Buffer.concat([...events.slice(0, -1).map((event) => chunk(event)), chunk({ ...events.at(-1), ...metrics })])

function unwrap(...chunks: readonly Buffer[]): string {
  const stream = new UnwrappedStream()
  return chunks.map((each) => stream.push(each).toString('utf8')).join('')
}

describe('the envelope of Claude in clouds', () => {
  const body = { model: 'claude-sonnet-5', max_tokens: 5, messages: [], stream: true, some_new_field: { a: 1 } }

  it('has on Bedrock the version and the betas, neither model nor stream', () => {
    assert.deepEqual(wrapRequest('bedrock-claude', body), { anthropic_version: 'bedrock-2023-05-31', max_tokens: 5, messages: [], some_new_field: { a: 1 } })
    const betas = readBetas(' context-1m-2025-08-07, ,interleaved-thinking-2025-05-14')
    assert.deepEqual(wrapRequest('bedrock-claude', { ...body, anthropic_beta: ['context-1m-2025-08-07', 'other'] }, betas)['anthropic_beta'], ['context-1m-2025-08-07', 'other', 'interleaved-thinking-2025-05-14'])
  })

  it('has on Vertex AI the version and the stream switch, and no model', () => {
    assert.deepEqual(wrapRequest('vertex-claude', { ...body, anthropic_version: 'bedrock-2023-05-31' }, ['context-1m-2025-08-07']), {
      anthropic_version: 'vertex-2023-10-16',
      max_tokens: 5,
      messages: [],
      stream: true,
      some_new_field: { a: 1 },
    })
    assert.equal('stream' in wrapRequest('vertex-claude', { model: 'a' }), false)
  })

  it('refuses threads, which no cloud keeps, and leaves out the name that Anthropic’s SDK goes on sending', () => {
    for (const envelope of ['bedrock-claude', 'vertex-claude'] as const) {
      assert.throws(() => wrapRequest(envelope, { ...body, thread: { type: 'create' } }), (error) => error instanceof TollgateError && error.httpStatus === 400 && error.param === 'thread')
      assert.equal('thread' in wrapRequest(envelope, body), false)
    }
    assert.equal('anthropic_beta' in wrapRequest('bedrock-claude', body, ['message-threads-2026-08-12']), false)
  })

  it('is put around requests in Anthropic’s dialect', () => {
    const conversation = { ...emptyConversation, messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Hi' }] }], stream: true } as const
    const target = { upstreamModel: 'us.anthropic.claude-sonnet-4-20250514-v1:0' }
    const wanted = { max_tokens: 32_000, messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] }
    const [bedrock, vertex] = [envelopedDialect('bedrock-claude', anthropicMessagesProvider), envelopedDialect('vertex-claude', anthropicMessagesProvider)]
    assert.deepEqual(bedrock.writeRequest(conversation, target).body, { anthropic_version: 'bedrock-2023-05-31', ...wanted })
    assert.deepEqual(vertex.writeRequest(conversation, target).body, { anthropic_version: 'vertex-2023-10-16', ...wanted, stream: true })
    assert.deepEqual([bedrock.framing, vertex.framing], ['aws-event-stream', 'sse'])
    assert.deepEqual(bedrock.readError({ message: 'No.' }, 'AccessDeniedException'), { message: 'No.', type: 'AccessDeniedException' })
  })
})

describe('a stream of Claude on Bedrock', () => {
  const sse = events.map((event) => `event: ${asString(event['type']) ?? ''}\ndata: ${JSON.stringify(event)}\n\n`).join('')

  it('is what Anthropic’s own is, without the metrics, in any split', () => {
    fastCheck.assert(
      fastCheck.property(fastCheck.array(fastCheck.nat(bytes.length), { maxLength: 12 }), (places) => {
        const cuts = [0, ...places.toSorted((one, other) => one - other), bytes.length]
        assert.equal(unwrap(...cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end))), sse)
      }),
    )
  })

  it('has every event on one line', () => {
    assert.equal(unwrap(chunk('{\r\n"type":"ping"\n}')), 'event: ping\ndata: {"type":"ping"}\n\n')
  })

  it('ends in Anthropic’s error for exceptions, whole or not', () => {
    const error = (type: string, message: string): string => `event: error\ndata: ${JSON.stringify({ type: 'error', error: { type, message } })}\n\n`
    const first = chunk(events[0])
    const start = unwrap(first)
    assert.equal(unwrap(first, exceptionFrame('throttlingException', 'Slow down.'), first), start + error('rate_limit_error', 'Slow down.'))
    assert.equal(unwrap(exceptionFrame('modelStreamErrorException', 'Broken.')), error('api_error', 'Broken.'))
    assert.equal(unwrap(encodeFrame({ ':message-type': 'error', ':error-code': 'InternalFailure', ':error-message': 'It broke.' }, Buffer.alloc(0))), error('api_error', 'It broke.'))
    assert.match(unwrap(Buffer.concat([first, damagedFrame(first), first])).slice(start.length), /^event: error\n.*checksum of a frame.*\n\n$/)
  })

  for (const [what, frame] of [
    ['no JSON', eventFrame('chunk', 'text')],
    ['no bytes', eventFrame('chunk', {})],
    ['bytes that are no JSON', chunk('{"type":')],
    ['bytes that are a list', chunk([1])],
    ['a type that would be lines of its own', chunk({ type: 'ping\n\nevent: error' })],
  ] as const) {
    it(`ends in an error for a chunk with ${what}`, () => {
      assert.match(unwrap(frame, bytes), /^event: error\ndata: .*no event of Anthropic[^\n]*\n\n$/)
    })
  }

  it('ends where Anthropic’s does, and leaves out events that are no chunks', () => {
    assert.equal(unwrap(eventFrame('initial-response', {}), bytes, chunk(events[2])), sse)
    const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    assert.equal(unwrap(chunk(overloaded), bytes), `event: error\ndata: ${JSON.stringify(overloaded)}\n\n`)
  })

  it('is read by Anthropic’s own reader', () => {
    const inner: AnswerEvent[] = []
    const reader = anthropicMessagesProvider.createEventReader()
    new SseScanner((event) => inner.push(...reader.read(event.name, event.data?.toString() ?? ''))).push(Buffer.from(sse), true)
    const enveloped = envelopedDialect('bedrock-claude', anthropicMessagesProvider).createEventReader()
    const read = [...events.slice(0, -1), { ...events.at(-1), ...metrics }].flatMap((event) => enveloped.read('chunk', JSON.stringify({ bytes: Buffer.from(JSON.stringify(event)).toString('base64') })))
    assert.deepEqual([...read, ...enveloped.close()], inner)
    assert.equal(read.at(-1)?.kind, 'end')
  })

  it('ends in an error for our reader as well', () => {
    const read = (name: string, data: string): readonly AnswerEvent[] => envelopedDialect('bedrock-claude', anthropicMessagesProvider).createEventReader().read(name, data)
    assert.deepEqual(read('validationException', '{"message":"No."}'), [{ kind: 'error', error: { message: 'No.', type: 'ValidationException' } }])
    assert.deepEqual(read('chunk', '{"bytes":"!"}').map(({ kind }) => kind), ['error'])
    assert.deepEqual(read('initial-response', '{}'), [])
  })
})

describe('an error of Claude on Bedrock', () => {
  it('is told in Anthropic’s words', () => {
    assert.deepEqual(unwrapError({ message: 'Too many tokens.' }, 'ThrottlingException'), { type: 'error', error: { type: 'rate_limit_error', message: 'Too many tokens.' } })
    assert.deepEqual(unwrapError(undefined), { type: 'error', error: { type: 'api_error', message: 'The provider answered with an error that it did not explain.' } })
  })
})

describe('conversions to Claude in clouds', () => {
  it('have the envelope around them', () => {
    const body = Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], stream: true }))
    const versionOf = (envelope: 'none' | 'bedrock-claude' | 'vertex-claude'): unknown =>
      conversionFor('openai-chat', { dialect: 'anthropic-messages', envelope })?.convertRequest(body, { upstreamModel: 'claude-sonnet-4' }).body['anthropic_version']
    assert.deepEqual((['none', 'bedrock-claude', 'vertex-claude'] as const).map((envelope) => versionOf(envelope)), [undefined, 'bedrock-2023-05-31', 'vertex-2023-10-16'])
  })
})
