import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerFixture } from '../../test/support/answer-fixture.ts'
import { cutEvery, readStream } from '../../test/support/read-stream.ts'
import { createResponsesStreamReader } from './responses-stream.ts'

const expectations: [fixture: string, counts: unknown[], finished: boolean, failed: boolean][] = [
  ['openai-responses.sse', [36, 12, 87, 5, 123], true, false],
  ['openai-responses-incomplete.sse', [36, 12, 87, 5, 123], true, false],
  ['openai-responses-failed.sse', [], true, true],
  ['openai-responses-error.sse', [], false, true],
]

for (const [fixture, counts, finished, failed] of expectations) {
  const bytes = answerFixture(fixture)

  test(`reads ${fixture}, whole and byte by byte, with and without event names, and changes nothing`, () => {
    const nameless = Buffer.from(bytes.toString().replaceAll(/^event: .*\n/gm, ''))
    for (const chunks of [[bytes], cutEvery(bytes, 1), [nameless]]) {
      const { usage, output, ...reading } = readStream(createResponsesStreamReader({ removeUsageEvent: true }), chunks)
      assert.equal(output, Buffer.concat(chunks).toString('latin1'))
      assert.deepEqual(
        [usage?.inputTokens, usage?.cachedInputTokens, usage?.outputTokens, usage?.reasoningTokens, usage?.totalTokens].filter((count) => count !== undefined),
        counts,
      )
      assert.deepEqual(reading, { responseModel: 'gpt-4.1-2025-04-14', outputTokensSeen: 7, finished, failed })
    }
  })
}

test('parses usage alone, once', (context) => {
  const parse = context.mock.method(JSON, 'parse')
  readStream(createResponsesStreamReader({ removeUsageEvent: false }), [answerFixture('openai-responses.sse')])
  assert.equal(parse.mock.callCount(), 1)
})

test('counts new text, not text that is repeated, and no sound', () => {
  const events = [
    { type: 'response.function_call_arguments.delta', delta: '12345678' },
    { type: 'response.audio.delta', delta: 'UklGR'.repeat(100) },
    { type: 'response.output_text.done', text: 'x'.repeat(100) },
    { type: 'response.content_part.done', part: { type: 'output_text', text: 'x'.repeat(100) } },
  ]
  const bytes = Buffer.from(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''))
  assert.equal(readStream(createResponsesStreamReader({ removeUsageEvent: false }), [bytes]).outputTokensSeen, 2)
})

test('never holds anything back', () => {
  const reader = createResponsesStreamReader({ removeUsageEvent: true })
  assert.equal(reader.push(Buffer.from('data: {"type":"response.comp'), false), undefined)
})
