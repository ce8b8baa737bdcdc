// Messages are the same however their bytes are cut, and keeping one does not keep much more. The refusals are in message-reader-refusals.test.ts.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { cutAt } from '../../test/support/http2-bytes.ts'
import { frame, PREFACE } from '../../test/support/raw-http2.ts'
import { FrameLog } from '../../test/support/read-frames.ts'
import { FrameReader } from './frame-reader.ts'
import { MessageReader } from './message-reader.ts'
import { frameFlag, frameType } from './protocol.ts'

function framed(message: Buffer, flag = 0): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt8(flag, 0)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

/** A reader and what it hands out. */
function collect({ encoding = 'gzip', maxMessageBytes = 8 * 1024 * 1024 }: { readonly encoding?: string; readonly maxMessageBytes?: number } = {}) {
  const messages: Buffer[] = []
  const reader = new MessageReader({ encoding, maxMessageBytes, onMessage: (message) => messages.push(message) > 0 })
  return { messages, reader }
}

/** Has the bytes in memory of their own, as a socket hands them out. */
function own(bytes: Buffer): Buffer {
  const copy = Buffer.alloc(bytes.length)
  bytes.copy(copy)
  return copy
}

const payload = fc.oneof(
  { weight: 3, arbitrary: fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.constantFrom(0, 100, 4_095, 9_000, 40_000).map((bytes) => Buffer.alloc(bytes, 'm')) },
)
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 })

describe('the messages of a call', () => {
  it('are the same in any pieces, compressed or not, and wherever the pieces lie in their chunks', () => {
    for (const [encoding, compress] of [['gzip', gzipSync], ['deflate', deflateSync]] as const) {
      fc.assert(
        fc.property(fc.array(fc.tuple(payload, fc.boolean()), { maxLength: 8 }), cuts, fc.nat(20), (list, fractions, offset) => {
          const bytes = Buffer.concat(list.map(([message, isCompressed]) => (isCompressed ? framed(compress(message), 1) : framed(message))))
          const { messages, reader } = collect({ encoding })
          for (const piece of cutAt(bytes, fractions)) {
            const chunk = Buffer.concat([Buffer.alloc(offset, 0xee), piece, Buffer.alloc(offset, 0xee)])
            reader.read(chunk, offset, offset + piece.length)
          }
          assert.deepEqual(messages, list.map(([message]) => message))
          assert.equal(reader.isInside, false)
        }),
        { numRuns: 200 },
      )
    }
  })

  it('are the same byte by byte', () => {
    const { messages, reader } = collect()
    const expected = ['', 'a', 'hello', ''].map((text) => Buffer.from(text))
    for (const byte of Buffer.concat(expected.map((message) => framed(message)))) reader.read(Buffer.of(byte), 0, 1)
    assert.deepEqual(messages, expected)
  })

  it('are handed out as soon as their last byte is there', () => {
    const { messages, reader } = collect()
    const bytes = Buffer.concat([framed(Buffer.from('one')), framed(Buffer.from('two'))])
    reader.read(bytes, 0, 8)
    assert.equal(messages.length, 1)
    reader.read(bytes, 8, 15)
    assert.equal(messages.length, 1)
    reader.read(bytes, 15, 16)
    assert.equal(messages.length, 2)
    reader.read(framed(Buffer.alloc(0)), 0, 4)
    assert.equal(messages.length, 2)
    reader.read(Buffer.of(0), 0, 1)
    assert.deepEqual(messages.map(String), ['one', 'two', ''])
  })

  it('may be larger than what is trusted to their word alone', () => {
    const message = Buffer.from(Array.from({ length: 3 * 1024 * 1024 + 7 }, (_, index) => index % 251))
    for (const size of [16_384, 700_000, 1024 * 1024 + 5, 2_500_000]) {
      const { messages, reader } = collect()
      const bytes = framed(message)
      for (let at = 0; at < bytes.length; at += size) reader.read(bytes, at, Math.min(bytes.length, at + size))
      assert.equal(messages.length, 1)
      assert.ok(messages[0]?.equals(message))
    }
  })
})

describe('whether a message has begun', () => {
  it('is told behind each of its bytes but the last', () => {
    for (const text of ['', 'hello']) {
      const { reader } = collect()
      const bytes = framed(Buffer.from(text))
      assert.equal(reader.isInside, false)
      for (let at = 0; at < bytes.length; at += 1) {
        reader.read(bytes, at, at + 1)
        assert.equal(reader.isInside, at < bytes.length - 1, `${text} at ${at}`)
      }
    }
  })

  it('is told when it begins behind a whole one', () => {
    const { reader } = collect()
    const bytes = Buffer.concat([framed(Buffer.from('whole')), Buffer.of(0)])
    reader.read(bytes, 0, bytes.length)
    assert.equal(reader.isInside, true)
  })
})

// What is promised: a chunk belongs to the messages in it from then on, and may not be written to again. A message of at least a quarter of
// its chunk is a view on it; others, and all that come in parts, are copies.
describe('a message that is kept', () => {
  it('is a view on its chunk from a quarter of it on, and a copy below', () => {
    const { messages, reader } = collect()
    const chunk = Buffer.alloc(4_000)
    framed(Buffer.alloc(1_000, 'a')).copy(chunk, 0)
    framed(Buffer.alloc(999, 'b')).copy(chunk, 1_005)
    reader.read(chunk, 0, 2_009)
    assert.deepEqual(messages.map(({ buffer }) => buffer === chunk.buffer), [true, false])
    chunk.fill(0)
    assert.equal(String(messages[1]), 'b'.repeat(999))
  })

  it('is a copy when it came in parts', () => {
    const { messages, reader } = collect()
    const chunk = framed(Buffer.from('hello'))
    reader.read(chunk, 0, 9)
    reader.read(chunk, 9, 10)
    chunk.fill(0)
    assert.equal(String(messages[0]), 'hello')
  })

  it('keeps at most four times its bytes, or what Buffer shares among the small', () => {
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 12 }), cuts, (list, fractions) => {
        const { messages, reader } = collect()
        for (const piece of cutAt(Buffer.concat(list.map((message) => framed(message))), fractions)) reader.read(own(piece), 0, piece.length)
        assert.equal(messages.length, list.length)
        for (const message of messages) assert.ok(message.buffer.byteLength <= Math.max(4 * message.length, Buffer.poolSize), `${message.length} of ${message.buffer.byteLength}`)
      }),
      { numRuns: 300 },
    )
  })

  it('keeps no room that was made for it and not needed', () => {
    const { messages, reader } = collect()
    const bytes = framed(Buffer.alloc(2 * 1024 * 1024 + 1, 'm'))
    for (let at = 0; at < bytes.length; at += 100_000) reader.read(bytes, at, Math.min(bytes.length, at + 100_000))
    assert.equal(messages[0]?.buffer.byteLength, 2 * 1024 * 1024 + 1)
  })

  // What zlib returns for a small message is a view on the 16 KiB that it made room for.
  it('keeps at most four times its bytes when it was compressed, or what Buffer shares among the small', () => {
    const { messages, reader } = collect()
    const bytes = framed(gzipSync('hello'), 1)
    reader.read(bytes, 0, bytes.length)
    assert.equal(String(messages[0]), 'hello')
    assert.ok((messages[0]?.buffer.byteLength ?? 0) <= Buffer.poolSize, `5 of ${messages[0]?.buffer.byteLength}`)
  })
})

describe('a message out of padded DATA', () => {
  const start = Buffer.concat([PREFACE, frame(frameType.settings, 0, 0)])
  const paddedData = (message: Buffer) => frame(frameType.data, frameFlag.padded, 1, Buffer.concat([Buffer.of(3), framed(message), Buffer.alloc(3)]))

  function readThroughFrames(chunks: readonly Buffer[]): Buffer[] {
    const { messages, reader } = collect()
    const log = new FrameLog()
    log.onData = (chunk, from, to) => reader.read(chunk, from, to)
    const frames = new FrameReader(log)
    for (const chunk of chunks) frames.read(chunk)
    return messages
  }

  it('is whole when its frame is', () => {
    assert.deepEqual(readThroughFrames([start, paddedData(Buffer.from('hello'))]).map(String), ['hello'])
  })

  // A padded frame that comes in parts is gathered where the next one will be, too.
  it('stays as it was when the next frame comes', () => {
    const first = paddedData(Buffer.from('the first message'))
    const second = paddedData(Buffer.from('some other message'))
    const messages = readThroughFrames([start, first.subarray(0, 20), first.subarray(20), second.subarray(0, 20), second.subarray(20)])
    assert.deepEqual(messages.map(String), ['the first message', 'some other message'])
  })

  it('keeps at most four times its bytes, or what Buffer shares among the small', () => {
    const bytes = Buffer.concat([start, paddedData(Buffer.alloc(100, 'm')), frame(frameType.ping, 0, 0, Buffer.alloc(8))])
    const chunk = Buffer.alloc(64 * 1024)
    bytes.copy(chunk)
    const [message] = readThroughFrames([chunk.subarray(0, bytes.length), frame(0x42, 0, 0)])
    assert.equal(message?.length, 100)
    assert.notEqual(message?.buffer, chunk.buffer)
  })
})
