import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AnswerEvent } from './answer.ts'
import { ConvertedStream } from './converted-stream.ts'
import type { EventReader } from './dialect.ts'

/** Events are their own JSON, one per SSE event; what is written is the kind of each. */
function stream(reader: Partial<EventReader> = {}) {
  return new ConvertedStream({
    framing: 'sse',
    reader: { read: (_name, data) => JSON.parse(data) as AnswerEvent[], close: () => [], ...reader },
    writer: { write: (event) => `${event.kind === 'error' ? event.error.message : event.kind};` },
  })
}
const sse = (...events: AnswerEvent[]): Buffer => Buffer.from(events.map((event) => `data: ${JSON.stringify([event])}\n\n`).join(''))
const start: AnswerEvent = { kind: 'start', id: 'a', model: 'm' }
const end: AnswerEvent = { kind: 'end' }

describe('a converted stream', () => {
  it('writes events as they are complete, and knows what they cost', () => {
    const converted = stream()
    const bytes = sse(start, { kind: 'text', index: 0, text: 'é'.repeat(8) }, { kind: 'usage', usage: { outputTokens: 3 } }, end)
    let written = ''
    for (const byte of bytes) written += converted.push(Buffer.of(byte), false).toString()
    assert.equal(written, 'start;text;usage;end;')
    assert.deepEqual([converted.responseModel, converted.usage, converted.finished, converted.failed, converted.outputTokensSeen], ['m', { outputTokens: 3 }, true, false, 4])
    assert.equal(converted.push(Buffer.alloc(0), true).toString(), '')
  })

  it('asks its reader for the end, where the provider’s stream has none', () => {
    const converted = stream({ close: () => [end] })
    assert.equal(converted.push(sse(start), true).toString(), 'start;end;')
    assert.equal(converted.finished, true)
  })

  it('ends in an error when it is cut, and says nothing after one', () => {
    const cut = stream()
    assert.equal(cut.push(sse(start), true).toString(), 'start;The stream of the provider ended before its answer was complete.;')
    assert.deepEqual([cut.finished, cut.failed], [false, true])
    const failed = stream()
    const error: AnswerEvent = { kind: 'error', error: { message: 'overloaded', type: undefined } }
    assert.equal(failed.push(sse(start, error, start, end), true).toString(), 'start;overloaded;')
    assert.equal(failed.finished, false)
  })

  it('says nothing after the end', () => {
    assert.equal(stream().push(sse(start, end, start), true).toString(), 'start;end;')
  })
})
