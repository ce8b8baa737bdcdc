import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withoutUnsignedThoughts } from './index.ts'

const unsigned = { type: 'thinking', thinking: 'Hm.', signature: '' }
const signed = { type: 'thinking', thinking: 'Hm.', signature: 'sig' }
const text = { type: 'text', text: 'a' }
const without = (request: unknown, space?: number): unknown => {
  const body = withoutUnsignedThoughts(Buffer.from(JSON.stringify(request, undefined, space)))
  return body === undefined ? undefined : JSON.parse(body.toString())
}

describe('a request without unsigned thoughts', () => {
  it('keeps all the rest, unknown members included', () => {
    const request = { of_tomorrow: 1, messages: [{ role: 'user', content: 'a' }, { role: 'assistant', content: [unsigned, signed, text] }, { role: 'assistant', content: [unsigned] }, { role: 'user', content: [text] }] }
    const expected = { of_tomorrow: 1, messages: [{ role: 'user', content: 'a' }, { role: 'assistant', content: [signed, text] }, { role: 'user', content: [text] }] }
    assert.deepEqual(without(request), expected)
    assert.deepEqual(without(request, 1), expected)
  })

  it('is not written anew where there are none', () => {
    assert.equal(without({ messages: [{ role: 'assistant', content: [signed] }] }), undefined)
    assert.equal(without({ messages: [{ role: 'user', content: [{ type: 'tool_use', input: { signature: '' } }] }] }), undefined)
    assert.equal(withoutUnsignedThoughts(Buffer.from('{"signature":""')), undefined)
  })
})
