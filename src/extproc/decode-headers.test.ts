// Round trips with a generic protobuf library are in test/property/extproc-codec.test.ts; here is what both ways of reading must agree in.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { WireError } from '../core/protobuf-wire.ts'
import { ProtoWriter } from '../core/protobuf-writer.ts'
import { decodeHeaderMap } from './decode-headers.ts'

/** One header; `behind` adds fields that Envoy does not write. */
function encodeHeader(name: string, value: Buffer, behind?: (writer: ProtoWriter) => void): Buffer {
  const writer = new ProtoWriter()
  writer.begin(1)
  writer.string(1, name)
  writer.bytes(3, value)
  behind?.(writer)
  writer.end()
  return writer.finish()
}

const unusual = encodeHeader('x-last', Buffer.from('z'), (writer) => writer.uint(9, 1))

describe('the headers of a message', () => {
  const values = ['', 'a', 'x'.repeat(12), 'x'.repeat(13), 'x'.repeat(127), 'x'.repeat(128), 'y'.repeat(16_383), 'z'.repeat(16_384), 'München', '\u{1f600}'].map((text) => Buffer.from(text))
  for (const value of [...values, Buffer.from([0x61, 0xff])]) {
    it(`are read alike in the form of Envoy and in any other: ${String(value.length)} bytes, ${value.toString('latin1', 0, 8)}`, () => {
      const header = encodeHeader('x-value', value)
      const expected = value.equals(Buffer.from([0x61, 0xff])) ? 'a\u00ff' : value.toString()
      for (const bytes of [header, Buffer.concat([header, unusual]), Buffer.concat([unusual, header])]) assert.equal(decodeHeaderMap(bytes).get('x-value'), expected)
    })
  }

  it('may have names that are long, not ASCII, or nothing', () => {
    for (const name of ['', 'x'.repeat(24), 'x'.repeat(25), 'x'.repeat(200), 'größe']) assert.deepEqual(decodeHeaderMap(encodeHeader(name, Buffer.from('1'))).names(), [name])
  })

  it('are refused when they are cut off anywhere', () => {
    for (const value of ['short', 'x'.repeat(200)]) {
      const bytes = encodeHeader('x-value', Buffer.from(value))
      for (let end = 1; end < bytes.length; end += 1) assert.throws(() => decodeHeaderMap(bytes.subarray(0, end)), WireError, `${String(end)} of ${String(bytes.length)} bytes`)
    }
  })

  it('are refused when a part is longer than the whole', () => {
    // Header of 3 bytes whose name says it has 5; header of 6 whose value says it has 9.
    for (const bytes of ['0a 03 0a 05 61 62 63 64 65', '0a 06 0a 01 61 1a 09 62 62 62 62 62 62 62 62 62']) {
      assert.throws(() => decodeHeaderMap(Buffer.from(bytes.replaceAll(' ', ''), 'hex')), WireError)
    }
  })

  it('keep their values when the bytes are used for something else', () => {
    const bytes = encodeHeader('x-value', Buffer.from('kept'))
    const headers = decodeHeaderMap(bytes)
    bytes.fill(0)
    assert.equal(headers.get('x-value'), 'kept')
    assert.equal(headers.get('x-value'), 'kept')
  })
})
