import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { SseScanner } from './sse-scan.ts'

interface Seen {
  offset: number
  bytes: string
  name: string
  data: string | undefined
}

function scan(chunks: readonly (string | Buffer)[], maxEventBytes?: number): { seen: Seen[]; scanner: SseScanner } {
  const seen: Seen[] = []
  const scanner = new SseScanner(({ offset, bytes, name, data }) => {
    seen.push({ offset, bytes: bytes.toString(), name, data: data?.toString() })
  }, maxEventBytes)
  chunks.forEach((chunk, index) => {
    scanner.push(Buffer.from(chunk), index === chunks.length - 1)
  })
  return { seen, scanner }
}

const data = (...texts: string[]): (string | undefined)[] => scan(texts).seen.map((event) => event.data)

test('reports bytes, place, name and data of each event', () => {
  const { seen } = scan(['data: one\n\nevent: ping\ndata: two\n\n'])
  assert.deepEqual(seen, [
    { offset: 0, bytes: 'data: one\n\n', name: '', data: 'one' },
    { offset: 11, bytes: 'event: ping\ndata: two\n\n', name: 'ping', data: 'two' },
  ])
})

test('takes LF, CRLF, CR and a mixture as line ends', () => {
  const events = ['data: a\n\ndata: b\n\n', 'data: a\r\n\r\ndata: b\r\n\r\n', 'data: a\r\rdata: b\r\r', 'data: a\r\n\ndata: b\n\r'].map((text) => data(text))
  assert.deepEqual(events, Array.from({ length: 4 }, () => ['a', 'b']))
})

test('keeps a CRLF together that is split between chunks', () => {
  const { seen } = scan(['data: a\r', '\n\r', '\ndata: b\r\n\r\n'])
  assert.deepEqual(seen.map((event) => event.bytes), ['data: a\r\n\r\n', 'data: b\r\n\r\n'])
})

test('an empty chunk between CR and LF changes nothing', () => {
  assert.deepEqual(scan(['data: a\r', '', '\n\r', '', '\n']).seen.map((event) => event.bytes), ['data: a\r\n\r\n'])
})

test('joins data lines by LF and takes off one space after the colon', () => {
  assert.deepEqual(data('data: one\ndata:two\ndata:  three\ndata\ndata:\n\n'), ['one\ntwo\n three\n\n'])
})

test('an empty data line is an event with empty data', () => {
  assert.deepEqual(data('data\n\ndata:\n\ndata: \n\n'), ['', '', ''])
})

test('comments, other fields and names that only begin like ours carry no data', () => {
  assert.deepEqual(data(': data: x\n\nid: 1\nretry: 5\n\ndatum: x\n\ndat\n\n data: x\n\n\n'), Array.from({ length: 6 }, () => undefined))
})

test('the last event name of an event counts', () => {
  assert.deepEqual(scan(['event: a\nevent:b\ndata: x\n\ndata: y\nevent: c\nid: 1\n\n']).seen.map((event) => event.name), ['b', 'c'])
})

test('does not need a blank line, nor any line end, after the last event', () => {
  const streams = [['data: a\n'], ['data: a'], ['data: a\r'], ['data: a', ''], ['event: x\ndata: a']]
  assert.deepEqual(streams.map((chunks) => data(...chunks)), streams.map(() => ['a']))
})

test('ignores a byte order mark, also when it is split', () => {
  const bytes = Buffer.from('\ufeffdata: a\n\n')
  const split = scan([...bytes].map((byte) => Buffer.of(byte)))
  assert.deepEqual([data('\ufeffdata: a\n\n'), split.seen.map((event) => event.data)], [['a'], ['a']])
})

test('a byte order mark later in the stream is part of a field name', () => {
  assert.deepEqual(data('data: a\n\n\ufeffdata: b\n\n'), ['a', undefined])
})

test('says how much of an event is pending', () => {
  const scanner = new SseScanner(() => {})
  scanner.push(Buffer.from('data: a\n\ndata: b\n'), false)
  assert.equal(scanner.pendingBytes, 8)
  scanner.push(Buffer.from('\n'), false)
  assert.equal(scanner.pendingBytes, 0)
})

test('an event inside one chunk is not copied', () => {
  const chunk = Buffer.from('data: a\n\n')
  const seen: Buffer[] = []
  new SseScanner((event) => seen.push(event.bytes)).push(chunk, false)
  chunk.write('DATA')
  assert.equal(seen[0]?.toString(), 'DATA: a\n\n')
})

test('gives up on an event above the bound, however it is split, and lets go of its bytes', () => {
  const text = 'data: a\n\ndata: 0123456789\n\ndata: b\n\n'
  const whole = scan([text], 15)
  assert.deepEqual([whole.seen.map((event) => event.data), whole.scanner.gaveUp, whole.scanner.pendingBytes], [['a'], true, 0])
  const single = scan(text.split(''), 15)
  assert.deepEqual([single.seen.map((event) => event.data), single.scanner.gaveUp, single.scanner.pendingBytes], [['a', undefined], true, 0])
  assert.equal(single.seen.map((event) => event.bytes).join(''), text.slice(0, 9 + 15))
})

test('an event of exactly the bound is read', () => {
  assert.equal(scan('data: 01234\n\n'.split(''), 13).scanner.gaveUp, false)
})

/** Counts the bytes that Buffer's searches and copies touch, and their calls, until the test is over. A mock would keep a record of each call. */
function countWork(context: TestContext): () => number {
  let work = 0
  const replaced = {
    indexOf(this: Buffer, byte: number, from: number): number {
      const found = Uint8Array.prototype.indexOf.call(this, byte, from)
      work += (found === -1 ? this.length : found) - from + 1
      return found
    },
    copy(this: Buffer, target: Buffer, at: number, start = 0, end = this.length): number {
      target.set(this.subarray(start, end), at)
      work += end - start + 1
      return end - start
    },
  }
  const { indexOf = {}, copy = {} } = Object.getOwnPropertyDescriptors(Buffer.prototype)
  Object.assign(Buffer.prototype, replaced)
  context.after(() => Object.defineProperties(Buffer.prototype, { indexOf, copy }))
  return () => work
}

/** Pushes the chunks and returns the bytes of data that were seen. */
function scanDataBytes(chunks: Iterable<Buffer>): number {
  let dataBytes = 0
  const scanner = new SseScanner((event) => {
    dataBytes += event.data?.length ?? 0
  })
  for (const chunk of chunks) scanner.push(chunk, false)
  scanner.push(Buffer.alloc(0), true)
  return dataBytes
}

test('reads and copies each byte a bounded number of times: a 10 MB line in pieces of 1 KB is not quadratic', (context) => {
  const work = countWork(context)
  const pieces = Array.from({ length: 10 * 1024 }, () => Buffer.alloc(1024, 'x'))
  const total = pieces.length * 1024
  assert.equal(scanDataBytes([Buffer.from('data: '), ...pieces, Buffer.from('\n\n')]), total)
  // Searched for LF and for CR, copied once and on average once more by doubling: four; a quadratic scan would need thousands.
  assert.ok(work() < 6 * total, `${work() / total} operations per byte`)
})

test('the same in pieces of one byte', (context) => {
  const work = countWork(context)
  const pieces = Array.from({ length: 200_000 }, () => Buffer.from('x'))
  assert.equal(scanDataBytes([Buffer.from('data: '), ...pieces, Buffer.from('\n\n')]), pieces.length)
  // One more per call: two for every search, two for the copy.
  assert.ok(work() < 10 * pieces.length, `${work() / pieces.length} operations per byte`)
})

test('the same for a chunk of many lines without any LF, or without any CR', (context) => {
  const work = countWork(context)
  for (const lineEnd of ['\r', '\n']) assert.equal(scanDataBytes([Buffer.from(`data: x${lineEnd}${lineEnd}`.repeat(20_000))]), 20_000)
  assert.ok(work() < 10 * 2 * 180_000, `${work() / 360_000} operations per byte`)
})
