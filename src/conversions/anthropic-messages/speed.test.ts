// Converting costs less than three times parsing and writing the same bytes as JSON.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createConversion } from '../conversion.ts'
import { anthropicMessagesClient, anthropicMessagesProvider } from './index.ts'

const context = { clientModel: 'claude', exchangeId: 'x1', createdSeconds: 0, usageAsked: false }
const conversion = createConversion(anthropicMessagesClient, anthropicMessagesProvider)

describe('the speed of conversions of the Messages API', () => {
  it('is enough for a request of 100 KB, read and written again', () => {
    const text = 'All work and no play makes "Jack" a dull boy.\n'.repeat(20)
    const messages = Array.from({ length: 50 }, (_, index) => [
      { role: 'user', content: [{ type: 'text', text }] },
      { role: 'assistant', content: [{ type: 'text', text: `${index} ${text}` }, { type: 'tool_use', id: `c${index}`, name: 'weather', input: { city: 'Paris' } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: `c${index}`, content: '{"degrees":20}' }] },
    ]).flat()
    const bytes = Buffer.from(JSON.stringify({ model: 'm', max_tokens: 100, messages, tools: [{ name: 'weather', input_schema: { type: 'object' } }] }))
    assert.ok(bytes.length > 95_000)
    const baseline = leastMicroseconds(() => Buffer.from(JSON.stringify(JSON.parse(bytes.toString('utf8')))))
    const converting = leastMicroseconds(() => Buffer.from(JSON.stringify(conversion.convertRequest(bytes, { upstreamModel: 'claude-sonnet-4-5' }).body)))
    assert.ok(converting < 3 * baseline, `${converting} µs against ${baseline} µs`)
  })

  it('is enough for a stream of 200 events', () => {
    const deltas = Array.from({ length: 200 }, (_, index) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ` word ${index}` } }))
    const events = [
      { type: 'message_start', message: { id: 'm', model: 'm', usage: { input_tokens: 1, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      ...deltas,
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 200 } },
      { type: 'message_stop' },
    ]
    const chunks = events.map((event) => Buffer.from(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`))
    const texts = events.map((event) => Buffer.from(JSON.stringify(event)))
    const baseline = leastMicroseconds(() => texts.map((text) => Buffer.from(JSON.stringify(JSON.parse(text.toString('utf8'))))))
    const converting = leastMicroseconds(() => {
      const stream = conversion.convertStream?.(context)
      return chunks.map((chunk) => stream?.push(chunk, false))
    })
    assert.ok(converting < 3 * baseline, `${converting} µs against ${baseline} µs`)
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
