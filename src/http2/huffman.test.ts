// What nghttp2 packs is unpacked; what no encoder writes is refused. The codes themselves are checked by nothing of ours.

import assert from 'node:assert/strict'
import { sensitiveHeaders } from 'node:http2'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { literalsOf, withRecordedClient } from '../../test/support/http2-bytes.ts'
import { decodeHuffman } from './huffman.ts'
import { ConnectionError, errorCode } from './protocol.ts'

/** Short codes in front, so that nghttp2 packs what comes behind them: it writes a string plainly when that is shorter. */
const LIGHT = 'a'.repeat(60)

function decodeHex(hex: string): string {
  const bytes = Buffer.from(hex, 'hex')
  return decodeHuffman(bytes, 0, bytes.length)
}

function refusesAsCompression(run: () => void, message: RegExp): void {
  assert.throws(run, (error: unknown) => error instanceof ConnectionError && error.code === errorCode.compressionError && message.test(error.message))
}

describe('a Huffman string', () => {
  it('is unpacked for each byte that a header of node:http2 may have', async () => {
    const values = Array.from({ length: 255 }, (_, index) => `${LIGHT}${String.fromCharCode(index + 1)}0`)
    await withRecordedClient(async (client) => {
      const block = await client.request({ 'x-each': values })
      // The first literal of these has its name in front, the others an index for it.
      const written = literalsOf(block).slice(-values.length).map(({ value }) => value)
      assert.ok(written.every(({ isHuffman }) => isHuffman))
      assert.deepEqual(written.map(({ bytes }) => decodeHuffman(bytes, 0, bytes.length)), values)
    })
  })

  it('is unpacked for the one byte that no header may have', () => {
    // RFC 7541, appendix B: the byte 0 is 1111111111000, here with three bits of padding.
    assert.equal(decodeHex('ffc7'), '\0')
    assert.equal(decodeHex('1ffe07'), 'a\0a')
  })

  it('is unpacked for any text, as nghttp2 packs it', async () => {
    await withRecordedClient(async (client) => {
      const byte = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code))
      const text = fc.string({ unit: byte, maxLength: 30 }).map((tail) => `${LIGHT}${LIGHT}${LIGHT}${LIGHT}${tail}0`)
      await fc.assert(
        fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 20 }), async (values) => {
          // What is sensitive is written out every time.
          const block = await client.request({ 'x-any': values, [sensitiveHeaders]: ['x-any'] })
          const written = literalsOf(block).slice(-values.length).map(({ value }) => value)
          assert.ok(written.every(({ isHuffman }) => isHuffman))
          assert.deepEqual(written.map(({ bytes }) => decodeHuffman(bytes, 0, bytes.length)), values)
        }),
        { numRuns: 60 },
      )
    })
  })

  it('is read from where it begins to where it ends', () => {
    // RFC 7541, C.4.1 and C.4.3, between other bytes.
    const bytes = Buffer.from('00f1e3c2e5f23a6ba0ab90f4ff25a849e95ba97d7f00', 'hex')
    assert.equal(decodeHuffman(bytes, 1, 13), 'www.example.com')
    assert.equal(decodeHuffman(bytes, 13, 21), 'custom-key')
    assert.equal(decodeHuffman(bytes, 5, 5), '')
  })

  it('may be padded with seven bits', () => {
    // Five times 00011, which is 'a', and seven bits.
    assert.equal(decodeHex('18c631ff'), 'aaaaa')
  })
})

describe('a Huffman string is refused', () => {
  for (const { what, hex } of [
    { what: 'with a zero among its padding', hex: '1e' },
    { what: 'with nothing but zeros as padding', hex: '18' },
    { what: 'with a zero at the end of seven bits of padding', hex: '18c631fe' },
    { what: 'with eight bits of padding', hex: 'ff' },
    { what: 'with a whole byte of padding behind the needed one', hex: '1fff' },
    { what: 'that ends in the middle of a long code', hex: 'ffffff' },
    // The first 22 bits of the code of the byte 128 and more, cut off behind a zero.
    { what: 'that ends in the middle of a code that is no padding', hex: 'fffe' },
  ]) {
    it(what, () => refusesAsCompression(() => decodeHex(hex), /middle of a character/))
  }

  for (const { what, hex } of [
    { what: 'alone', hex: 'ffffffff' },
    { what: 'before other text', hex: 'fffffffc7f' },
    // 00011, then thirty ones, then five of padding.
    { what: 'behind other text', hex: '1fffffffff' },
  ]) {
    it(`when it holds the end of a string, ${what}`, () => refusesAsCompression(() => decodeHex(hex), /end of a string/))
  }
})

it('random bytes are text or a ConnectionError, and a text has at most eight characters in five bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (random) => {
      const bytes = Buffer.from(random)
      try {
        const text = decodeHuffman(bytes, 0, bytes.length)
        assert.ok(text.length <= (bytes.length * 8) / 5)
      } catch (error) {
        assert.ok(error instanceof ConnectionError, String(error))
      }
    }),
    { numRuns: 3000 },
  )
})
