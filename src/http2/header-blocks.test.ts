// What we write about an answer is read by our own decoder and by nghttp2, also around the lengths where another byte is needed.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http2'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type RecordedClient, withRecordedClient } from '../../test/support/http2-bytes.ts'
import { frame } from '../../test/support/raw-http2.ts'
import { encodeHeaders } from './header-blocks.ts'
import { HeaderDecoder } from './header-decoder.ts'
import { frameFlag, frameType } from './protocol.ts'

/** What nghttp2 makes of a block that answers its request number `index`. */
async function readAnswer(client: RecordedClient, index: number, block: Buffer): Promise<IncomingHttpHeaders> {
  await client.request({ ':path': '/' })
  const answered = once(client.stream, 'response')
  if (index === 0) client.answer(frame(frameType.settings, 0, 0))
  client.answer(frame(frameType.headers, frameFlag.endHeaders | frameFlag.endStream, 2 * index + 1, block))
  const [headers] = (await answered) as [IncomingHttpHeaders]
  return headers
}

// One byte holds up to 126, two up to 127 + 127, three up to 127 + 128 * 128 - 1.
const lengths = [0, 1, 2, 125, 126, 127, 128, 129, 253, 254, 255, 256, 383, 4_000, 16_000, 16_100]

describe('fields that we write', () => {
  for (const length of lengths) {
    it(`are read by our decoder with a name and a value of ${length} bytes`, () => {
      const fields = [['n'.repeat(length), 'v'.repeat(length)], ['x', 'behind it']] as const
      assert.deepEqual(new HeaderDecoder().decode(encodeHeaders(fields)), fields.flat())
    })
  }

  it('are read by nghttp2 with values of all these lengths', async () => {
    await withRecordedClient(async (client) => {
      for (const [index, length] of lengths.entries()) {
        const headers = await readAnswer(client, index, encodeHeaders([[':status', '200'], ['x-value', 'v'.repeat(length)], ['x-behind', 'it']]))
        assert.equal(headers['x-value'], 'v'.repeat(length))
        assert.equal(headers['x-behind'], 'it')
      }
    })
  })

  it('are read by nghttp2 with names of the lengths around two bytes', async () => {
    await withRecordedClient(async (client) => {
      for (const [index, length] of [126, 127, 128, 254, 255, 256].entries()) {
        const headers = await readAnswer(client, index, encodeHeaders([[':status', '200'], ['n'.repeat(length), 'v']]))
        assert.equal(headers['n'.repeat(length)], 'v')
      }
    })
  })

  it('have the bytes of RFC 7541, C.2.2, except for the index in front', () => {
    assert.equal(encodeHeaders([[':path', '/sample/path']]).toString('hex'), '00053a706174680c2f73616d706c652f70617468')
    // RFC 7541, C.1.2 writes 1337 behind five bits as 31, 154, 10; behind seven bits it is 127, 186, 9.
    assert.equal(encodeHeaders([['', 'v'.repeat(1_337)]]).subarray(0, 5).toString('hex'), '00007fba09')
  })

  it('are nothing when there are none', () => {
    assert.equal(encodeHeaders([]).length, 0)
  })

  it('leave no trace in the table of who reads them', () => {
    const decoder = new HeaderDecoder()
    decoder.decode(encodeHeaders([['grpc-status', '0'], ['grpc-message', 'a']]))
    assert.throws(() => decoder.decode(Buffer.of(0xbe)), /index 62 stands for nothing/)
  })

  it('are read as they were, whatever their bytes', () => {
    const text = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 300 })
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 8 }), (fields) => {
        assert.deepEqual(new HeaderDecoder().decode(encodeHeaders(fields)), fields.flat())
      }),
      { numRuns: 500 },
    )
  })
})
