// What RFC 9113 forbids ends the connection with the code it gives, in whatever pieces it comes; and what a peer can make us keep is bounded.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isCollected } from '../../test/support/is-collected.ts'
import { cutAt } from '../../test/support/http2-bytes.ts'
import { frame, PREFACE } from '../../test/support/raw-http2.ts'
import { FrameLog } from '../../test/support/read-frames.ts'
import { FrameReader } from './frame-reader.ts'
import { ConnectionError, errorCode, type ErrorCode, frameFlag, frameType } from './protocol.ts'

const { endStream, endHeaders, padded, priority, ack } = frameFlag
const { protocolError, frameSizeError, enhanceYourCalm } = errorCode
const start = Buffer.concat([PREFACE, frame(frameType.settings, 0, 0)])
const open = frame(frameType.headers, 0, 1, Buffer.from('open'))
const bytes = (count: number) => Buffer.alloc(count, 'x')

/** What was read before the end, and how it ended. */
function outcome(chunks: readonly Buffer[]): { lines: readonly string[]; code?: ErrorCode; message?: string } {
  const log = new FrameLog()
  const reader = new FrameReader(log)
  try {
    for (const chunk of chunks) reader.read(chunk)
    return { lines: log.lines }
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error
    return { lines: log.lines, code: error.code, message: error.message }
  }
}

interface Refusal {
  readonly what: string
  readonly sent: readonly Buffer[]
  readonly code: ErrorCode
  readonly message?: RegExp
}

const prefaces: readonly Refusal[] = [
  { what: 'HTTP/1.1', sent: [Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')], code: protocolError, message: /does not speak HTTP\/2/ },
  { what: 'the first byte of TLS', sent: [Buffer.of(0x16)], code: protocolError, message: /does not speak HTTP\/2/ },
  { what: 'a preface that is wrong in its last byte', sent: [PREFACE.subarray(0, 23), Buffer.from('\r')], code: protocolError, message: /does not speak HTTP\/2/ },
  { what: 'a preface that begins too late', sent: [Buffer.from(' '), PREFACE], code: protocolError, message: /does not speak HTTP\/2/ },
  ...Object.entries(frameType)
    .filter(([name]) => name !== 'settings')
    .map(([name, type]) => ({ what: `${name} as the first frame`, sent: [PREFACE, frame(type, endHeaders, 1, bytes(8))], code: protocolError, message: /first frame is not SETTINGS/ })),
  { what: 'padded DATA as the first frame', sent: [PREFACE, frame(frameType.data, padded, 1, Buffer.of(0))], code: protocolError, message: /first frame is not SETTINGS/ },
  { what: 'a type that nobody knows as the first frame', sent: [PREFACE, frame(0x42, 0, 0)], code: protocolError, message: /first frame is not SETTINGS/ },
]

const sizes: readonly Refusal[] = [
  ...[...Object.entries(frameType), ['unknown', 0x42] as const].map(([name, type]) => ({ what: `the head alone of ${name} with 16385 bytes`, sent: [start, frame(type, 0, 1, bytes(16_385)).subarray(0, 9)], code: frameSizeError, message: /a frame has 16385 bytes, allowed: 16384/ })),
  { what: 'SETTINGS of a setting and a half', sent: [start, frame(frameType.settings, 0, 0, bytes(9))], code: frameSizeError, message: /SETTINGS frame has a wrong size/ },
  { what: 'an answer to SETTINGS with a setting', sent: [start, frame(frameType.settings, ack, 0, bytes(6))], code: frameSizeError, message: /SETTINGS frame has a wrong size/ },
  ...[0, 7, 9].map((count) => ({ what: `a PING of ${count} bytes`, sent: [start, frame(frameType.ping, 0, 0, bytes(count))], code: frameSizeError, message: /PING frame has \d bytes instead of 8/ })),
  ...[0, 3, 5].map((count) => ({ what: `a WINDOW_UPDATE of ${count} bytes`, sent: [start, frame(frameType.windowUpdate, 0, 0, bytes(count))], code: frameSizeError, message: /WINDOW_UPDATE frame has \d bytes instead of 4/ })),
  ...[0, 3, 5].map((count) => ({ what: `a RST_STREAM of ${count} bytes`, sent: [start, open, frame(frameType.continuation, endHeaders, 1), frame(frameType.rstStream, 0, 1, bytes(count))], code: frameSizeError, message: /RST_STREAM frame has \d bytes instead of 4/ })),
  { what: 'HEADERS too short for their priority', sent: [start, frame(frameType.headers, endHeaders | priority, 1, bytes(4))], code: frameSizeError, message: /shorter than it says/ },
]

const paddings: readonly Refusal[] = [
  { what: 'DATA with as much padding as bytes', sent: [start, frame(frameType.data, padded, 1, Buffer.of(3, 0, 0))], code: protocolError, message: /more padding than bytes/ },
  { what: 'DATA with more padding than bytes', sent: [start, frame(frameType.data, padded, 1, Buffer.of(255, 0, 0))], code: protocolError, message: /more padding than bytes/ },
  { what: 'HEADERS with as much padding as bytes', sent: [start, frame(frameType.headers, endHeaders | padded, 1, Buffer.of(3, 0, 0))], code: protocolError, message: /more padding than bytes/ },
]

const orders: readonly Refusal[] = [
  { what: 'PUSH_PROMISE', sent: [start, frame(frameType.pushPromise, endHeaders, 1, bytes(8))], code: protocolError, message: /PUSH_PROMISE/ },
  { what: 'SETTINGS of a stream', sent: [start, frame(frameType.settings, 0, 1)], code: protocolError, message: /SETTINGS frame belongs to stream 1/ },
  { what: 'CONTINUATION of nothing', sent: [start, frame(frameType.continuation, endHeaders, 1)], code: protocolError, message: /continues nothing/ },
  { what: 'CONTINUATION of headers that were whole', sent: [start, frame(frameType.headers, endHeaders, 1), frame(frameType.continuation, endHeaders, 1)], code: protocolError, message: /continues nothing/ },
  { what: 'CONTINUATION behind the last one', sent: [start, open, frame(frameType.continuation, endHeaders, 1), frame(frameType.continuation, endHeaders, 1)], code: protocolError, message: /continues nothing/ },
  { what: 'CONTINUATION of another stream', sent: [start, open, frame(frameType.continuation, endHeaders, 3)], code: protocolError, message: /interrupted/ },
  ...[...Object.entries(frameType), ['unknown', 0x42] as const]
    .filter(([name]) => name !== 'continuation')
    .map(([name, type]) => ({ what: `headers that ${name} interrupts`, sent: [start, open, frame(type, 0, 1, bytes(8))], code: protocolError, message: /interrupted/ })),
  { what: 'headers that padded DATA interrupts', sent: [start, open, frame(frameType.data, padded | endStream, 1, Buffer.of(0))], code: protocolError, message: /interrupted/ },
]

/** What few readers care for, and RFC 9113 says in the section in brackets. */
const seldomChecked: readonly Refusal[] = [
  { what: 'an answer to SETTINGS as the first frame (3.4)', sent: [PREFACE, frame(frameType.settings, ack, 0)], code: protocolError },
  { what: 'a PING of a stream (6.7)', sent: [start, frame(frameType.ping, 0, 1, bytes(8))], code: protocolError },
  { what: 'a GOAWAY of a stream (6.8)', sent: [start, frame(frameType.goaway, 0, 1, bytes(8))], code: protocolError },
  { what: 'a GOAWAY of seven bytes (4.2)', sent: [start, frame(frameType.goaway, 0, 0, bytes(7))], code: frameSizeError },
  { what: 'a PRIORITY of no stream (6.3)', sent: [start, frame(frameType.priority, 0, 0, bytes(5))], code: protocolError },
  { what: 'HEADERS whose padding reaches into their priority (6.2)', sent: [start, frame(frameType.headers, endHeaders | padded | priority, 1, Buffer.of(3, 0, 0, 0, 0, 0, 0))], code: protocolError },
  { what: 'DATA too short for the length of its padding (4.2)', sent: [start, frame(frameType.data, padded, 1)], code: frameSizeError },
]

const refusals = [...prefaces, ...sizes, ...paddings, ...orders]

describe('a connection is refused with', () => {
  for (const { what, sent, code, message } of [...refusals, ...seldomChecked]) {
    it(what, () => {
      const { code: given, message: said = '' } = outcome(sent)
      assert.equal(given, code)
      if (message !== undefined) assert.match(said, message)
    })
  }
})

it('a refusal is the same in any pieces, and so is all that was read before', () => {
  const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 })
  fc.assert(
    fc.property(fc.constantFrom(...refusals), cuts, ({ sent }, fractions) => {
      const whole = Buffer.concat(sent)
      const expected = outcome(sent)
      assert.ok(expected.code !== undefined)
      assert.deepEqual(outcome([whole]), expected)
      assert.deepEqual(outcome(cutAt(whole, fractions)), expected)
      assert.deepEqual(outcome(Array.from(whole, (byte) => Buffer.of(byte))), expected)
    }),
    { numRuns: 300 },
  )
})

describe('headers in CONTINUATION frames', () => {
  const more = (count: number, end: number) => frame(frameType.continuation, end, 1, bytes(count))

  it('may have 65535 bytes', () => {
    const { lines, code } = outcome([start, frame(frameType.headers, 0, 1, bytes(16_384)), more(16_384, 0), more(16_384, 0), more(16_383, endHeaders)])
    assert.equal(code, undefined)
    assert.deepEqual(lines.slice(1), [`headers 1 ${'x'.repeat(65_535)}`])
  })

  it('may not have more, and are refused before their end', () => {
    const { code } = outcome([start, frame(frameType.headers, 0, 1, bytes(16_384)), more(16_384, 0), more(16_384, 0), more(16_384, 0)])
    assert.equal(code, enhanceYourCalm)
  })

  it('may come in 64 frames with the first, though they be empty, and not in more', () => {
    const empty = Array.from({ length: 62 }, () => more(0, 0))
    assert.deepEqual(outcome([start, open, ...empty, more(1, endHeaders)]).lines.slice(1), ['headers 1 openx'])
    assert.equal(outcome([start, open, ...empty, more(0, 0)]).code, undefined)
    assert.equal(outcome([start, open, ...empty, more(0, 0), more(0, endHeaders)]).code, enhanceYourCalm)
  })

  it('are counted anew for each request', () => {
    const one = Buffer.concat([open, ...Array.from({ length: 60 }, () => more(900, 0)), more(0, endHeaders)])
    assert.equal(outcome([start, one, one, one]).lines.length, 4)
  })
})

describe('what was read', () => {
  it('is not kept: neither whole frames, nor DATA, nor the part of a frame, nor headers that go on', async () => {
    const reader = new FrameReader(new FrameLog())
    reader.read(Buffer.from(start))
    const chunks = [frame(frameType.ping, 0, 0, bytes(8)), frame(frameType.data, 0, 1, bytes(900)), frame(frameType.data, padded, 1, Buffer.of(2, 65, 0, 0)), open, frame(frameType.continuation, 0, 1, bytes(16_000)).subarray(0, 9_000)]
    assert.equal(await isCollected(() => {
      const chunk = Buffer.alloc(64 * 1024)
      const filled = Buffer.concat(chunks).copy(chunk)
      reader.read(chunk.subarray(0, filled))
      return chunk.buffer
    }), true)
    // It is still in the middle of the frame, and so alive.
    assert.throws(() => reader.read(Buffer.concat([bytes(7_009), frame(frameType.ping, 0, 0, bytes(8))])), /interrupted/)
  })
})
