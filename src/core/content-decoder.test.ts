import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliCompressSync, constants, createBrotliCompress, createGzip, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { type ContentDecoder, type ContentEncoding, createContentDecoder, isContentEncoding, isTruncatedContent } from './content-decoder.ts'
import { TollgateError } from './errors.ts'

const MIB = 1024 * 1024
const EMPTY = Buffer.alloc(0)
const plain = Buffer.from(`data: {"choices":[{"delta":{"content":"Grüße, 世界"}}]}\n\n`.repeat(50))
const kinds: { encoding: ContentEncoding; name: string; compressed: Buffer }[] = [
  { encoding: 'gzip', name: 'gzip', compressed: gzipSync(plain) },
  { encoding: 'br', name: 'br', compressed: brotliCompressSync(plain) },
  { encoding: 'deflate', name: 'deflate in zlib format', compressed: deflateSync(plain) },
  { encoding: 'deflate', name: 'raw deflate', compressed: deflateRawSync(plain) },
]

async function decodeAll(decoder: ContentDecoder, chunks: readonly Buffer[]): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (const chunk of chunks) pieces.push(await decoder.decode(chunk, false))
  pieces.push(await decoder.decode(EMPTY, true))
  return Buffer.concat(pieces)
}

const bytewise = (bytes: Buffer): Buffer[] => Array.from(bytes, (byte) => Buffer.of(byte))

/** What a streaming compressor has written after each of the texts, flushed. */
async function compressFlushed(encoding: 'gzip' | 'br', texts: readonly string[]): Promise<Buffer[]> {
  const stream = encoding === 'gzip' ? createGzip() : createBrotliCompress()
  const flushKind = encoding === 'gzip' ? constants.Z_SYNC_FLUSH : constants.BROTLI_OPERATION_FLUSH
  const chunks: Buffer[] = []
  for (const text of texts) {
    stream.write(text)
    await new Promise<void>((resolve) => {
      stream.flush(flushKind, resolve)
    })
    // `read` answers null or a Buffer in a stream without encoding.
    chunks.push(stream.read() as Buffer)
  }
  stream.destroy()
  return chunks
}

for (const { encoding, name, compressed } of kinds) {
  test(`${name}: the same whole, with the end on the last chunk, and byte by byte`, async () => {
    const whole = await createContentDecoder(encoding, MIB).decode(compressed, true)
    const single = await decodeAll(createContentDecoder(encoding, MIB), bytewise(compressed))
    assert.deepEqual([whole.equals(plain), single.equals(plain)], [true, true])
  })

  test(`${name}: cut short, it says so and keeps what was there`, async () => {
    const decoder = createContentDecoder(encoding, MIB)
    const most = await decoder.decode(compressed.subarray(0, -1), false)
    assert.ok(most.length > 0)
    await assert.rejects(decoder.decode(EMPTY, true), isTruncatedContent)
    await assert.rejects(decoder.decode(EMPTY, true), isTruncatedContent)
  })

  test(`${name}: corrupt data is refused, and not as cut short`, async () => {
    const corrupt = Buffer.from(compressed)
    corrupt.fill(0xff, 12, 40)
    const error: unknown = await decodeAll(createContentDecoder(encoding, MIB), [corrupt]).catch((thrown: unknown) => thrown)
    assert.ok(error instanceof TollgateError)
    assert.deepEqual([error.code, isTruncatedContent(error)], ['provider_error', false])
  })

  test(`${name}: nothing at all decodes to nothing`, async () => {
    const decoder = createContentDecoder(encoding, MIB)
    assert.deepEqual([await decoder.decode(EMPTY, false), await decoder.decode(EMPTY, true)], [EMPTY, EMPTY])
  })

  test(`${name}: exactly the bound passes, one byte more does not`, async () => {
    assert.equal((await createContentDecoder(encoding, plain.length).decode(compressed, true)).length, plain.length)
    await assert.rejects(createContentDecoder(encoding, plain.length - 1).decode(compressed, true), { code: 'provider_error' })
  })

  test(`${name}: closing ends a call under way with nothing, and later ones too`, async () => {
    const decoder = createContentDecoder(encoding, MIB)
    const underway = decoder.decode(compressed, false)
    decoder.close()
    decoder.close()
    assert.deepEqual([await underway, await decoder.decode(compressed, true)], [EMPTY, EMPTY])
  })
}

for (const encoding of ['gzip', 'br'] as const) {
  test(`${encoding}: hands out at once what the provider has flushed`, async () => {
    const texts = ['data: one\n\n', 'data: two\n\n', 'data: three\n\n']
    const decoder = createContentDecoder(encoding, MIB)
    const decoded: string[] = []
    for (const chunk of await compressFlushed(encoding, texts)) decoded.push((await decoder.decode(chunk, false)).toString())
    decoder.close()
    assert.deepEqual(decoded, texts)
  })

  test(`${encoding}: a bomb of 1 GB stops at the bound`, async () => {
    const bomb = encoding === 'gzip' ? gzipBomb() : brotliBomb()
    const before = process.memoryUsage().arrayBuffers
    await assert.rejects(createContentDecoder(encoding, 4 * MIB).decode(bomb, true), /larger than 4194304 bytes/)
    const grown = process.memoryUsage().arrayBuffers - before
    assert.ok(grown < 64 * MIB, `${grown / MIB} MiB`)
  })
}

/** 1 GiB of zeros: 64 members of 16 MiB. */
function gzipBomb(): Buffer {
  const member = gzipSync(Buffer.alloc(16 * MIB))
  return Buffer.concat(Array.from({ length: 64 }, () => member))
}

function brotliBomb(): Buffer {
  return brotliCompressSync(Buffer.alloc(1024 * MIB), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })
}

test('gzip: several members are one body, also byte by byte', async () => {
  const members = Buffer.concat([gzipSync('one '), gzipSync(''), gzipSync('two')])
  const whole = await createContentDecoder('gzip', MIB).decode(members, true)
  const single = await decodeAll(createContentDecoder('gzip', MIB), bytewise(members))
  assert.deepEqual([whole.toString(), single.toString()], ['one two', 'one two'])
})

test('bytes behind the end are ignored', async () => {
  for (const { encoding, compressed } of kinds.filter((kind) => kind.encoding !== 'gzip')) {
    const decoded = await decodeAll(createContentDecoder(encoding, MIB), [compressed, Buffer.from('more'), Buffer.from('and more')])
    assert.ok(decoded.equals(plain))
  }
})

test('refuses a second call before the first is done', async () => {
  const decoder = createContentDecoder('gzip', MIB)
  const first = decoder.decode(gzipSync(plain), true)
  await assert.rejects(decoder.decode(EMPTY, true), { code: 'internal' })
  assert.ok((await first).equals(plain))
})

test('knows the encodings it can decode', () => {
  assert.deepEqual(['gzip', 'br', 'deflate', 'zstd', 'identity', 'toString'].map(isContentEncoding), [true, true, true, false, false, false])
})
