// Converting costs less than three times parsing and writing the same bytes as JSON.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AnswerEvent } from '../answer.ts'
import { parseRequest } from '../conversion.ts'
import { openAiResponsesClient } from './index.ts'

const context = { clientModel: 'gpt-5', exchangeId: 'ex1', createdSeconds: 1_700_000_000, usageAsked: false }

describe('the speed of conversions of the Responses API', () => {
  it('is enough to read a request of 100 KB', () => {
    const text = 'All work and no play makes "Jack" a dull boy.\n'.repeat(20)
    const input = Array.from({ length: 50 }, (_, index) => [
      { role: 'user', content: [{ type: 'input_text', text }] },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: `${index} ${text}`, annotations: [] }] },
      { type: 'function_call', call_id: `c${index}`, name: 'weather', arguments: '{"city":"Paris"}' },
      { type: 'function_call_output', call_id: `c${index}`, output: '{"degrees":20}' },
    ]).flat()
    const bytes = Buffer.from(JSON.stringify({ model: 'm', input }))
    assert.ok(bytes.length > 95_000)
    const baseline = leastMicroseconds(() => Buffer.from(JSON.stringify(JSON.parse(bytes.toString('utf8')))))
    const reading = leastMicroseconds(() => openAiResponsesClient.readRequest(parseRequest(bytes)))
    assert.ok(reading < 1.5 * baseline, `${reading} µs against ${baseline} µs`)
  })

  it('is enough to write a stream of 200 events', () => {
    const deltas = Array.from({ length: 200 }, (_, index): AnswerEvent => ({ kind: 'text', index: 0, text: ` word ${index}` }))
    const events: AnswerEvent[] = [
      { kind: 'start', id: 'a', model: 'm' },
      { kind: 'part_start', index: 0, part: { kind: 'text' } },
      ...deltas,
      { kind: 'part_end', index: 0 },
      { kind: 'finish', reason: 'stop', stopSequence: undefined },
      { kind: 'end' },
    ]
    const writer = openAiResponsesClient.createEventWriter(context)
    const texts = events.flatMap((event) => writer.write(event).split('\n\n')).map((event) => event.slice(event.indexOf('{'))).filter((text) => text !== '')
    const baseline = leastMicroseconds(() => texts.map((text) => Buffer.from(JSON.stringify(JSON.parse(text)))))
    const writing = leastMicroseconds(() => {
      const another = openAiResponsesClient.createEventWriter(context)
      return events.map((event) => Buffer.from(another.write(event)))
    })
    assert.ok(writing < 1.5 * baseline, `${writing} µs against ${baseline} µs`)
  })
})

// The least of many runs is the one that nothing else on the machine disturbed.
function leastMicroseconds(work: () => unknown): number {
  let least = Infinity
  for (let run = 0; run < 100; run += 1) {
    const start = process.hrtime.bigint()
    work()
    least = Math.min(least, Number(process.hrtime.bigint() - start) / 1000)
  }
  return least
}
