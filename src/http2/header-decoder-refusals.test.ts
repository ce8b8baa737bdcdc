// Blocks of headers that no encoder writes end the connection, with the code that RFC 7541 and 9113 give, and cost us nothing.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { HeaderDecoder } from './header-decoder.ts'
import { ConnectionError, errorCode, type ErrorCode } from './protocol.ts'

function refuses(block: Buffer, message: RegExp, code: ErrorCode = errorCode.compressionError): void {
  const decoder = new HeaderDecoder()
  assert.throws(() => decoder.decode(block), (error: unknown) => error instanceof ConnectionError && error.code === code && message.test(error.message))
}

const cases: readonly { what: string; hex: string; message: RegExp }[] = [
  { what: 'the index 0', hex: '80', message: /index 0 stands for nothing/ },
  { what: 'an index behind the static table when nothing was remembered', hex: 'be', message: /index 62 stands for nothing/ },
  { what: 'the largest index there is', hex: 'ff80ffffff07', message: /index 2147483647 stands for nothing/ },
  { what: 'a name by an index that stands for nothing, remembered', hex: '7e0161', message: /index 62 stands for nothing/ },
  { what: 'a name by an index that stands for nothing, not remembered', hex: '0f2f0161', message: /index 62 stands for nothing/ },
  { what: 'an integer of more than 31 bits', hex: 'ff80ffffff08', message: /number is too large/ },
  { what: 'an integer whose bytes do not end', hex: 'ff8080808080808080', message: /number is too long/ },
  { what: 'an integer whose bytes do not end, at its longest allowed', hex: 'ff808080808000', message: /number is too long/ },
  { what: 'an integer that is cut off in front of its second byte', hex: 'ff', message: /number is cut off/ },
  { what: 'an integer that is cut off behind its second byte', hex: 'ff80', message: /number is cut off/ },
  { what: 'a literal without a name', hex: '40', message: /number is cut off/ },
  { what: 'a literal without a value', hex: '400161', message: /number is cut off/ },
  { what: 'a name that is cut off', hex: '00056162', message: /string is cut off/ },
  { what: 'a value that is cut off by one byte', hex: '000161026b', message: /string is cut off/ },
  { what: 'a string that says it has two gigabytes', hex: '007f80ffffff07', message: /string is cut off/ },
  { what: 'a Huffman string that is cut off', hex: '0001618218', message: /string is cut off/ },
  { what: 'a Huffman string with wrong padding', hex: '0001618118', message: /middle of a character/ },
  { what: 'a change of the table size after a field', hex: '8220', message: /after a field/ },
  { what: 'a change of the table size between fields', hex: '823f0582', message: /after a field/ },
  // 4097 is 31 + 4066.
  { what: 'a table of more than 4096 bytes', hex: '3fe21f', message: /table of 4097 bytes/ },
  { what: 'a table of more than 4096 bytes after a smaller one', hex: '203fe21f', message: /table of 4097 bytes/ },
  { what: 'a change of the table size that is cut off', hex: '3fe1', message: /number is cut off/ },
]

describe('a block of headers is refused with', () => {
  for (const { what, hex, message } of cases) it(what, () => refuses(Buffer.from(hex, 'hex'), message))
})

describe('the headers of a request', () => {
  const remembered = Buffer.concat([Buffer.from('40016e7fa11e', 'hex'), Buffer.alloc(4_000, 'v')])
  const BYTES_EACH = 4_001 + 32

  it('may be repeated by index up to 256 KiB, names, values and 32 bytes each', () => {
    const decoder = new HeaderDecoder()
    decoder.decode(remembered)
    const most = Math.floor((256 * 1024) / BYTES_EACH)
    assert.equal(decoder.decode(Buffer.alloc(most, 0xbe)).length, 2 * most)
    assert.throws(() => decoder.decode(Buffer.alloc(most + 1, 0xbe)), (error: unknown) => error instanceof ConnectionError && error.code === errorCode.enhanceYourCalm)
  })

  it('are counted from the start in each block', () => {
    const decoder = new HeaderDecoder()
    decoder.decode(remembered)
    for (let count = 0; count < 5; count += 1) assert.equal(decoder.decode(Buffer.alloc(40, 0xbe)).length, 80)
  })

  it('are bounded also when they have no bytes', () => {
    // 32 bytes each, so 8192 of them are 256 KiB.
    const empty = Buffer.from('000000', 'hex')
    assert.equal(new HeaderDecoder().decode(Buffer.concat(Array.from({ length: 8_192 }, () => empty))).length, 2 * 8_192)
    refuses(Buffer.concat(Array.from({ length: 8_193 }, () => empty)), /more than 262144 bytes/, errorCode.enhanceYourCalm)
  })

  it('may be none', () => {
    assert.deepEqual(new HeaderDecoder().decode(Buffer.alloc(0)), [])
    assert.deepEqual(new HeaderDecoder().decode(Buffer.of(0x20)), [])
  })

  it('keep every byte of a name and a value as one character', () => {
    assert.deepEqual(new HeaderDecoder().decode(Buffer.from('0002c3a903ff0080', 'hex')), ['Ã©', '\u00ff\u0000\u0080'])
  })
})

it('an integer may be longer than it needs to be', () => {
  // 127 + 0, with three bytes that add nothing: index 127 stands for nothing, and the number itself is none of the complaints.
  refuses(Buffer.from('ff80808000', 'hex'), /index 127 stands for nothing/)
  assert.deepEqual(new HeaderDecoder().decode(Buffer.from('0f8080808000' + '0161', 'hex')), ['accept-charset', 'a'])
})

/** Pieces that make sense, so that the nonsense between them is met in every state. */
const piece = fc.oneof(
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom('82', 'be', 'bf', '20', '3fe11f', '400161', '0162', '4081180162', 'ff00', '7f', '0f2f', '8118').map((hex) => Buffer.from(hex, 'hex')),
)

it('random blocks are fields or a ConnectionError', () => {
  fc.assert(
    fc.property(fc.array(fc.array(piece, { maxLength: 20 }), { maxLength: 8 }), (blocks) => {
      const decoder = new HeaderDecoder()
      try {
        for (const pieces of blocks) {
          const fields = decoder.decode(Buffer.concat(pieces))
          assert.equal(fields.length % 2, 0)
          assert.ok(fields.every((text) => typeof text === 'string' && Buffer.from(text, 'latin1').toString('latin1') === text))
        }
      } catch (error) {
        assert.ok(error instanceof ConnectionError, String(error))
      }
    }),
    { numRuns: 3000 },
  )
})
