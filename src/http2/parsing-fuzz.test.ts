// Whatever comes in over a connection is frames, headers and messages, or an error of the kind that ends a connection or a call; nothing
// else is thrown, and nothing is said more often than there are bytes for it.

import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { cutAt, withRecordedClient } from '../../test/support/http2-bytes.ts'
import { frame, PREFACE } from '../../test/support/raw-http2.ts'
import { FrameReader, type FrameSink } from './frame-reader.ts'
import { HeaderDecoder } from './header-decoder.ts'
import { MessageError, MessageReader } from './message-reader.ts'
import { ConnectionError, frameFlag, frameType } from './protocol.ts'
import { readRequestHead } from './request-head.ts'

/** Everything that reads, as a connection puts it together, with one call for all DATA. */
class Reading implements FrameSink {
  readonly seen: string[] = []
  error: Error | undefined
  readonly #frames = new FrameReader(this)
  readonly #headers = new HeaderDecoder()
  /** Undefined from what ends a call to the end of the frame. */
  #messages: MessageReader | undefined = this.#openCall()

  read(chunk: Buffer): void {
    if (this.error !== undefined) return
    try {
      this.#frames.read(chunk)
    } catch (error) {
      assert.ok(error instanceof ConnectionError, error instanceof Error ? error.stack : String(error))
      this.error = error
    }
  }

  onHeaders(streamId: number, block: Buffer, endStream: boolean): void {
    const fields = this.#headers.decode(block)
    this.#say('headers', streamId, fields, endStream, readRequestHead(fields))
  }
  onDataStart(streamId: number, bytes: number, endStream: boolean): void {
    this.#say('data', streamId, bytes, endStream)
  }
  onData(chunk: Buffer, start: number, end: number): void {
    try {
      this.#messages?.read(chunk, start, end)
    } catch (error) {
      assert.ok(error instanceof MessageError, error instanceof Error ? error.stack : String(error))
      this.#say(error.message)
      this.#messages = undefined
    }
  }
  onDataEnd(): void {
    this.#say('end', this.#messages?.isInside)
    // One broken message shall not hide all that comes behind it.
    this.#messages = this.#openCall()
  }
  onReset(streamId: number, code: number): void {
    this.#say('reset', streamId, code)
  }
  onSettings(payload: Buffer): void {
    this.#say('settings', payload.toString('hex'))
  }
  onSettingsAck(): void {
    this.#say('settings ack')
  }
  onPing(payload: Buffer, ack: boolean): void {
    this.#say('ping', payload.toString('hex'), ack)
  }
  onWindowUpdate(streamId: number, increment: number): void {
    this.#say('window', streamId, increment)
  }

  #openCall(): MessageReader {
    return new MessageReader({ encoding: 'gzip', maxMessageBytes: 1_000, onMessage: (message) => this.#say('message', message.toString('hex')) })
  }

  #say(...what: unknown[]): true {
    this.seen.push(JSON.stringify(what))
    return true
  }
}

function read(chunks: readonly Buffer[]): Reading {
  const reading = new Reading()
  for (const chunk of chunks) reading.read(chunk)
  const bytes = chunks.reduce((sum, { length }) => sum + length, 0)
  assert.ok(reading.seen.length <= bytes, `${reading.seen.length} events for ${bytes} bytes`)
  return reading
}

const settings = frame(frameType.settings, 0, 0)
const message = (flag: number, payload: Buffer) => Buffer.concat([Buffer.of(flag, 0, 0, 0, payload.length), payload])
const byHand = [
  frame(frameType.data, 0, 1, Buffer.concat([message(0, Buffer.from('hello')), message(1, gzipSync('packed')), message(0, Buffer.alloc(0))])),
  frame(frameType.data, frameFlag.padded | frameFlag.endStream, 1, Buffer.concat([Buffer.of(4), message(0, Buffer.from('padded')), Buffer.alloc(4)])),
  frame(frameType.ping, 0, 0, Buffer.from('12345678')),
  frame(frameType.windowUpdate, 0, 1, Buffer.from('0000ffff', 'hex')),
  frame(frameType.headers, frameFlag.padded | frameFlag.priority, 3, Buffer.from('02000000000f82860000', 'hex')),
  frame(frameType.continuation, frameFlag.endHeaders, 3, Buffer.from('8440016101624001630164', 'hex')),
  frame(frameType.rstStream, 0, 1, Buffer.from('00000008', 'hex')),
  frame(0x42, 7, 9, Buffer.from('unknown')),
]

/** Preface and frames of a call, as nghttp2 writes it, and those above. */
let valid = Buffer.alloc(0)
before(async () => {
  const recorded = await withRecordedClient(async (client) => {
    for (const path of ['/a.B/C', '/d.E/F']) await client.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', 'grpc-timeout': '1S', te: 'trailers', 'x-some': ['ä', 'b', path] })
    return client.bytes
  })
  valid = Buffer.concat([recorded, ...byHand])
})

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 })
/** Where, as a fraction of what there is; how many bytes go; what comes there instead. */
const mutation = fc.record({
  place: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.oneof(fc.constantFrom(0, 1), fc.nat(20)),
  added: fc.oneof(fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes)), fc.constantFrom(...byHand, settings, Buffer.of(0), Buffer.of(0xff), Buffer.of(0x3f, 0xe1, 0x1f))),
})

describe('whatever comes', () => {
  it('is read without an error when it is as it should be', () => {
    const { error, seen } = read([valid])
    assert.equal(error, undefined)
    assert.equal(seen.filter((line) => line.startsWith('["headers"')).length, 3)
    assert.equal(seen.filter((line) => line.startsWith('["message"')).length, 4)
  })

  it('is read or refused when some of it is changed, in the same way in any pieces', () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), cuts, (mutations, fractions) => {
        let bytes = valid
        for (const { place, removed, added } of mutations) {
          // The preface is left alone, or there would be little more to see.
          const at = PREFACE.length + Math.floor(place * (bytes.length - PREFACE.length))
          bytes = Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)])
        }
        const whole = read([bytes])
        for (const chunks of [cutAt(bytes, fractions), Array.from(bytes, (byte) => Buffer.of(byte))]) {
          const { seen, error } = read(chunks)
          assert.deepEqual(seen, whole.seen)
          assert.deepEqual(error, whole.error)
        }
      }),
      { numRuns: 1500 },
    )
  })

  it('is read or refused when a bit is turned, wherever it is', () => {
    let refused = 0
    for (let bit = 0; bit < valid.length * 8; bit += 1) {
      const bytes = Buffer.from(valid)
      bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      if (read([bytes]).error !== undefined) refused += 1
    }
    assert.ok(refused > 24 * 8 && refused < valid.length * 8, String(refused))
  })

  it('is read or refused when it ends too early', () => {
    for (let length = 0; length < valid.length; length += 1) assert.equal(read([valid.subarray(0, length)]).error, undefined)
  })

  it('is read or refused when frames of any kind carry random bytes', () => {
    const anyFrame = fc.tuple(fc.nat(10), fc.nat(255), fc.nat(4), fc.uint8Array({ maxLength: 30 })).map(([type, flags, streamId, payload]) => frame(type, flags, streamId, Buffer.from(payload)))
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 12 }), cuts, (frames, fractions) => {
        const bytes = Buffer.concat([PREFACE, settings, ...frames])
        assert.deepEqual(read(cutAt(bytes, fractions)).seen, read([bytes]).seen)
      }),
      { numRuns: 1500 },
    )
  })

  it('is refused at once when it is random from the first byte on', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 24, maxLength: 100 }), (random) => {
        assert.ok(read([Buffer.from(random)]).error !== undefined)
      }),
      { numRuns: 500 },
    )
  })
})
