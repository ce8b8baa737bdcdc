// However a stream is cut into chunks, everything that can be observed is the same; and usage is what JSON.parse would have found.

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { SseScanner } from '../../src/core/sse-scan.ts'
import { createAnthropicStreamReader } from '../../src/formats/anthropic-stream.ts'
import type { StreamReader } from '../../src/formats/format.ts'
import { createOpenaiStreamReader } from '../../src/formats/openai-stream.ts'
import { readOpenaiAnswer } from '../../src/formats/read-answer.ts'
import { createResponsesStreamReader } from '../../src/formats/responses-stream.ts'
import { convertOpenaiUsage } from '../../src/core/usage-fields.ts'
import { answerFixture } from '../support/answer-fixture.ts'
import { readStream } from '../support/read-stream.ts'

const fixtures = readdirSync(new URL('../fixtures/answers/', import.meta.url)).filter((name) => name.endsWith('.sse'))

const readers: { name: string; create: () => StreamReader }[] = [
  { name: 'openai', create: () => createOpenaiStreamReader({ removeUsageEvent: false }) },
  { name: 'openai, removing', create: () => createOpenaiStreamReader({ removeUsageEvent: true }) },
  { name: 'responses', create: () => createResponsesStreamReader({ removeUsageEvent: false }) },
  { name: 'anthropic', create: () => createAnthropicStreamReader({ removeUsageEvent: false }) },
]

/** Places where to cut, as fractions of the length. Many small steps and none are both likely. */
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 })

function cut(bytes: Buffer, fractions: readonly number[]): Buffer[] {
  const places = [0, ...fractions.map((fraction) => Math.floor(fraction * bytes.length)).toSorted((left, right) => left - right), bytes.length]
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place))
}

const lineEnds = ['\n', '\r', '\r\n', '\n\n', '\r\n\r\n', '\r\r']
const token = fc.constantFrom(...lineEnds, 'data', 'event', ':', ': ', ' ', 'data: ', 'x', 'é世', '\ufeff', '{"choices":[],"usage":{"prompt_tokens":1}}')
const eventBytes = fc.array(token, { maxLength: 40 }).map((tokens) => Buffer.from(tokens.join('')))

function events(chunks: readonly Buffer[]): object[] {
  const seen: object[] = []
  const scanner = new SseScanner(({ offset, bytes, name, data }) => {
    seen.push({ offset, bytes: bytes.toString('latin1'), name, data: data?.toString('latin1') })
  })
  chunks.forEach((chunk, index) => {
    scanner.push(chunk, index === chunks.length - 1)
  })
  return seen
}

test('any split of any bytes gives the same events, and the events are the bytes', () => {
  fc.assert(
    fc.property(eventBytes, cuts, (bytes, fractions) => {
      const whole = events([bytes])
      assert.deepEqual(events(cut(bytes, fractions)), whole)
      assert.deepEqual(events([...bytes].map((byte) => Buffer.of(byte)).concat(Buffer.alloc(0))), whole)
      assert.equal(whole.map((event) => ('bytes' in event ? event.bytes : '')).join(''), bytes.toString('latin1'))
    }),
    { numRuns: 2000 },
  )
})

/** The specification's own algorithm (WHATWG HTML, "Interpreting an event stream"), except that the end of the stream ends the last event. */
function eventsBySpecification(bytes: Buffer): [name: string, data: string][] {
  const found: [string, string][] = []
  let name = ''
  let data: string[] = []
  for (const line of [...bytes.toString().replace(/^\ufeff/, '').split(/\r\n|\r|\n/), '']) {
    const [, field = '', value = ''] = /^([^:]*)(?::\u0020?(.*))?$/su.exec(line) ?? []
    if (field === 'event') name = value
    else if (field === 'data') data.push(value)
    if (line !== '') continue
    if (data.length > 0) found.push([name, data.join('\n')])
    name = ''
    data = []
  }
  return found
}

test('any bytes give the events of the specification', () => {
  fc.assert(
    fc.property(eventBytes, (bytes) => {
      const seen: [string, string][] = []
      new SseScanner(({ name, data }) => {
        if (data !== undefined) seen.push([name, data.toString()])
      }).push(bytes, true)
      assert.deepEqual(seen, eventsBySpecification(bytes))
    }),
    { numRuns: 2000 },
  )
})

for (const { name, create } of readers) {
  test(`${name}: any split of a stream gives the same usage, output, model, count and flags`, () => {
    fc.assert(
      fc.property(fc.constantFrom(...fixtures), cuts, (fixture, fractions) => {
        const bytes = answerFixture(fixture)
        assert.deepEqual(readStream(create(), cut(bytes, fractions)), readStream(create(), [bytes]))
      }),
      { numRuns: 300 },
    )
  })

  test(`${name}: line ends do not matter for what is read`, () => {
    fc.assert(
      fc.property(fc.constantFrom(...fixtures), fc.constantFrom('\n', '\r\n', '\r'), cuts, (fixture, lineEnd, fractions) => {
        const bytes = answerFixture(fixture)
        const changed = Buffer.from(bytes.toString().replaceAll(/\r?\n/g, lineEnd))
        const { output: _output, ...expected } = readStream(create(), [bytes])
        const { output: _changedOutput, ...actual } = readStream(create(), cut(changed, fractions))
        assert.deepEqual(actual, expected)
      }),
      { numRuns: 300 },
    )
  })
}

const content = fc.string({ unit: fc.constantFrom('a', '"', '\\', '{', '}', ':', '"usage":{', '世', '\n', '"choices":[]', ' ') })
const usage = fc.record({ prompt_tokens: fc.nat(), completion_tokens: fc.nat() })
const chatEvent = content.map((text) => ({ model: 'm', choices: [{ index: 0, delta: { content: text } }] }))
const usageEvent = usage.map((counts) => ({ model: 'm', choices: [], usage: counts }))
const frame = fc.record({ lineEnd: fc.constantFrom('\n', '\r\n', '\r'), comment: fc.constantFrom('', ': ping', 'id: 7'), space: fc.constantFrom('', ' ') })

test('with removal, the output is the input without the usage event, byte for byte', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(chatEvent, frame), { maxLength: 6 }), usageEvent, frame, fc.nat(6), cuts, (chats, last, lastFrame, position, fractions) => {
      const write = (event: object, { lineEnd, comment, space }: { lineEnd: string; comment: string; space: string }): string =>
        `${comment === '' ? '' : comment + lineEnd}data:${space}${JSON.stringify(event)}${lineEnd}${lineEnd}`
      const texts = chats.map(([event, style]) => write(event, style))
      const before = texts.slice(0, position).join('')
      // A lone LF behind a CR would be read as one line end, so what follows starts with a letter or a colon.
      const after = texts.slice(position).join('')
      const bytes = Buffer.from(before + write(last, lastFrame) + after)
      const reading = readStream(createOpenaiStreamReader({ removeUsageEvent: true }), cut(bytes, fractions))
      assert.equal(reading.output, Buffer.from(before + after).toString('latin1'))
      assert.deepEqual([reading.usage?.inputTokens, reading.usage?.outputTokens], [last.usage.prompt_tokens, last.usage.completion_tokens])
    }),
    { numRuns: 1000 },
  )
})

const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    content,
    fc.integer(),
    fc.constant(null),
    usage,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('usage', 'a', 'x"usage', 'error', 'model', 'choices'), tie('value'), { maxKeys: 4 }),
  ),
})).value
const anyBody = fc.dictionary(fc.constantFrom('usage', 'u', 'x"usage', 'data', 'choices', 'response'), json, { maxKeys: 5 })

/** What JSON.parse finds: a top-level usage object. */
function oracle(body: object): unknown {
  const found: unknown = 'usage' in body ? body.usage : undefined
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? convertOpenaiUsage(Object.fromEntries(Object.entries(found))) : undefined
}

test('usage of any JSON answer is the one that JSON.parse finds', () => {
  fc.assert(
    fc.property(anyBody, fc.constantFrom(undefined, 2), (body, indent) => {
      assert.deepEqual(readOpenaiAnswer(Buffer.from(JSON.stringify(body, undefined, indent))).usage, oracle(body))
    }),
    { numRuns: 3000 },
  )
})

test('usage of any JSON event is the one that JSON.parse finds', () => {
  fc.assert(
    fc.property(anyBody, (body) => {
      // `response` may carry usage in its place, which this dialect does not need.
      const { response: _response, ...event } = { response: undefined, ...body }
      const bytes = Buffer.from(`data: ${JSON.stringify(event)}\n\n`)
      assert.deepEqual(readStream(createOpenaiStreamReader({ removeUsageEvent: false }), [bytes]).usage, oracle(event))
    }),
    { numRuns: 3000 },
  )
})
