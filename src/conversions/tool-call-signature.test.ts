import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { splitSignature, withSignature } from './tool-call-signature.ts'

describe('the signature of a tool call', () => {
  it('rides in the id and comes back', () => {
    const id = withSignature('call_1', 'CiQB+/8=')
    assert.equal(id, 'call_1__sig__Q2lRQisvOD0')
    assert.deepEqual(splitSignature(id), { id: 'call_1', signature: 'CiQB+/8=' })
  })

  it('leaves ids alone that carry none', () => {
    assert.equal(withSignature('call_1', undefined), 'call_1')
    assert.equal(withSignature('call_1', ''), 'call_1')
    for (const id of ['call_1', '', 'a__sig__', 'a__sig__%%', 'a__sig__QQ==', '__sig__Q']) assert.deepEqual(splitSignature(id), { id, signature: undefined })
  })

  it('survives any id and any signature, in letters that Anthropic allows', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constant('a__sig__QQ')), fc.string({ unit: 'binary', minLength: 1 }), (id, signature) => {
        const carried = withSignature(id, signature)
        assert.deepEqual(splitSignature(carried), { id, signature })
        assert.match(carried.slice(id.length), /^[a-zA-Z0-9_-]+$/)
      }),
    )
  })
})
