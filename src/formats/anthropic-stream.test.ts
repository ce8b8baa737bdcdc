import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerFixture } from '../../test/support/answer-fixture.ts'
import { cutEvery, readStream } from '../../test/support/read-stream.ts'
import { canonicalUsage } from '../core/usage.ts'
import { createAnthropicStreamReader } from './anthropic-stream.ts'

const options = { removeUsageEvent: true }

function readEvents(...events: object[]): ReturnType<typeof readStream> {
  return readStream(createAnthropicStreamReader(options), [Buffer.from(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''))])
}

const start = (usage: object): object => ({ type: 'message_start', message: { model: 'claude', usage } })
const delta = (usage: object): object => ({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage })

const expectations: [fixture: string, counts: (number | undefined)[], finished: boolean, failed: boolean][] = [
  ['anthropic-messages.sse', [2125, 2000, 100, 89], true, false],
  ['anthropic-web-search.sse', [13_682, 3000, 0, 510], true, false],
  ['anthropic-overloaded.sse', [2125, 2000, 100, undefined], false, true],
]

for (const [fixture, counts, finished, failed] of expectations) {
  const bytes = answerFixture(fixture)

  test(`reads ${fixture}, whole and byte by byte, with and without event names, and changes nothing`, () => {
    const nameless = Buffer.from(bytes.toString().replaceAll(/^event: .*\n/gm, ''))
    for (const chunks of [[bytes], cutEvery(bytes, 1), [nameless]]) {
      const reading = readStream(createAnthropicStreamReader(options), chunks)
      const usage = canonicalUsage(reading.usage ?? {})
      assert.equal(reading.output, Buffer.concat(chunks).toString('latin1'))
      assert.deepEqual([usage.inputTokens, usage.cachedInputTokens, usage.cacheCreationInputTokens, usage.outputTokens], counts)
      assert.deepEqual([reading.responseModel, reading.finished, reading.failed], ['claude-opus-4-1-20250805', finished, failed])
    }
  })
}

test('type comes from the event name where the data has none', () => {
  const bytes = Buffer.from('event: message_stop\ndata: {}\n\n')
  assert.equal(readStream(createAnthropicStreamReader(options), [bytes]).finished, true)
})

test('the first output count is that of the beginning, so it is not taken for the whole', () => {
  const { usage } = readEvents(start({ input_tokens: 25, output_tokens: 1 }))
  assert.deepEqual([usage?.inputTokens, usage?.outputTokens], [25, undefined])
})

test('message_delta replaces what it repeats, and null says nothing', () => {
  const first = start({ input_tokens: 25, cache_read_input_tokens: 7 })
  const { usage } = readEvents(first, delta({ input_tokens: 30, cache_read_input_tokens: null, output_tokens: 4 }))
  assert.deepEqual([usage?.inputTokens, usage?.cachedInputTokens, usage?.outputTokens], [37, 7, 4])
})

test('an input side of zeros only does not replace what was said, in whichever event it stands', () => {
  const zeros = { input_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 }
  const zeroLast = readEvents(start({ input_tokens: 25 }), delta({ ...zeros, output_tokens: 4 }))
  const zeroFirst = readEvents(start({ ...zeros, output_tokens: 0 }), delta({ input_tokens: 25, output_tokens: 4 }))
  const moved = readEvents(start({ input_tokens: 25 }), delta({ input_tokens: 0, cache_read_input_tokens: 25, output_tokens: 4 }))
  assert.deepEqual([zeroLast, zeroFirst, moved].map(({ usage }) => [usage?.inputTokens, usage?.outputTokens]), [[25, 4], [25, 4], [25, 4]])
})

test('several message_delta: the last cumulative count is right', () => {
  assert.equal(readEvents(start({ input_tokens: 25 }), delta({ output_tokens: 4 }), delta({ output_tokens: 9 })).usage?.outputTokens, 9)
})

test('counts text, thinking and tool input as output seen, signatures not', () => {
  const events = [
    { type: 'text_delta', text: '1234' },
    { type: 'thinking_delta', thinking: '12345678' },
    { type: 'input_json_delta', partial_json: '{"a":1}' },
    { type: 'signature_delta', signature: 'x'.repeat(400) },
  ].map((content) => ({ type: 'content_block_delta', index: 0, delta: content }))
  // 4 + 8 + 9 bytes: the quotes inside the tool input are escaped.
  assert.equal(readEvents(...events).outputTokensSeen, Math.ceil(21 / 4))
})

test('never holds anything back', () => {
  assert.equal(createAnthropicStreamReader(options).push(Buffer.from('data: {"type":"mess'), false), undefined)
})

test('searches of the web and caches kept for an hour are read from where they stand', () => {
  const searched = readStream(createAnthropicStreamReader(options), [answerFixture('anthropic-web-search.sse')])
  assert.equal(canonicalUsage(searched.usage ?? {}).details?.webSearches, 1)
  const cached = readEvents(start({ input_tokens: 5, cache_creation_input_tokens: 30, cache_creation: { ephemeral_1h_input_tokens: 20 } }), delta({ output_tokens: 4 }))
  assert.deepEqual(canonicalUsage(cached.usage ?? {}).details, { cacheCreation1hInputTokens: 20 })
})
