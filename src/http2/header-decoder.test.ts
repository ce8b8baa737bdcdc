// HPACK as its RFC shows it and as nghttp2 writes it; what it may not be is in header-decoder-refusals.test.ts.

import assert from 'node:assert/strict'
import { sensitiveHeaders } from 'node:http2'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { heapHeldBy } from '../../test/support/heap-held-by.ts'
import { literalsOf, withRecordedClient } from '../../test/support/http2-bytes.ts'
import { isCollected } from '../../test/support/is-collected.ts'
import { HeaderDecoder } from './header-decoder.ts'
import { staticTable } from './static-table.ts'

const request = (authority: string, scheme = 'http', path = '/') => [':method', 'GET', ':scheme', scheme, ':path', path, ':authority', authority]
const answer = (status: string, date: string, ...more: string[]) => [':status', status, 'cache-control', 'private', 'date', date, 'location', 'https://www.example.com', ...more]
const EARLY = 'Mon, 21 Oct 2013 20:13:21 GMT'
const LATE = 'Mon, 21 Oct 2013 20:13:22 GMT'
const COOKIE = 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'

const requests = [request('www.example.com'), [...request('www.example.com'), 'cache-control', 'no-cache'], [...request('www.example.com', 'https', '/index.html'), 'custom-key', 'custom-value']]
// The third answer of the RFC begins with the fields that the table knows.
const answers = [answer('302', EARLY), [':status', '307', ...answer('302', EARLY).slice(2)], answer('200', LATE, 'content-encoding', 'gzip', 'set-cookie', COOKIE)]

/** RFC 7541, appendix C: blocks that one decoder reads one after the other. */
const examples: readonly { name: string; blocks: readonly string[]; fields: readonly (readonly string[])[] }[] = [
  { name: 'C.2.1, a literal that is remembered', blocks: ['400a637573746f6d2d6b65790d637573746f6d2d686561646572', 'be'], fields: [['custom-key', 'custom-header'], ['custom-key', 'custom-header']] },
  { name: 'C.2.2, a literal that is not', blocks: ['040c2f73616d706c652f70617468'], fields: [[':path', '/sample/path']] },
  { name: 'C.2.3, a literal that never is', blocks: ['100870617373776f726406736563726574'], fields: [['password', 'secret']] },
  { name: 'C.2.4, an index', blocks: ['82'], fields: [[':method', 'GET']] },
  {
    name: 'C.3, requests in plain text',
    blocks: ['828684410f7777772e6578616d706c652e636f6d', '828684be58086e6f2d6361636865', '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565'],
    fields: requests,
  },
  { name: 'C.4, requests in Huffman code', blocks: ['828684418cf1e3c2e5f23a6ba0ab90f4ff', '828684be5886a8eb10649cbf', '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf'], fields: requests },
  {
    name: 'C.5, answers in plain text, with a table of 256 bytes',
    blocks: [
      '3fe1014803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d',
      '4803333037c1c0bf',
      '88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31',
    ],
    fields: answers,
  },
  {
    name: 'C.6, answers in Huffman code, with a table of 256 bytes',
    blocks: [
      '3fe101488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
      '4883640effc1c0bf',
      '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
    ],
    fields: answers,
  },
]

describe('the examples of the RFC', () => {
  for (const { name, blocks, fields } of examples) {
    it(name, () => {
      const decoder = new HeaderDecoder()
      assert.deepEqual(blocks.map((hex) => decoder.decode(Buffer.from(hex, 'hex'))), fields)
    })
  }
})

/** A literal field in plain text that is remembered, of less than 127 + 128 bytes each. */
function remembered(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0x40), plain(name), plain(value)])
}

function plain(text: string): Buffer {
  const length = text.length < 127 ? [text.length] : [127, 0x80 | ((text.length - 127) & 0x7f), Math.floor((text.length - 127) / 128)]
  return Buffer.concat([Buffer.from(length), Buffer.from(text, 'latin1')])
}

const NEWEST = 62

describe('the static table', () => {
  it('is the one that nghttp2 has', async () => {
    assert.equal(staticTable.length, 61)
    await withRecordedClient(async (client) => {
      // It is not allowed in HTTP/2 and so not sent; RFC 7541, appendix A.
      const named = new Map([[57, 'transfer-encoding']])
      for (const [name] of staticTable.slice(14)) {
        if (name === 'transfer-encoding') continue
        const literal = literalsOf(await client.request({ [name]: 'some value of mine' })).find(({ value }) => value.bytes.length > 10 && value.bytes.length < 18)
        named.set(literal?.nameIndex ?? 0, name)
      }
      assert.deepEqual([...named].toSorted(([left], [right]) => left - right), staticTable.slice(14).map(([name], index) => [index + 15, name]))
    })
  })

  it('has the values that nghttp2 needs no literal for', async () => {
    await withRecordedClient(async (client) => {
      const decoder = new HeaderDecoder()
      const read = async (headers: Record<string, string>) => {
        const block = await client.request({ ':authority': '', ...headers })
        return { literals: literalsOf(block).length, fields: decoder.decode(block) }
      }
      const first = await read({ ':method': 'GET', ':path': '/', ':scheme': 'http', 'accept-encoding': 'gzip, deflate' })
      const second = await read({ ':method': 'POST', ':path': '/index.html', ':scheme': 'https' })
      assert.deepEqual([first, second].map(({ literals }) => literals), [0, 0])
      assert.deepEqual(first.fields, [':authority', '', ':method', 'GET', ':path', '/', ':scheme', 'http', 'accept-encoding', 'gzip, deflate'])
      assert.deepEqual(second.fields, [':authority', '', ':method', 'POST', ':path', '/index.html', ':scheme', 'https'])
    })
  })

  it('has the states of answers', () => {
    const block = Buffer.from([8, 9, 10, 11, 12, 13, 14].map((index) => 0x80 | index))
    assert.deepEqual(new HeaderDecoder().decode(block), ['200', '204', '206', '304', '400', '404', '500'].flatMap((status) => [':status', status]))
  })
})

describe('the table of a connection', () => {
  it('counts 32 bytes for an entry besides its own, and forgets the oldest', () => {
    const decoder = new HeaderDecoder()
    // 64 entries of 64 bytes fill it; the next pushes one out.
    const fields = Array.from({ length: 65 }, (_, index) => ({ name: `n${String(index).padStart(2, '0')}`, value: 'v'.repeat(29) }))
    for (const { name, value } of fields.slice(0, 64)) decoder.decode(remembered(name, value))
    assert.deepEqual(decoder.decode(Buffer.of(0x80 | (NEWEST + 63))), ['n00', 'v'.repeat(29)])
    decoder.decode(remembered('n64', 'v'.repeat(29)))
    assert.deepEqual(decoder.decode(Buffer.of(0x80 | NEWEST, 0x80 | (NEWEST + 63))), ['n64', 'v'.repeat(29), 'n01', 'v'.repeat(29)])
    assert.throws(() => decoder.decode(Buffer.of(0x80 | (NEWEST + 64))), /index 126 stands for nothing/)
  })

  it('holds 128 entries that have no bytes of their own', () => {
    const decoder = new HeaderDecoder()
    decoder.decode(remembered('first', ''))
    for (let count = 0; count < 128; count += 1) decoder.decode(remembered('', ''))
    // The index 62 + 127, in two bytes.
    assert.deepEqual(decoder.decode(Buffer.of(0xff, NEWEST + 127 - 127)), ['', ''])
    assert.throws(() => decoder.decode(Buffer.of(0xff, NEWEST + 128 - 127)), /index 190 stands for nothing/)
  })

  it('is emptied by an entry that is larger than it, which is passed on all the same', () => {
    const decoder = new HeaderDecoder()
    decoder.decode(remembered('a', 'b'))
    const large = 'v'.repeat(4_096 - 32)
    assert.deepEqual(decoder.decode(remembered('n', large)), ['n', large])
    assert.throws(() => decoder.decode(Buffer.of(0x80 | NEWEST)), /stands for nothing/)
  })

  it('holds an entry of exactly its size', () => {
    const decoder = new HeaderDecoder()
    const value = 'v'.repeat(4_096 - 32 - 1)
    decoder.decode(remembered('n', value))
    assert.deepEqual(decoder.decode(Buffer.of(0x80 | NEWEST)), ['n', value])
  })

  it('gives a name that the new entry pushes out', () => {
    const decoder = new HeaderDecoder()
    decoder.decode(remembered('kept', 'v'.repeat(2_000)))
    // A literal that takes its name from the latest entry and needs its room.
    const named = Buffer.concat([Buffer.of(0x40 | NEWEST), plain('w'.repeat(3_000))])
    assert.deepEqual(decoder.decode(named), ['kept', 'w'.repeat(3_000)])
    assert.deepEqual(decoder.decode(Buffer.of(0x80 | NEWEST)), ['kept', 'w'.repeat(3_000)])
  })

  it('remembers nothing of literals that say so', () => {
    const decoder = new HeaderDecoder()
    const block = Buffer.from('0001610162' + '1001650166' + '0f290169' + '1f2a016a', 'hex')
    assert.deepEqual(decoder.decode(block), ['a', 'b', 'e', 'f', 'strict-transport-security', 'i', 'transfer-encoding', 'j'])
    assert.throws(() => decoder.decode(Buffer.of(0x80 | NEWEST)), /stands for nothing/)
  })

  it('shrinks at once, and grows empty', () => {
    const decoder = new HeaderDecoder()
    decoder.decode(Buffer.concat([remembered('old', 'x'), remembered('new', 'y')]))
    // 36 bytes are enough for one of them.
    assert.deepEqual(decoder.decode(Buffer.of(0x3f, 36 - 31, 0x80 | NEWEST)), ['new', 'y'])
    assert.throws(() => decoder.decode(Buffer.of(0x80 | (NEWEST + 1))), /stands for nothing/)
    // To nothing and back: two changes at the start of one block (RFC 7541, 4.2).
    assert.deepEqual(decoder.decode(Buffer.from('203fe11f82', 'hex')), [':method', 'GET'])
    assert.throws(() => decoder.decode(Buffer.of(0x80 | NEWEST)), /stands for nothing/)
    decoder.decode(Buffer.concat([remembered('a', 'b'), remembered('c', 'd')]))
    assert.deepEqual(decoder.decode(Buffer.of(0x80 | (NEWEST + 1))), ['a', 'b'])
  })

  it('keeps no text that it has forgotten', () => {
    const { value: decoder, bytes } = heapHeldBy(() => {
      const filled = new HeaderDecoder()
      for (let index = 0; index < 200; index += 1) filled.decode(remembered('n', String(index % 10).repeat(4_000)))
      return filled
    })
    assert.equal(decoder.decode(Buffer.of(0x80 | NEWEST)).length, 2)
    assert.ok(bytes < 100 * 1024, `${bytes} bytes for a table of 4096`)
  })
})

// It is a part of a chunk of the socket, which would be kept with it.
it('a block that was read is not kept', async () => {
  const decoder = new HeaderDecoder()
  const block = remembered('name', 'value')
  assert.equal(await isCollected(() => {
    const chunk = Buffer.alloc(64 * 1024)
    decoder.decode(chunk.subarray(0, block.copy(chunk)))
    return chunk.buffer
  }), true)
  assert.deepEqual(decoder.decode(Buffer.of(0x80 | NEWEST)), ['name', 'value'])
})

describe('a connection of nghttp2', () => {
  const value = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('', '0', 'application/grpc', 'gzip, deflate', 'v'.repeat(700), 'w'.repeat(4_100)) }, { weight: 2, arbitrary: fc.string({ unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)), maxLength: 300 }) })
  const name = fc.oneof(fc.constantFrom('x-a', 'x-b', 'grpc-encoding', 'cookie', 'x-long-name-of-a-header'), fc.stringMatching(/^x-[a-z0-9_.-]{1,80}$/))
  const block = fc.record({
    path: fc.constantFrom('/', '/index.html', '/envoy.service.ext_proc.v3.ExternalProcessor/Process'),
    values: fc.uniqueArray(fc.tuple(name, fc.array(value, { minLength: 1, maxLength: 3 })), { selector: ([key]) => key, maxLength: 12 }),
    isSecret: fc.boolean(),
    tableBytes: fc.option(fc.constantFrom(0, 33, 100, 1_000, 4_096, 65_536), { freq: 3 }),
  })

  it('is understood, whatever it sends, and whatever size its table shall have', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 12 }), (blocks) =>
        withRecordedClient(async (client) => {
          const decoder = new HeaderDecoder()
          for (const { path, values, isSecret, tableBytes } of blocks) {
            // Ours never asks for another size, but an encoder may take a smaller one, and it keeps to what we can take.
            if (tableBytes !== null) await client.setHeaderTableSize(tableBytes)
            const secret = isSecret ? { [sensitiveHeaders]: values.map(([key]) => key) } : {}
            const fields = decoder.decode(await client.request({ ':method': 'POST', ':path': path, ':scheme': 'http', ':authority': 'tollgate', ...Object.fromEntries(values), ...secret }))
            assert.deepEqual(fields, [':method', 'POST', ':path', path, ':scheme', 'http', ':authority', 'tollgate', ...values.flatMap(([key, list]) => list.flatMap((one) => [key, one]))])
          }
        }),
      ),
      { numRuns: 60 },
    )
  })
})
