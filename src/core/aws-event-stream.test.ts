import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { crc32 } from 'node:zlib'
import { EventStreamCodec } from '@smithy/eventstream-codec'
import type { MessageHeaders } from '@smithy/types'
import fastCheck from 'fast-check'
import { damagedFrame, encodeFrame, eventFrame, exceptionFrame } from '../mock/event-stream-frame.ts'
import { AwsEventStreamDecoder, type AwsEventStreamMessage, MAX_FRAME_BYTES } from './aws-event-stream.ts'
import { TollgateError } from './errors.ts'

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString('utf8'),
  (text) => Buffer.from(text),
)

function decode(bytes: Buffer, sizes: readonly number[] = []): AwsEventStreamMessage[] {
  const messages: AwsEventStreamMessage[] = []
  const decoder = new AwsEventStreamDecoder((message) => messages.push({ ...message, payload: Buffer.from(message.payload) }))
  let at = 0
  for (const size of sizes) {
    decoder.push(bytes.subarray(at, at + size))
    at += size
  }
  decoder.push(bytes.subarray(at))
  assert.equal(decoder.pendingBytes, 0)
  return messages
}

const allTypes: MessageHeaders = {
  yes: { type: 'boolean', value: true },
  no: { type: 'boolean', value: false },
  byte: { type: 'byte', value: -3 },
  short: { type: 'short', value: 300 },
  integer: { type: 'integer', value: 70_000 },
  long: { type: 'long', value: { bytes: new Uint8Array(8), valueOf: () => 0 } },
  binary: { type: 'binary', value: new Uint8Array([7, 7, 7]) },
  time: { type: 'timestamp', value: new Date(0) },
  uuid: { type: 'uuid', value: '00000000-0000-0000-0000-000000000001' },
  ':event-type': { type: 'string', value: 'metadata' },
}

const header = fastCheck.string({ minLength: 1, maxLength: 40, unit: 'binary' })
const frames = fastCheck.array(fastCheck.record({ type: header, payload: fastCheck.uint8Array({ maxLength: 400 }) }), { maxLength: 6 })

describe('the AWS event stream decoder', () => {
  it("reads what the vendor's codec writes, headers of every type included", () => {
    const payload = Buffer.from('{"usage":{}}')
    const frame = Buffer.from(codec.encode({ headers: allTypes, body: payload }))
    assert.deepEqual(decode(frame), [{ kind: 'event', name: 'metadata', payload }])
  })

  it("writes, in the mock, what the vendor's codec reads", () => {
    const frame = eventFrame('contentBlockDelta', { delta: { text: 'Grüße' } })
    const read = codec.decode(frame)
    assert.deepEqual({ ...read.headers[':event-type'] }, { type: 'string', value: 'contentBlockDelta' })
    assert.equal(Buffer.from(read.body).toString('utf8'), '{"delta":{"text":"Grüße"}}')
  })

  it('agrees with the vendor in any split of the bytes', () => {
    fastCheck.assert(
      fastCheck.property(frames, fastCheck.array(fastCheck.integer({ min: 0, max: 300 }), { maxLength: 20 }), (all, sizes) => {
        const bytes = Buffer.concat(all.map(({ type, payload }) => codec.encode({ headers: { ':event-type': { type: 'string', value: type } }, body: payload })))
        const expected = all.map(({ type, payload }) => ({ kind: 'event', name: Buffer.from(type).toString('utf8'), payload: Buffer.from(payload) }))
        assert.deepEqual(decode(bytes, sizes), expected)
      }),
    )
  })

  it('reads frames byte by byte', () => {
    const bytes = Buffer.concat([eventFrame('one', 1), eventFrame('two', 2)])
    assert.deepEqual(decode(bytes, Array.from(bytes, () => 1)).map(({ name }) => name), ['one', 'two'])
  })

  it('tells exceptions and errors from events', () => {
    const error = encodeFrame({ ':message-type': 'error', ':error-code': 'InternalFailure', ':error-message': 'It broke.' }, Buffer.alloc(0))
    assert.deepEqual(
      decode(Buffer.concat([exceptionFrame('throttlingException', 'Slow down.'), error])).map((message) => ({ ...message, payload: message.payload.toString() })),
      [
        { kind: 'exception', name: 'throttlingException', payload: '{"message":"Slow down."}' },
        { kind: 'error', name: 'InternalFailure', payload: 'It broke.' },
      ],
    )
  })

  it('waits for the rest of a frame', () => {
    const frame = eventFrame('one', 1)
    const names: string[] = []
    const decoder = new AwsEventStreamDecoder(({ name }) => names.push(name))
    decoder.push(frame.subarray(0, 30))
    assert.deepEqual([names, decoder.pendingBytes], [[], 30])
    decoder.push(frame.subarray(30))
    assert.deepEqual([names, decoder.pendingBytes], [['one'], 0])
  })

  it('refuses any turned bit, after the frames before it, and nothing but that', () => {
    const [good, bad] = [eventFrame('good', {}), eventFrame('bad', { text: 'text' })]
    fastCheck.assert(
      fastCheck.property(fastCheck.integer({ min: 0, max: bad.length * 8 - 1 }), (bit) => {
        const turned = Buffer.from(bad)
        turned.writeUInt8(turned.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
        const names: string[] = []
        const decoder = new AwsEventStreamDecoder(({ name }) => names.push(name))
        assert.throws(() => decoder.push(Buffer.concat([good, turned, good])), isProviderError)
        assert.deepEqual(names, ['good'])
        assert.throws(() => decoder.push(good), isProviderError)
      }),
    )
  })

  it('says what is wrong with a frame', () => {
    assert.throws(() => decode(damagedFrame(eventFrame('one', 1))), /checksum of a frame/)
    assert.throws(() => decode(Buffer.alloc(12)), /checksum of a length/)
    assert.throws(() => new AwsEventStreamDecoder(() => undefined, 64).push(eventFrame('one', 'x'.repeat(100))), /too large/)
  })

  it('refuses a length above the bound before its bytes come', () => {
    const prelude = encodeFrame({}, Buffer.alloc(MAX_FRAME_BYTES)).subarray(0, 12)
    assert.throws(() => decode(prelude), /too large/)
  })

  it('refuses headers that do not fit their frame, whatever they are', () => {
    fastCheck.assert(
      fastCheck.property(fastCheck.uint8Array({ maxLength: 60 }), (headers) => {
        // What the encoder puts into the payload becomes headers: the second length says so, and both checksums fit.
        const frame = withHeaderBytes(Buffer.from(headers))
        assert.doesNotThrow(() => {
          try {
            decode(frame)
          } catch (thrown) {
            if (!isProviderError(thrown)) throw thrown
          }
        })
      }),
    )
    assert.throws(() => decode(withHeaderBytes(Buffer.from([5, 97]))), /longer than its frame/)
    assert.throws(() => decode(withHeaderBytes(Buffer.from([1, 97, 7, 0]))), /longer than its frame/)
    assert.throws(() => decode(withHeaderBytes(Buffer.from([1, 97, 7, 0, 9, 97]))), /longer than its frame/)
    assert.throws(() => decode(withHeaderBytes(Buffer.from([1, 97, 10]))), /unknown type 10/)
  })
})

function isProviderError(thrown: unknown): boolean {
  return thrown instanceof TollgateError && thrown.code === 'provider_error'
}

function withHeaderBytes(headers: Buffer): Buffer {
  const body = codec.encode({ headers: {}, body: headers })
  const frame = Buffer.from(body)
  frame.writeUInt32BE(headers.length, 4)
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8)
  frame.writeUInt32BE(crc32(frame.subarray(0, frame.length - 4)), frame.length - 4)
  return frame
}
