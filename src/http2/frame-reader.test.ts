// Frames are the same however their bytes are cut. What is refused is in frame-reader-refusals.test.ts.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { cutAt, withRecordedClient } from '../../test/support/http2-bytes.ts'
import { frame, PREFACE } from '../../test/support/raw-http2.ts'
import { readFrames } from '../../test/support/read-frames.ts'
import { FrameReader } from './frame-reader.ts'
import { frameFlag, frameType } from './protocol.ts'

const { endStream, endHeaders, padded, priority, ack } = frameFlag
const settings = frame(frameType.settings, 0, 0, Buffer.from('000300000064000400100000', 'hex'))
const wordOfPriority = Buffer.from('8000000b0f', 'hex')

function padding(bytes: number): Buffer {
  // Not zeros, so that it cannot pass for anything by chance; nobody has to look at it.
  return Buffer.alloc(bytes, 'p')
}

function withPadding(payload: Buffer, bytes: number): Buffer {
  return Buffer.concat([Buffer.of(bytes), payload, padding(bytes)])
}

/** One of everything that a client may send. */
const stream: readonly { bytes: Buffer; events: readonly string[] }[] = [
  { bytes: settings, events: ['settings 000300000064000400100000'] },
  { bytes: frame(frameType.settings, ack, 0), events: ['settings ack'] },
  { bytes: frame(frameType.windowUpdate, 0, 0, Buffer.from('00010000', 'hex')), events: ['window 0 65536'] },
  { bytes: frame(frameType.headers, endHeaders, 1, Buffer.from('block')), events: ['headers 1 block'] },
  { bytes: frame(frameType.data, 0, 1, Buffer.from('hello')), events: ['data 1 5 hello'] },
  { bytes: frame(frameType.data, 0, 1), events: ['data 1 0 '] },
  { bytes: frame(frameType.data, padded, 1, withPadding(Buffer.from('hidden'), 9)), events: ['data 1 16 hidden'] },
  { bytes: frame(frameType.data, padded, 1, withPadding(Buffer.alloc(0), 0)), events: ['data 1 1 '] },
  { bytes: frame(frameType.data, padded, 1, withPadding(Buffer.alloc(0), 255)), events: ['data 1 256 '] },
  { bytes: frame(frameType.priority, 0, 7, wordOfPriority), events: [] },
  { bytes: frame(frameType.headers, endHeaders | priority, 3, Buffer.concat([wordOfPriority, Buffer.from('second')])), events: ['headers 3 second'] },
  { bytes: frame(frameType.headers, endHeaders | endStream | priority | padded, 5, withPadding(Buffer.concat([wordOfPriority, Buffer.from('third')]), 4)), events: ['headers 5 third end'] },
  { bytes: frame(frameType.headers, endHeaders | padded, 7, withPadding(Buffer.alloc(0), 3)), events: ['headers 7 '] },
  { bytes: frame(frameType.headers, endStream, 9, Buffer.from('one')), events: [] },
  { bytes: frame(frameType.continuation, 0, 9, Buffer.from(',two')), events: [] },
  { bytes: frame(frameType.continuation, 0, 9), events: [] },
  { bytes: frame(frameType.continuation, endHeaders, 9, Buffer.from(',three')), events: ['headers 9 one,two,three end'] },
  { bytes: frame(frameType.headers, padded | priority, 11, withPadding(wordOfPriority, 2)), events: [] },
  { bytes: frame(frameType.continuation, endHeaders, 11, Buffer.from('all here')), events: ['headers 11 all here'] },
  { bytes: frame(frameType.ping, 0, 0, Buffer.from('12345678')), events: ['ping 12345678'] },
  { bytes: frame(frameType.ping, ack, 0, Buffer.from('87654321')), events: ['ping 87654321 ack'] },
  { bytes: frame(0x42, 0xff, 3, Buffer.from('of a later time')), events: [] },
  { bytes: frame(0xff, 0xff, 0), events: [] },
  { bytes: frame(frameType.rstStream, 0, 3, Buffer.from('00000008', 'hex')), events: ['reset 3 8'] },
  // The bit in front of a stream and of an increment is reserved, and to be ignored; flags that a type does not have, too.
  { bytes: frame(frameType.windowUpdate, 0xff, 0x8000_0001, Buffer.from('ffffffff', 'hex')), events: ['window 1 2147483647'] },
  { bytes: frame(frameType.rstStream, 0xff, 0x8000_0001, Buffer.from('ffffffff', 'hex')), events: ['reset 1 4294967295'] },
  { bytes: frame(frameType.windowUpdate, 0, 1, Buffer.from('80000000', 'hex')), events: ['window 1 0'] },
  { bytes: frame(frameType.data, 0xff & ~padded, 0xffff_ffff, Buffer.from('far')), events: ['data 2147483647 3 far end'] },
  { bytes: frame(frameType.data, endStream | padded, 1, withPadding(Buffer.from('last'), 1)), events: ['data 1 6 last end'] },
  { bytes: frame(frameType.data, endStream, 1), events: ['data 1 0  end'] },
  { bytes: frame(frameType.goaway, 0, 0, Buffer.from('0000000000000000', 'hex')), events: [] },
  { bytes: frame(frameType.ping, 0, 0, Buffer.from('the last')), events: ['ping the last'] },
]
const wholeStream = Buffer.concat([PREFACE, ...stream.map(({ bytes }) => bytes)])
const wholeEvents = stream.flatMap(({ events }) => events)

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 60 })

describe('a connection', () => {
  it('is read as its frames', () => {
    assert.deepEqual(readFrames([wholeStream]), wholeEvents)
  })

  it('is read as the same frames byte by byte, and in pieces of any size', () => {
    for (let size = 1; size < 40; size += 1) {
      const pieces = Array.from({ length: Math.ceil(wholeStream.length / size) }, (_, index) => wholeStream.subarray(index * size, (index + 1) * size))
      assert.deepEqual(readFrames(pieces), wholeEvents)
    }
  })

  it('is read as the same frames when it is cut in two, wherever that is', () => {
    for (let at = 0; at <= wholeStream.length; at += 1) assert.deepEqual(readFrames([wholeStream.subarray(0, at), wholeStream.subarray(at)]), wholeEvents)
  })

  it('is read as the same frames when it is cut anywhere, and in any order of frames', () => {
    const frames = fc.array(fc.constantFrom(...stream.filter(({ events }) => events.length > 0 && !events[0]?.includes(',') && !events[0]?.includes('all here'))), { maxLength: 40 })
    fc.assert(
      fc.property(frames, cuts, (list, fractions) => {
        const bytes = Buffer.concat([PREFACE, settings, ...list.map((one) => one.bytes)])
        const expected = ['settings 000300000064000400100000', ...list.flatMap(({ events }) => events)]
        assert.deepEqual(readFrames(cutAt(bytes, fractions)), expected)
      }),
      { numRuns: 500 },
    )
  })

  it('may have frames of 16384 bytes, of each kind, in any pieces', () => {
    const full = Buffer.from(Array.from({ length: 16_384 }, (_, index) => 97 + (index % 26)))
    const text = full.toString()
    const bytes = Buffer.concat([
      PREFACE,
      settings,
      frame(frameType.data, 0, 1, full),
      frame(frameType.data, padded, 1, withPadding(full.subarray(0, 16_384 - 1 - 200), 200)),
      frame(0x42, 0, 1, full),
      frame(frameType.headers, 0, 3, full),
      frame(frameType.continuation, endHeaders, 3, full),
      frame(frameType.headers, endHeaders, 5, full),
    ])
    const expected = ['settings 000300000064000400100000', `data 1 16384 ${text}`, `data 1 16384 ${text.slice(0, 16_183)}`, `headers 3 ${text}${text}`, `headers 5 ${text}`]
    fc.assert(
      fc.property(cuts, (fractions) => assert.deepEqual(readFrames(cutAt(bytes, fractions)), expected)),
      { numRuns: 100 },
    )
  })

  it('is read as nghttp2 writes it', async () => {
    await withRecordedClient(async (client) => {
      const long = 'x'.repeat(40_000)
      await client.request({ ':method': 'POST', ':path': '/a', 'x-long': long })
      await client.request({ ':path': '/b' })
      const events = readFrames([client.bytes])
      const blocks = client.blocks().map((block) => block.toString('latin1'))
      assert.ok((blocks[0]?.length ?? 0) > 16_384)
      assert.deepEqual(events.filter((event) => event.startsWith('headers')), [`headers 1 ${blocks[0]} end`, `headers 3 ${blocks[1]} end`])
      assert.deepEqual(readFrames(Array.from(client.bytes, (byte) => Buffer.of(byte))), events)
    })
  })
})

describe('the bytes of DATA', () => {
  it('are passed on as they come, before their frame is over', () => {
    const seen: string[] = []
    const reader = new FrameReader({
      ...silent,
      onDataStart: (streamId, bytes) => seen.push(`start ${streamId} ${bytes}`),
      onData: (chunk, start, end) => seen.push(chunk.toString('latin1', start, end)),
      onDataEnd: () => seen.push('end'),
    })
    const bytes = Buffer.concat([PREFACE, settings, frame(frameType.data, 0, 1, Buffer.from('hello'))])
    reader.read(bytes.subarray(0, bytes.length - 5))
    assert.deepEqual(seen.splice(0), ['start 1 5'])
    reader.read(bytes.subarray(bytes.length - 5, bytes.length - 3))
    assert.deepEqual(seen.splice(0), ['he'])
    reader.read(bytes.subarray(bytes.length - 3))
    assert.deepEqual(seen, ['llo', 'end'])
  })

  it('are not copied', () => {
    const chunks: Buffer[] = []
    const reader = new FrameReader({ ...silent, onData: (chunk) => chunks.push(chunk) })
    const bytes = Buffer.concat([PREFACE, settings, frame(frameType.data, 0, 1, Buffer.from('hello'))])
    reader.read(bytes)
    assert.deepEqual(chunks.map(({ buffer }) => buffer), [bytes.buffer])
  })
})

describe('whether a peer speaks HTTP/2', () => {
  it('is known when the last byte of its preface has come', () => {
    const reader = new FrameReader(silent)
    reader.read(PREFACE.subarray(0, 23))
    assert.equal(reader.isHttp2, false)
    reader.read(Buffer.alloc(0))
    assert.equal(reader.isHttp2, false)
    reader.read(PREFACE.subarray(23))
    assert.equal(reader.isHttp2, true)
  })
})

const silent = {
  onHeaders: () => undefined,
  onDataStart: () => undefined,
  onData: () => undefined,
  onDataEnd: () => undefined,
  onReset: () => undefined,
  onSettings: () => undefined,
  onSettingsAck: () => undefined,
  onPing: () => undefined,
  onWindowUpdate: () => undefined,
}
