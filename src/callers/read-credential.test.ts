import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Headers } from '../core/headers.ts'
import { readCredential } from './read-credential.ts'

const read = (headers: Readonly<Record<string, string>>) => readCredential(Headers.from(headers))

describe('the presented credential', () => {
  it('stands in the header of any SDK, the same one in several', () => {
    assert.deepEqual(read({ authorization: 'Bearer abc' }), { token: 'abc', header: 'authorization' })
    assert.deepEqual(read({ authorization: 'bearer   abc ' }), { token: 'abc', header: 'authorization' })
    assert.deepEqual(read({ 'x-api-key': ' abc ' }), { token: 'abc', header: 'x-api-key' })
    assert.deepEqual(read({ 'api-key': 'abc' }), { token: 'abc', header: 'api-key' })
    assert.deepEqual(read({ authorization: 'Bearer abc', 'x-api-key': 'abc' }), { token: 'abc', header: 'authorization' })
  })

  it('is not there when the headers are empty', () => {
    for (const headers of [{}, { 'x-api-key': '' }, { authorization: 'Bearer' }, { authorization: 'Bearer ', 'api-key': ' ' }]) assert.equal(read(headers), undefined)
  })

  it('is refused when there are two of it, or a list', () => {
    const repeated = Headers.from({ 'x-api-key': 'abc' })
    repeated.append('x-api-key', 'abc')
    assert.throws(() => readCredential(repeated), { code: 'caller_ambiguous', message: 'The header x-api-key occurs 2 times. Send it once.' })
    for (const headers of [{ 'x-api-key': 'abc,def' }, { authorization: 'Bearer abc, Bearer abc' }, { authorization: 'Bearer abc', 'api-key': 'def' }])
      assert.throws(() => read(headers), (error: Error & { code?: string }) => error.code === 'caller_ambiguous' && !/abc|def/.test(error.message))
  })

  it('is refused when it is no credential, without being repeated', () => {
    for (const value of ['Basic YWxpY2U6c2VjcmV0', 'YWxpY2U6c2VjcmV0', 'Bearer YWxpY2U6 c2VjcmV0', 'Basic YWxpY2U6c2VjcmV0 Bearer abc', `Bearer ${'YWxp'.repeat(5_000)}`, 'Bearer YWxpé'])
      assert.throws(() => read({ authorization: value }), (error: Error & { code?: string }) => error.code === 'caller_unknown' && !error.message.includes('YWxp'))
  })
})
