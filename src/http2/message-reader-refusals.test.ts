// Messages that cannot be read end their call with the status that gRPC gives, before they cost what they claim to be.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { grpcStatus } from '../core/transport.ts'
import { MessageError, MessageReader } from './message-reader.ts'

const MAX = 100_000

function framed(message: Buffer, { flag = 0, length = message.length } = {}): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt8(flag, 0)
  head.writeUInt32BE(length, 1)
  return Buffer.concat([head, message])
}

/** What was handed out, and the status that ended it, if one did. */
function read(chunks: readonly Buffer[], encoding?: string): { messages: string[]; code: number | undefined; text: string } {
  const messages: string[] = []
  const reader = new MessageReader({ encoding, maxMessageBytes: MAX, onMessage: (message) => messages.push(message.toString('latin1')) > 0 })
  try {
    for (const chunk of chunks) reader.read(chunk, 0, chunk.length)
    return { messages, code: undefined, text: '' }
  } catch (error) {
    assert.ok(error instanceof MessageError, String(error))
    return { messages, code: error.status.code, text: error.status.message }
  }
}

const inBytes = (bytes: Buffer) => Array.from(bytes, (byte) => Buffer.of(byte))
const most = Buffer.alloc(MAX, 'm')
const packed = gzipSync('a message that is packed')

describe('a message may have', () => {
  for (const { what, bytes, encoding } of [
    { what: 'exactly the largest size', bytes: framed(most), encoding: undefined },
    { what: 'exactly the largest size when it is unpacked from gzip', bytes: framed(gzipSync(most), { flag: 1 }), encoding: 'gzip' },
    { what: 'exactly the largest size when it is unpacked from deflate', bytes: framed(deflateSync(most), { flag: 1 }), encoding: 'deflate' },
    { what: 'two parts of gzip that are the largest size together', bytes: framed(Buffer.concat([gzipSync(most.subarray(1)), gzipSync('m')]), { flag: 1 }), encoding: 'gzip' },
  ]) {
    it(what, () => assert.deepEqual(read([bytes], encoding), { messages: [most.toString()], code: undefined, text: '' }))
  }

  it('no bytes when it is packed', () => {
    assert.deepEqual(read([framed(gzipSync(''), { flag: 1 })], 'gzip').messages, [''])
  })

  it('its plain bytes although the call may have packed ones', () => {
    assert.deepEqual(read([framed(Buffer.from('plain'))], 'gzip').messages, ['plain'])
    assert.deepEqual(read([framed(Buffer.from('plain'))], 'snappy').messages, ['plain'])
  })
})

const { internal, resourceExhausted, unimplemented } = grpcStatus
const cases: readonly { what: string; bytes: Buffer; encoding?: string; code: number }[] = [
  { what: 'one byte too much', bytes: framed(Buffer.alloc(MAX + 1)), code: resourceExhausted },
  { what: 'a head that promises one byte too much', bytes: framed(Buffer.alloc(0), { length: MAX + 1 }), code: resourceExhausted },
  { what: 'a head that promises four gigabytes', bytes: framed(Buffer.alloc(0), { length: 0xffff_ffff }), code: resourceExhausted },
  { what: 'one byte too much when it is unpacked', bytes: framed(gzipSync(Buffer.alloc(MAX + 1)), { flag: 1 }), encoding: 'gzip', code: resourceExhausted },
  { what: 'two parts of gzip that are one byte too much together', bytes: framed(Buffer.concat([gzipSync(most), gzipSync('m')]), { flag: 1 }), encoding: 'gzip', code: resourceExhausted },
  { what: 'fifty megabytes of nothing in gzip', bytes: framed(gzipSync(Buffer.alloc(50_000_000)), { flag: 1 }), encoding: 'gzip', code: resourceExhausted },
  { what: 'fifty megabytes of nothing in deflate', bytes: framed(deflateSync(Buffer.alloc(50_000_000)), { flag: 1 }), encoding: 'deflate', code: resourceExhausted },
  { what: 'gzip that is cut off', bytes: framed(packed.subarray(0, -1), { flag: 1 }), encoding: 'gzip', code: internal },
  { what: 'gzip with a wrong checksum', bytes: framed(Buffer.concat([packed.subarray(0, -8), Buffer.alloc(4), packed.subarray(-4)]), { flag: 1 }), encoding: 'gzip', code: internal },
  { what: 'no bytes where gzip should be', bytes: framed(Buffer.alloc(0), { flag: 1 }), encoding: 'gzip', code: internal },
  { what: 'plain bytes where gzip should be', bytes: framed(Buffer.from('plain'), { flag: 1 }), encoding: 'gzip', code: internal },
  { what: 'gzip where deflate should be', bytes: framed(packed, { flag: 1 }), encoding: 'deflate', code: internal },
  // What gRPC calls deflate is zlib (RFC 1950), with a head.
  { what: 'deflate without its head', bytes: framed(deflateRawSync('a'), { flag: 1 }), encoding: 'deflate', code: internal },
  { what: 'an encoding that nobody knows', bytes: framed(packed, { flag: 1 }), encoding: 'snappy', code: unimplemented },
  { what: 'the name of an encoding in capitals', bytes: framed(packed, { flag: 1 }), encoding: 'GZIP', code: unimplemented },
  { what: 'the flag 2', bytes: framed(Buffer.from('a'), { flag: 2 }), code: internal },
  { what: 'the flag of trailers in gRPC-Web', bytes: framed(Buffer.from('a'), { flag: 0x80 }), code: internal },
  // grpc.io, "Compression", the last of its test cases.
  { what: 'the flag 1 in a call without an encoding', bytes: framed(packed, { flag: 1 }), code: internal },
  { what: 'the flag 1 in a call with the encoding identity', bytes: framed(packed, { flag: 1 }), encoding: 'identity', code: internal },
]

describe('a call is ended by a message with', () => {
  for (const { what, bytes, encoding, code } of cases) {
    it(what, () => {
      const whole = read([Buffer.concat([framed(Buffer.from('before')), bytes])], encoding)
      assert.deepEqual(whole.messages, ['before'])
      assert.equal(whole.code, code)
      assert.doesNotMatch(whole.text, /zlib|header|Error/i, 'it goes over the wire')
      if (bytes.length < 1_000) assert.deepEqual(read([framed(Buffer.from('before')), ...inBytes(bytes)], encoding), whole)
    })
  }

  it('a size that is too large as soon as its head is there', () => {
    const head = framed(Buffer.alloc(0), { length: MAX + 1 })
    assert.equal(read([head.subarray(0, 4)]).code, undefined)
    assert.equal(read([head.subarray(0, 4), head.subarray(4)]).code, resourceExhausted)
    // The flag too is only looked at then.
    assert.equal(read([Buffer.of(2)]).code, undefined)
  })
})

it('room is made for a megabyte of what a message says it will be, and for no more', () => {
  const before = process.memoryUsage().arrayBuffers
  const readers = Array.from({ length: 8 }, () => {
    const reader = new MessageReader({ encoding: undefined, maxMessageBytes: 512 * 1024 * 1024, onMessage: () => true })
    const bytes = framed(Buffer.of(1), { length: 512 * 1024 * 1024 })
    reader.read(bytes, 0, bytes.length)
    return reader
  })
  assert.ok(process.memoryUsage().arrayBuffers - before < 12 * 1024 * 1024)
  assert.ok(readers.every(({ isInside }) => isInside))
})

describe('when no more is wanted', () => {
  function stopAfter(count: number): { messages: string[]; reader: MessageReader } {
    const messages: string[] = []
    const reader = new MessageReader({ encoding: undefined, maxMessageBytes: MAX, onMessage: (message) => messages.push(String(message)) < count })
    return { messages, reader }
  }
  const bytes = Buffer.concat(['one', 'two', 'three', 'four'].map((text) => framed(Buffer.from(text))))

  it('nothing more of the chunk is handed out, not even what is wrong in it', () => {
    const { messages, reader } = stopAfter(2)
    const wrong = Buffer.concat([bytes, Buffer.alloc(20, 0xff)])
    reader.read(wrong, 0, wrong.length)
    assert.deepEqual(messages, ['one', 'two'])
  })

  it('nothing more is handed out when the last one came in parts', () => {
    const { messages, reader } = stopAfter(2)
    reader.read(bytes, 0, 12)
    reader.read(bytes, 12, bytes.length)
    assert.deepEqual(messages, ['one', 'two'])
  })

  it('nothing of what comes later is handed out either', () => {
    const { messages, reader } = stopAfter(2)
    reader.read(bytes, 0, 16)
    reader.read(bytes, 16, bytes.length)
    assert.deepEqual(messages, ['one', 'two'])
  })
})

it('random bytes are messages or a MessageError, whatever the pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.constantFrom(framed(Buffer.from('a')), framed(packed, { flag: 1 }), Buffer.of(0, 0, 0, 0))), { maxLength: 12 }), (pieces) => {
      const chunks = pieces.map((piece) => Buffer.from(piece))
      assert.deepEqual(read(inBytes(Buffer.concat(chunks)), 'gzip'), read(chunks, 'gzip'))
    }),
    { numRuns: 1000 },
  )
})
