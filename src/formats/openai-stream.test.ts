import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerFixture } from '../../test/support/answer-fixture.ts'
import { cutEvery, readStream } from '../../test/support/read-stream.ts'
import { canonicalUsage } from '../core/usage.ts'
import { createOpenaiStreamReader } from './openai-stream.ts'

const keep = { removeUsageEvent: false }
const remove = { removeUsageEvent: true }

interface Expectation {
  fixture: string
  input: number | undefined
  output: number | undefined
  model: string | undefined
  finished?: false
  failed?: true
  /** Numbers of the events, split at blank lines, that are removed. */
  removed?: number[]
}

const expectations: Expectation[] = [
  { fixture: 'openai-chat.sse', input: 1040, output: 5, model: 'gpt-4o-mini-2024-07-18', removed: [7] },
  { fixture: 'openai-completions.sse', input: 5, output: 3, model: 'gpt-3.5-turbo-instruct', removed: [3] },
  { fixture: 'vllm-continuous-usage.sse', input: 30, output: 5, model: 'Qwen/Qwen2.5-7B-Instruct', removed: [5] },
  { fixture: 'groq-chat.sse', input: 18, output: 5, model: 'llama-3.3-70b-versatile' },
  { fixture: 'mistral-usage-in-last-content.sse', input: 9, output: 5, model: 'Qwen/Qwen2.5-7B-Instruct' },
  { fixture: 'openai-images.sse', input: 50, output: 1056, model: undefined },
  { fixture: 'openai-transcription.sse', input: 14, output: 45, model: undefined },
  { fixture: 'openai-speech.sse', input: 14, output: 101, model: undefined },
  { fixture: 'hostile-text-quotes-usage.sse', input: 70, output: 30, model: 'gpt-4o-mini-2024-07-18', removed: [6] },
  { fixture: 'hostile-delta-has-usage-object.sse', input: 70, output: 30, model: 'gpt-4o-mini-2024-07-18', removed: [4] },
  { fixture: 'hostile-crlf-comments-no-last-newline.sse', input: 70, output: 30, model: 'gpt-4o-mini-2024-07-18', removed: [10] },
  { fixture: 'hostile-usage-after-done.sse', input: 70, output: 30, model: 'gpt-4o-mini-2024-07-18', removed: [8] },
  { fixture: 'hostile-two-usage-chunks.sse', input: 70, output: 30, model: 'gpt-4o-mini-2024-07-18', removed: [7, 8] },
  { fixture: 'hostile-data-on-many-lines.sse', input: 70, output: 30, model: 'm', removed: [0] },
  { fixture: 'hostile-usage-missing-choices.sse', input: 70, output: 30, model: 'gpt-4o-mini-2024-07-18', removed: [7] },
  { fixture: 'hostile-error-midway.sse', input: undefined, output: undefined, model: 'gpt-4o-mini-2024-07-18', finished: false, failed: true },
]

for (const { fixture, input, output, model, finished = true, failed = false, removed = [] } of expectations) {
  const bytes = answerFixture(fixture)

  test(`reads ${fixture}, whole and byte by byte, and lets it pass untouched`, () => {
    for (const chunks of [[bytes], cutEvery(bytes, 1), cutEvery(bytes, 37)]) {
      const reader = createOpenaiStreamReader(keep)
      for (const [index, chunk] of chunks.entries()) assert.equal(reader.push(chunk, index === chunks.length - 1), undefined)
      const usage = canonicalUsage(reader.usage ?? {})
      assert.deepEqual([usage.inputTokens, usage.outputTokens, usage.flags], [input, output, []])
      assert.deepEqual([reader.responseModel, reader.finished, reader.failed], [model, finished, failed])
    }
  })

  test(`removes what was asked for on our account from ${fixture}, nothing else`, () => {
    const events = bytes.toString('latin1').split(/(?<=\r?\n\r?\n)/)
    const expected = events.filter((_, index) => !removed.includes(index)).join('')
    for (const chunks of [[bytes], cutEvery(bytes, 1), cutEvery(bytes, 37)]) assert.equal(readStream(createOpenaiStreamReader(remove), chunks).output, expected)
  })
}

test('an event without usage is never parsed, not with "usage":null and not with usage in its text', (context) => {
  const parse = context.mock.method(JSON, 'parse')
  readStream(createOpenaiStreamReader(remove), [answerFixture('openai-chat.sse')])
  readStream(createOpenaiStreamReader(remove), [answerFixture('hostile-text-quotes-usage.sse')])
  assert.deepEqual(parse.mock.calls.map((call) => String(call.arguments[0]).slice(0, 20)), ['{"prompt_tokens":104', '{"prompt_tokens":70,'])
})

test('without removal, and for chunks that end with an event, the same bytes pass', () => {
  const chunks = ['data: {"choices":[]}\n\n', 'data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: {}\n\n'].map((text) => Buffer.from(text))
  const reader = createOpenaiStreamReader(remove)
  assert.deepEqual(chunks.map((chunk) => reader.push(chunk, false)), [undefined, undefined])
})

test('holds back an incomplete event only, and only until it is complete', () => {
  const reader = createOpenaiStreamReader(remove)
  const push = (text: string, end = false): string | undefined => reader.push(Buffer.from(text), end)?.toString()
  assert.equal(push('data: {"a":1}\n\ndata: {"cho'), 'data: {"a":1}\n\n')
  assert.equal(push('ices":[{}]'), '')
  assert.equal(push('}\n'), '')
  assert.equal(push('\ndata: {"b":1}\n\n: pi'), 'data: {"choices":[{}]}\n\ndata: {"b":1}\n\n')
  assert.equal(push('ng', true), ': ping')
})

test('returns what is held back when the stream ends with an empty chunk', () => {
  const reader = createOpenaiStreamReader(remove)
  assert.equal(reader.push(Buffer.from('data: {"a"'), false)?.length, 0)
  assert.equal(reader.push(Buffer.alloc(0), true)?.toString(), 'data: {"a"')
})

test('a usage event that is cut before its blank line is still read and removed', () => {
  const bytes = Buffer.from('data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}')
  const { output, usage } = readStream(createOpenaiStreamReader(remove), [bytes])
  assert.deepEqual([output, usage?.outputTokens], ['', 2])
})

test('a stream cut in the middle of its usage has none', () => {
  const reading = readStream(createOpenaiStreamReader(remove), [Buffer.from('data: {"choices":[],"usage":{"prompt_tokens":1,"comple')])
  assert.deepEqual([reading.usage, reading.finished, reading.output.length], [undefined, false, 54])
})

test('usage is a new object when it changes and the same one otherwise', () => {
  const reader = createOpenaiStreamReader(keep)
  reader.push(Buffer.from('data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n'), false)
  const first = reader.usage
  reader.push(Buffer.from('data: {"choices":[],"usage":{}}\n\ndata: {"choices":[{"delta":{"content":"a"}}]}\n\n'), false)
  assert.equal(reader.usage, first)
  reader.push(Buffer.from('data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":3}}\n\n'), false)
  assert.equal(reader.usage?.outputTokens, 3)
})

test('guesses output from events or, when it is more, from text bytes / 4', () => {
  const event = (delta: object): string => `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`
  const tokens = (...deltas: object[]): number => readStream(createOpenaiStreamReader(keep), [Buffer.from(deltas.map(event).join(''))]).outputTokensSeen
  assert.equal(tokens({ role: 'assistant', content: '' }), 0)
  assert.equal(tokens({ content: 'a' }, { content: 'b' }, { reasoning_content: 'c' }), 3)
  assert.equal(tokens({ content: 'x'.repeat(4001) }), 1001)
  assert.equal(tokens({ tool_calls: [{ function: { name: 'not_counted', arguments: '12345678' } }] }), 2)
  assert.equal(tokens({ content: String.raw`"}\\"` }), 3)
})

test('an error is an object or a text at the top, nothing deeper and nothing empty', () => {
  const failed = (data: string): boolean => readStream(createOpenaiStreamReader(keep), [Buffer.from(`data: ${data}\n\n`)]).failed
  const errors = ['{"error":{"message":"x"}}', '{"error":"overloaded"}', '{"choices":[{"delta":{"content":"abc"}}],"error":{}}', '{ "error" : { } }']
  const empty = ['{"error":null}', '{"error":""}', '{"error":false}']
  const deeper = ['{"a":{"error":{}}}', '{"choices":[{"delta":{"content":"x","error":{}}}]}', '"error"', '{"x":"\\"error\\":{"}']
  const fine = [...empty, ...deeper]
  assert.deepEqual([errors.map(failed), fine.map(failed)], [errors.map(() => true), fine.map(() => false)])
})

test('a broken provider neither stops the stream nor throws', () => {
  const text = 'data: {"usage":{\n\ndata: [1,\n\ndata: \n\ndata\n\nevent\n\n{"usage":{}}\n\ndata: {"usage":{"prompt_tokens":NaN}}\n\ndata: [DONE]\n\n'
  const reading = readStream(createOpenaiStreamReader(remove), [Buffer.from(text)])
  assert.deepEqual([reading.output, reading.usage, reading.finished, reading.failed], [text, undefined, true, false])
})

test('an event above the bound passes and ends the reading', () => {
  const line = Buffer.alloc(1024 * 1024, 'x')
  const reader = createOpenaiStreamReader(remove)
  let passed = reader.push(Buffer.from('data: '), false)?.length ?? 0
  for (let index = 0; index < 40; index++) passed += (reader.push(line, false) ?? line).length
  const last = Buffer.from('\n\ndata: [DONE]\n\n')
  passed += (reader.push(last, true) ?? last).length
  assert.deepEqual([passed, reader.finished], [6 + 40 * line.length + last.length, false])
})
