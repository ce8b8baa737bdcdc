// Byte sequences are the examples of protobuf.dev, "Encoding", or worked out by hand from it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fixed32Tag, fixed64Tag, lengthTag, MAX_DEPTH, ProtoReader, varintTag, WireError } from './protobuf-wire.ts'
import { ProtoWriter } from './protobuf-writer.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** The reader behind the first tag of the message. */
function firstValue(bytes: Buffer): ProtoReader {
  const reader = new ProtoReader(bytes)
  reader.next()
  return reader
}

test('reads the examples of the specification', () => {
  const number = new ProtoReader(hex('08 96 01'))
  assert.equal(number.next(), varintTag(1))
  assert.equal(number.uint(), 150)
  assert.equal(number.next(), 0)
  const text = new ProtoReader(hex('12 07 74 65 73 74 69 6e 67'))
  assert.equal(text.next(), lengthTag(2))
  assert.equal(text.string(), 'testing')
  const nested = new ProtoReader(hex('1a 03 08 96 01'))
  assert.equal(nested.next(), lengthTag(3))
  const inner = nested.message()
  assert.equal(inner.next(), varintTag(1))
  assert.equal(inner.uint(), 150)
  assert.equal(inner.next(), 0)
  assert.equal(nested.next(), 0)
})

test('writes what the specification shows', () => {
  const writer = new ProtoWriter()
  writer.uint(1, 150)
  writer.string(2, 'testing')
  writer.begin(3)
  writer.uint(1, 150)
  writer.end()
  writer.int(1, -2)
  assert.deepEqual(writer.finish(), hex('08 96 01 12 07 74 65 73 74 69 6e 67 1a 03 08 96 01 08 fe ff ff ff ff ff ff ff ff 01'))
})

test('reads 64-bit and negative integers', () => {
  const minusTwo = hex('08 fe ff ff ff ff ff ff ff ff 01')
  assert.equal(firstValue(minusTwo).int(), -2)
  assert.equal(firstValue(minusTwo).int64(), -2n)
  assert.equal(firstValue(minusTwo).uint64(), 18_446_744_073_709_551_614n)
  assert.equal(firstValue(minusTwo).bool(), true)
  assert.equal(firstValue(hex('08 80 80 80 80 10')).uint(), 2 ** 32)
  assert.equal(firstValue(hex('08 80 80 80 80 10')).bool(), true, 'only high bits are set')
})

test('reads fixed-width numbers', () => {
  assert.equal(new ProtoReader(hex('09')).next(), fixed64Tag(1))
  assert.equal(new ProtoReader(hex('0d')).next(), fixed32Tag(1))
  assert.equal(firstValue(hex('09 00 00 00 00 00 00 f8 3f')).double(), 1.5)
  assert.equal(firstValue(hex('09 ff ff ff ff ff ff ff ff')).fixed64(), 2n ** 64n - 1n)
  assert.equal(firstValue(hex('0d ff ff ff ff')).fixed32(), 2 ** 32 - 1)
  assert.equal(firstValue(hex('0d 00 00 c0 3f')).float(), 1.5)
})

test('any value comes back as it was written', () => {
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 30 }))
  fc.assert(
    fc.property(
      fc.record({
        field: fc.integer({ min: 1, max: 2 ** 29 - 1 }),
        number: fc.maxSafeNat(),
        signed: fc.maxSafeInteger(),
        big: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        real: fc.double(),
        text,
        bytes: fc.uint8Array({ maxLength: 400 }),
        guess: fc.nat(40_000),
      }),
      ({ field, number, signed, big, real, text, bytes, guess }) => {
        const writer = new ProtoWriter(8)
        writer.begin(field, guess)
        writer.uint(field, number)
        writer.int(field, signed)
        writer.begin(field)
        writer.uint64(field, big)
        writer.end()
        writer.double(field, real)
        writer.string(field, text)
        writer.bytes(field, bytes)
        writer.end()
        const outer = new ProtoReader(writer.finish())
        assert.equal(outer.next(), lengthTag(field))
        const reader = outer.message()
        assert.equal(outer.next(), 0)
        reader.next()
        assert.equal(reader.uint(), number)
        reader.next()
        assert.equal(reader.int(), signed)
        reader.next()
        const inner = reader.message()
        inner.next()
        assert.equal(inner.uint64(), big)
        reader.next()
        assert.equal(reader.double(), real)
        reader.next()
        assert.equal(reader.string(), Buffer.from(text).toString())
        reader.next()
        assert.deepEqual(new Uint8Array(reader.bytes()), new Uint8Array(bytes))
        assert.equal(reader.next(), 0)
      },
    ),
  )
})

test('lengths are always written in as few bytes as possible', () => {
  for (const guess of [0, 127, 128, 20_000]) {
    const writer = new ProtoWriter()
    writer.begin(1, guess)
    writer.bytes(1, Buffer.alloc(150))
    writer.end()
    assert.deepEqual(writer.finish().subarray(0, 6), hex('0a 99 01 0a 96 01'), `guess ${guess}`)
  }
})

test('skips fields of every wire type, groups included', () => {
  const skipped = ['08 96 01', '09 00 00 00 00 00 00 00 00', '0a 02 08 01', '0b 08 01 13 12 01 61 14 0c', '0d 00 00 00 00']
  const reader = new ProtoReader(hex(`${skipped.join('')} 10 05`))
  for (const field of skipped) {
    assert.notEqual(reader.next(), 0, field)
    reader.skip()
  }
  assert.equal(reader.next(), varintTag(2))
  assert.equal(reader.uint(), 5)
})

test('refuses what is malformed', () => {
  const groups = (depth: number) => '0b'.repeat(depth) + '0c'.repeat(depth)
  const cases: Readonly<Record<string, string>> = {
    'a number that stops': '08 96',
    'a number of eleven bytes': '08 ff ff ff ff ff ff ff ff ff ff 01',
    'field number 0': '00 01',
    'a field number above 2^29': 'f8 ff ff ff 7f 01',
    'a length beyond the end': '0a 05 61',
    'a length beyond 2^53': '0a ff ff ff ff ff ff ff ff ff 01 61',
    'a double that stops': '09 00 00',
    'wire type 6': '0e 01',
    'the end of a group that did not start': '0c',
    'a group that does not end': '0b 08 01',
    'a group that ends as another': '0b 14',
    'groups nested too deeply': groups(MAX_DEPTH + 1),
  }
  for (const [name, bytes] of Object.entries(cases)) {
    const read = () => {
      const reader = new ProtoReader(hex(bytes))
      while (reader.next() !== 0) reader.skip()
    }
    assert.throws(read, WireError, name)
  }
  const deepest = new ProtoReader(hex(groups(MAX_DEPTH)))
  deepest.next()
  deepest.skip()
  assert.equal(deepest.next(), 0)
})

test('a nested reader does not read beyond its message', () => {
  const reader = new ProtoReader(hex('0a 01 08 05'))
  reader.next()
  const inner = reader.message()
  assert.equal(inner.next(), varintTag(1))
  assert.throws(() => inner.uint(), WireError)
  const other = new ProtoReader(hex('0a 02 08 80 01'))
  other.next()
  const innerOther = other.message()
  innerOther.next()
  assert.throws(() => innerOther.uint(), WireError)
})

test('text that is not UTF-8 is marked, not refused', () => {
  assert.equal(firstValue(hex('0a 02 61 ff')).string(), 'a\ufffd')
})

test('text that may be Latin-1 is UTF-8 if it can be', () => {
  assert.equal(firstValue(hex('0a 02 61 ff')).stringOrLatin1(), 'a\u00ff')
  assert.equal(firstValue(hex('0a 02 c3 bf')).stringOrLatin1(), '\u00ff')
  assert.equal(firstValue(hex('0a 03 ef bf bd')).stringOrLatin1(), '\ufffd', 'the replacement character itself is valid UTF-8')
})

test('texts come back whose length in bytes needs more room than that in characters', () => {
  for (const text of ['é'.repeat(63), 'é'.repeat(64), '€'.repeat(42), '€'.repeat(43), `${'x'.repeat(126)}é`, '€'.repeat(5461), '€'.repeat(5462), `${'x'.repeat(16_383)}é`, '\u{1f600}'.repeat(40)]) {
    const writer = new ProtoWriter(8)
    writer.string(1, text)
    writer.uint(2, 7)
    const reader = new ProtoReader(writer.finish())
    assert.deepEqual([reader.next(), reader.string() === text, reader.next(), reader.uint(), reader.next()], [10, true, 16, 7, 0], `${text.slice(-3)}, ${text.length}`)
  }
})

test('a message must be closed exactly once', () => {
  const open = new ProtoWriter()
  open.begin(1)
  assert.throws(() => open.finish(), WireError)
  assert.throws(() => new ProtoWriter().end(), WireError)
})
