import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fastCheck from 'fast-check'
import type { AnswerEvent } from '../answer.ts'
import type { JsonValue } from '../conversation.ts'
import { answerToolName } from '../structured-output.ts'
import { createEventReader } from './event-reader.ts'

type Frame = readonly [name: string, event: JsonValue]

const start: Frame = ['messageStart', { role: 'assistant', p: 'abc' }]
const text = (index: number, piece: string): Frame => ['contentBlockDelta', { contentBlockIndex: index, delta: { text: piece } }]
const reasoning = (index: number, delta: JsonValue): Frame => ['contentBlockDelta', { contentBlockIndex: index, delta: { reasoningContent: delta } }]
const callStart = (index: number, name: string): Frame => ['contentBlockStart', { contentBlockIndex: index, start: { toolUse: { toolUseId: `id_${name}`, name } } }]
const input = (index: number, json: string): Frame => ['contentBlockDelta', { contentBlockIndex: index, delta: { toolUse: { input: json } } }]
const blockStop = (index: number): Frame => ['contentBlockStop', { contentBlockIndex: index }]
const stop = (stopReason = 'end_turn'): Frame => ['messageStop', { stopReason }]
const metadata: Frame = ['metadata', { usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 }, metrics: { latencyMs: 1 } }]

const started: AnswerEvent = { kind: 'start', id: '', model: '' }
const usage: AnswerEvent = { kind: 'usage', usage: { inputTokens: 3, cachedInputTokens: undefined, cacheCreationInputTokens: undefined, outputTokens: 2, totalTokens: undefined } }
const finish = (reason: Extract<AnswerEvent, { kind: 'finish' }>['reason']): AnswerEvent => ({ kind: 'finish', reason, stopSequence: undefined })
const end: AnswerEvent = { kind: 'end' }

function read(...frames: readonly Frame[]): AnswerEvent[] {
  const reader = createEventReader()
  return [...frames.flatMap(([name, event]) => reader.read(name, JSON.stringify(event))), ...reader.close()]
}
const kinds = (events: readonly AnswerEvent[]): string => events.map((event) => ('index' in event ? `${event.kind}${event.index}` : event.kind)).join(' ')

describe('a stream of Converse', () => {
  it('starts a text with its first piece, and ends with the usage', () => {
    assert.deepEqual(read(start, text(0, 'Hel'), text(0, 'lo'), blockStop(0), stop(), metadata), [
      started,
      { kind: 'part_start', index: 0, part: { kind: 'text' } },
      { kind: 'text', index: 0, text: 'Hel' },
      { kind: 'text', index: 0, text: 'lo' },
      { kind: 'part_end', index: 0 },
      finish('stop'),
      usage,
      end,
    ])
  })

  it('has thoughts with their signature, redacted ones, and calls', () => {
    const frames = [
      start,
      reasoning(0, { text: 'Hm.' }),
      reasoning(0, { signature: 'sig' }),
      blockStop(0),
      reasoning(1, { redactedContent: 'c2VjcmV0' }),
      blockStop(1),
      callStart(2, 'now'),
      input(2, ''),
      input(2, '{"zone":'),
      input(2, '"UTC"}'),
      blockStop(2),
      stop('tool_use'),
      metadata,
    ]
    assert.deepEqual(read(...frames), [
      started,
      { kind: 'part_start', index: 0, part: { kind: 'reasoning' } },
      { kind: 'text', index: 0, text: 'Hm.' },
      { kind: 'signature', index: 0, signature: 'sig' },
      { kind: 'part_end', index: 0 },
      { kind: 'part_start', index: 1, part: { kind: 'reasoning', redacted: 'c2VjcmV0' } },
      { kind: 'part_end', index: 1 },
      { kind: 'part_start', index: 2, part: { kind: 'tool_call', id: 'id_now', name: 'now' } },
      { kind: 'arguments', index: 2, json: '{"zone":' },
      { kind: 'arguments', index: 2, json: '"UTC"}' },
      { kind: 'part_end', index: 2 },
      finish('tool_calls'),
      usage,
      end,
    ])
  })

  it('numbers parts anew, whatever Bedrock numbers, and with calls interleaved', () => {
    assert.equal(
      kinds(read(start, text(1, 'a'), blockStop(1), callStart(5, 'a'), callStart(7, 'b'), input(7, '{}'), input(5, '{}'), blockStop(7), blockStop(5), stop('tool_use'), metadata)),
      'start part_start0 text0 part_end0 part_start1 part_start2 arguments2 arguments1 part_end2 part_end1 finish usage end',
    )
  })

  it('has thoughts that are hidden, and thoughts that go on as text in their block', () => {
    assert.equal(kinds(read(start, reasoning(0, { text: '' }), reasoning(0, { signature: 'sig' }), blockStop(0), stop(), metadata)), 'start part_start0 signature0 part_end0 finish usage end')
    assert.equal(kinds(read(start, reasoning(0, { text: 'Hm.' }), text(0, 'So.'), blockStop(0), stop())), 'start part_start0 text0 part_end0 part_start1 text1 part_end1 finish end')
  })

  it('leaves out empty blocks, pictures, citations and what is not known yet', () => {
    const frames: Frame[] = [
      start,
      text(0, ''),
      blockStop(0),
      blockStop(9),
      ['contentBlockStart', { contentBlockIndex: 1, start: { image: { format: 'png' } } }],
      ['contentBlockDelta', { contentBlockIndex: 1, delta: { image: {} } }],
      ['contentBlockStart', { contentBlockIndex: 3, start: {} }],
      ['contentBlockDelta', { contentBlockIndex: 3, delta: { citation: {} } }],
      text(3, 'a'),
      ['somethingNew', {}],
      ['contentBlockStart', { contentBlockIndex: 4, start: { toolUse: { toolUseId: 'a', name: 'nova_grounding', type: 'server_tool_use' } } }],
      input(4, '{}'),
    ]
    assert.equal(kinds(read(...frames, stop(), metadata)), 'start part_start0 text0 part_end0 finish usage end')
  })

  it('gives structured output as text, once', () => {
    assert.deepEqual(read(start, callStart(0, answerToolName), input(0, '{"a":'), input(0, '1}'), blockStop(0), callStart(1, answerToolName), input(1, '{}'), blockStop(1), stop('tool_use'), metadata).slice(1), [
      { kind: 'part_start', index: 0, part: { kind: 'text' } },
      { kind: 'text', index: 0, text: '{"a":' },
      { kind: 'text', index: 0, text: '1}' },
      { kind: 'part_end', index: 0 },
      finish('stop'),
      usage,
      end,
    ])
    assert.deepEqual(read(start, callStart(0, answerToolName), blockStop(0), stop('tool_use')).slice(2, 3), [{ kind: 'text', index: 0, text: '{}' }])
  })

  it('tells the stop sequence', () => {
    const events = read(start, ['messageStop', { stopReason: 'stop_sequence', additionalModelResponseFields: { stop_sequence: 'END' } }])
    assert.deepEqual(events[1], { kind: 'finish', reason: 'stop_sequence', stopSequence: 'END' })
  })

  it('ends without metadata, with late metadata, and with metadata in two', () => {
    assert.deepEqual(read(start, text(0, 'a'), stop()).at(-1), end)
    assert.equal(kinds(read(start, stop(), ['metadata', { metrics: { latencyMs: 1 } }], metadata, stop())), 'start finish usage end')
    assert.equal(kinds(read(start, metadata, stop())), 'start usage finish end')
  })

  it('is not whole when it was cut', () => {
    assert.equal(kinds(read(start, text(0, 'a'), blockStop(0))), 'start part_start0 text0 part_end0')
    assert.deepEqual(read(), [])
  })
})

describe('a hostile stream of Converse', () => {
  const hostile: readonly (readonly [what: string, frames: readonly Frame[], message: RegExp])[] = [
    ['a second start', [start, start], /second answer/],
    ['a start after the end', [start, stop(), start], /second answer/],
    ['text before the start', [text(0, 'a')], /before the start/],
    ['text after the end', [start, stop(), text(0, 'a')], /after the end/],
    ['an end before the start', [stop()], /before it began/],
    ['two ends', [start, stop(), stop()], /ended twice/],
    ['arguments of no call', [start, input(0, '{}')], /was not begun/],
    ['arguments in a text', [start, text(0, 'a'), input(0, '{}')], /was not begun/],
    ['text in a call', [start, callStart(0, 'a'), text(0, 'a')], /block of a call/],
    ['thoughts in structured output', [start, callStart(0, answerToolName), reasoning(0, { text: 'a' })], /block of a call/],
    ['a block that begins twice', [start, callStart(0, 'a'), callStart(0, 'b')], /began twice/],
    ['a delta after its block', [start, text(0, 'a'), blockStop(0), text(0, 'b')], /after the end of its block/],
    ['a block that ends twice', [start, text(0, 'a'), blockStop(0), blockStop(0)], /after the end of its block/],
    ['a block without index', [start, ['contentBlockDelta', { delta: { text: 'a' } }]], /no index/],
    ['a call without name', [start, ['contentBlockStart', { contentBlockIndex: 0, start: { toolUse: { toolUseId: 'a' } } }]], /no name or no id/],
    ['a call without id', [start, ['contentBlockStart', { contentBlockIndex: 0, start: { toolUse: { toolUseId: '', name: 'a' } } }]], /no name or no id/],
    ['an event that is no object', [start, ['contentBlockDelta', [1]]], /no JSON object/],
    ['endless blocks', [start, ...Array.from({ length: 10_001 }, (_, index) => text(index, 'a'))], /too many blocks/],
  ]
  for (const [what, frames, message] of hostile) {
    it(`with ${what} ends in an error`, () => {
      const events = read(...frames, text(99, 'later'), stop(), metadata)
      const last = events.at(-1)
      assert.match(last?.kind === 'error' ? last.error.message : '', message)
      assert.equal(events.filter(({ kind }) => kind === 'error').length, 1)
    })
  }

  it('with JSON that is none ends in an error', () => {
    const reader = createEventReader()
    assert.equal(kinds(reader.read('messageStart', '{"role":')), 'error')
    assert.deepEqual(reader.close(), [])
  })

  it('with an exception tells it', () => {
    assert.deepEqual(read(start, text(0, 'a'), ['throttlingException', { message: 'Too many tokens.' }], stop(), metadata).at(-1), {
      kind: 'error',
      error: { message: 'Too many tokens.', type: 'ThrottlingException' },
    })
    const reader = createEventReader()
    assert.deepEqual(reader.read('internalServerException', ''), [
      { kind: 'error', error: { message: 'The provider answered with an error that it did not explain.', type: 'InternalServerException' } },
    ])
  })

  it('where the model failed ends in an error', () => {
    assert.deepEqual(read(start, stop('malformed_model_output'), metadata).at(-1), { kind: 'error', error: { message: 'The model failed to answer (malformed_model_output).', type: undefined } })
  })

  it('never throws, and keeps to the order that writers rely on', () => {
    const anything = fastCheck.oneof(
      fastCheck.constantFrom(start, text(0, 'a'), text(1, 'b'), reasoning(0, { text: 'c' }), reasoning(1, { signature: 's' }), callStart(2, 'x'), callStart(0, answerToolName), input(2, '{}'), input(0, '1'), blockStop(0), blockStop(2), stop(), metadata),
      fastCheck.tuple(fastCheck.constantFrom('messageStart', 'contentBlockStart', 'contentBlockDelta', 'messageStop', 'metadata', 'xException'), fastCheck.jsonValue() as fastCheck.Arbitrary<JsonValue>),
    )
    fastCheck.assert(
      fastCheck.property(fastCheck.array(anything, { maxLength: 12 }), (frames) => {
        const open = new Set<number>()
        let parts = 0
        let isOver = false
        for (const event of read(start, ...frames).slice(1)) {
          assert.ok(!isOver && event.kind !== 'start')
          isOver = event.kind === 'end' || event.kind === 'error'
          if (event.kind === 'part_start') {
            assert.equal(event.index, parts)
            parts += 1
            open.add(event.index)
          } else if ('index' in event) assert.ok(event.kind === 'part_end' ? open.delete(event.index) : open.has(event.index))
          else if (event.kind === 'finish') assert.equal(open.size, 0)
        }
      }),
      { numRuns: 500 },
    )
  })
})
