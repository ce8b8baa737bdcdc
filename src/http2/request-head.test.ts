// What a request has to say to be a gRPC call, and what is answered when it says something else.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { findMetadata, readRequestHead, type RequestHead } from './request-head.ts'

/** The fields that nearly every call has. */
const pseudo = [':method', 'POST', ':scheme', 'http', ':path', '/a.B/C', ':authority', 'tollgate']
const grpc = ['content-type', 'application/grpc']

function readCall(fields: readonly string[]): RequestHead {
  const head = readRequestHead(fields)
  assert.ok(typeof head === 'object', `it is ${JSON.stringify(head)}`)
  return head
}

function readTimeoutOf(text: string): number | undefined {
  return readCall([...pseudo, ...grpc, 'grpc-timeout', text]).timeoutMs
}

describe('a call', () => {
  it('has its path and the metadata in their order, without what begins with a colon', () => {
    const metadata = ['te', 'trailers', ...grpc, 'x-team', 'a', 'x-team', 'b', 'x-empty', '']
    assert.deepEqual(readRequestHead([...pseudo, ...metadata]), { path: '/a.B/C', metadata, timeoutMs: undefined })
  })

  it('is one whatever the order of what begins with a colon', () => {
    const { path } = readCall([':authority', 'x', ':path', '/a.B/C', ':method', 'POST', ':scheme', 'https', ...grpc])
    assert.equal(path, '/a.B/C')
  })

  for (const type of ['application/grpc', 'application/grpc+proto', 'application/grpc+json', 'application/grpc;charset=utf-8']) {
    it(`may have the content type ${type}`, () => assert.equal(readCall([...pseudo, 'content-type', type]).path, '/a.B/C'))
  }

  it('needs its content type nowhere in particular', () => {
    assert.equal(readCall([...pseudo, 'x-first', '1', ...grpc, 'x-last', '2']).path, '/a.B/C')
  })
})

describe('the answer is', () => {
  for (const method of ['GET', 'PUT', 'post', '', 'CONNECT']) {
    it(`405 to the method "${method}"`, () => assert.equal(readRequestHead([':method', method, ':scheme', 'http', ':path', '/', ...grpc]), 405))
  }

  for (const type of ['application/json', 'text/plain', '', 'application/grp', 'Application/xgrpc', ' application/grpc']) {
    it(`415 to the content type "${type}"`, () => assert.equal(readRequestHead([...pseudo, 'content-type', type]), 415))
  }

  it('415 without a content type, and when the only one is a value', () => {
    assert.equal(readRequestHead(pseudo), 415)
    assert.equal(readRequestHead([...pseudo, 'x', 'content-type', 'y', 'application/grpc']), 415)
  })
})

describe('no request is one', () => {
  for (const { what, fields } of [
    { what: 'without any field', fields: [] },
    { what: 'without a method', fields: [':scheme', 'http', ':path', '/a.B/C', ...grpc] },
    { what: 'without a path', fields: [':method', 'POST', ':scheme', 'http', ...grpc] },
    { what: 'of trailers only', fields: ['grpc-status', '0'] },
    { what: 'whose method and path come behind other fields', fields: [...grpc, ...pseudo] },
    { what: 'of CONNECT, which has no path', fields: [':method', 'CONNECT', ':authority', 'a:1'] },
  ]) {
    it(what, () => assert.equal(readRequestHead(fields), undefined))
  }

  // RFC 9113, 8.1.1, 8.2.1 and 8.3: each of these is malformed and has to be treated as an error of the stream.
  for (const { what, fields } of [
    { what: 'with a path behind other fields as well', fields: [...pseudo, ...grpc, ':path', '/x.Y/Z'] },
    { what: 'with two paths', fields: [...pseudo, ':path', '/x.Y/Z', ...grpc] },
    { what: 'with two methods', fields: [':method', 'GET', ...pseudo, ...grpc] },
    { what: 'with a status, which answers have', fields: [...pseudo, ':status', '200', ...grpc] },
    { what: 'with an empty path', fields: [':method', 'POST', ':scheme', 'http', ':path', '', ...grpc] },
    { what: 'without a scheme', fields: [':method', 'POST', ':path', '/a.B/C', ...grpc] },
    { what: 'with a name in capitals', fields: [...pseudo, ...grpc, 'X-Team', 'a'] },
    { what: 'with the end of a line in a value', fields: [...pseudo, ...grpc, 'x-team', 'a\r\nx-admin: 1'] },
    { what: 'with a zero in a value', fields: [...pseudo, ...grpc, 'x-team', 'a\0b'] },
    { what: 'with a field about the connection', fields: [...pseudo, ...grpc, 'connection', 'close'] },
    { what: 'with te: gzip', fields: [...pseudo, ...grpc, 'te', 'gzip'] },
  ]) {
    it(`that is malformed: ${what}`, () => assert.equal(readRequestHead(fields), undefined))
  }
})

describe('the timeout of a call', () => {
  for (const { text, ms } of [
    { text: '1H', ms: 3_600_000 },
    { text: '2M', ms: 120_000 },
    { text: '3S', ms: 3_000 },
    { text: '250m', ms: 250 },
    { text: '4500u', ms: 4.5 },
    { text: '99999999n', ms: 99.999_999 },
    { text: '99999999H', ms: 99_999_999 * 3_600_000 },
    { text: '007S', ms: 7_000 },
  ]) {
    it(`is ${ms} ms for ${text}`, () => assert.ok(Math.abs((readTimeoutOf(text) ?? Number.NaN) - ms) < 1e-6 * ms))
  }

  it('is zero for 0m: over before it began', () => assert.equal(readTimeoutOf('0m'), 0))

  // gRPC says nothing of what to do with these; grpc-js and grpc-go fail such calls, we let them take their time.
  for (const text of ['', 'S', '1', '1s', '1h', '123456789S', '-1S', '+1S', '1.5S', ' 1S', '1S ', '1 S', '1SS', '0x1S', '١S', 'constructor']) {
    it(`is none for ${JSON.stringify(text)}`, () => assert.equal(readTimeoutOf(text), undefined))
  }

  it('is none when nobody says one, and the first when there are two', () => {
    assert.equal(readCall([...pseudo, ...grpc]).timeoutMs, undefined)
    assert.equal(readCall([...pseudo, ...grpc, 'grpc-timeout', '1S', 'grpc-timeout', '2S']).timeoutMs, 1_000)
  })
})

describe('an entry of metadata', () => {
  const metadata = ['a', 'b', 'b', 'c', 'a', 'd', 'x', '']

  it('is the first value under exactly this name', () => {
    assert.deepEqual(['a', 'b', 'x'].map((name) => findMetadata(metadata, name)), ['b', 'c', ''])
  })

  it('is undefined when only a value, a part of a name or another case is like it', () => {
    assert.deepEqual(['c', 'd', 'A', '', 'ab'].map((name) => findMetadata(metadata, name)), [undefined, undefined, undefined, undefined, undefined])
  })
})

it('any fields make a call, a status or nothing', () => {
  const text = fc.oneof(fc.constantFrom(':method', ':path', ':scheme', 'POST', '/a.B/C', 'content-type', 'application/grpc', 'grpc-timeout', '1S'), fc.string({ maxLength: 5 }))
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { maxLength: 8 }), (fields) => {
      const head = readRequestHead(fields.flat())
      if (typeof head === 'object') return findMetadata(head.metadata, 'content-type')?.startsWith('application/grpc') === true
      return head === undefined || head === 405 || head === 415
    }),
    { numRuns: 2000 },
  )
})
