import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { writeEncryptedContent } from './openai-responses/encrypted-content.ts'
import { withoutTraces } from './own-traces.ts'
import { withSignature } from './tool-call-signature.ts'

function without(format: string, request: unknown, { isOpenAi = false, space }: { isOpenAi?: boolean; space?: number } = {}): unknown {
  const body = withoutTraces(Buffer.from(JSON.stringify(request, undefined, space)), { format, isOpenAi })
  return body === undefined ? undefined : JSON.parse(body.toString())
}

describe('a request of /v1/messages that passes as it is', () => {
  const unsigned = { type: 'thinking', thinking: 'Hm.', signature: '' }
  const signed = { type: 'thinking', thinking: 'Hm.', signature: 'sig' }
  const text = { type: 'text', text: 'a' }

  it('has no unsigned thoughts, and all the rest, unknown members included', () => {
    const request = { of_tomorrow: 1, messages: [{ role: 'user', content: 'a' }, { role: 'assistant', content: [unsigned, signed, text] }, { role: 'assistant', content: [unsigned] }, { role: 'user', content: [text] }] }
    const expected = { of_tomorrow: 1, messages: [{ role: 'user', content: 'a' }, { role: 'assistant', content: [signed, text] }, { role: 'user', content: [text] }] }
    assert.deepEqual(without('anthropic-messages', request), expected)
    assert.deepEqual(without('anthropic-messages', request, { space: 1 }), expected)
  })

  it('is not written anew where there are none', () => {
    assert.equal(without('anthropic-messages', { messages: [{ role: 'assistant', content: [signed] }] }), undefined)
    assert.equal(without('anthropic-messages', { messages: [{ role: 'user', content: [{ type: 'tool_use', input: { signature: '' } }] }] }), undefined)
    assert.equal(withoutTraces(Buffer.from('{"signature":""'), { format: 'anthropic-messages', isOpenAi: false }), undefined)
  })
})

describe('a request of /v1/responses that passes as it is', () => {
  const [signed, unsigned] = [writeEncryptedContent({ text: 'Hm.', signature: 'sig' }), writeEncryptedContent({ text: 'Hm.' })]
  const thought = (encrypted_content: string) => ({ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content })
  const call = (call_id: string) => [{ type: 'function_call', call_id, name: 'f', arguments: '{}' }, { type: 'function_call_output', call_id, output: '1' }]

  it('has no thoughts that other providers had, and calls under their own ids', () => {
    const request = { of_tomorrow: 1, input: [{ role: 'user', content: 'a' }, thought(signed), thought(unsigned), thought('gAAAAABo'), ...call(withSignature('c1', 'sig')), ...call('c__sig__2')] }
    assert.deepEqual(without('openai-responses', request), { of_tomorrow: 1, input: [{ role: 'user', content: 'a' }, thought('gAAAAABo'), ...call('c1'), ...call('c__sig__2')] })
  })

  it('is not written anew where there are none', () => {
    assert.equal(without('openai-responses', { input: [thought('gAAAAABo'), ...call('c1')] }), undefined)
    assert.equal(without('openai-responses', { input: `What is ${signed}, and __sig__?` }), undefined)
  })
})

describe('a chat request that passes as it is', () => {
  const call = (id: string, members: object = {}) => [
    { role: 'assistant', content: null, ...members, tool_calls: [{ id, type: 'function', function: { name: 'f', arguments: '{}' } }] },
    { role: 'tool', tool_call_id: id, content: '1' },
  ]
  const thoughts = { reasoning_content: 'Hm.', thinking_blocks: [{ type: 'thinking', thinking: 'Hm.', signature: 'sig' }] }

  it('has calls under their own ids', () => {
    assert.deepEqual(without('openai-chat', { messages: [...call(withSignature('c1', 'sig')), ...call('c2')] }), { messages: [...call('c1'), ...call('c2')] })
  })

  it('has no thoughts for OpenAI itself, which refuses unknown members, and has them for all who may have thought them', () => {
    const request = { of_tomorrow: 1, messages: [{ role: 'user', content: 'a' }, ...call('c1', thoughts), { role: 'assistant', content: 'b', reasoning_content: 'c' }] }
    assert.deepEqual(without('openai-chat', request, { isOpenAi: true }), { of_tomorrow: 1, messages: [{ role: 'user', content: 'a' }, ...call('c1'), { role: 'assistant', content: 'b' }] })
    assert.equal(without('openai-chat', request), undefined)
  })

  it('is not written anew where there are none', () => {
    assert.equal(without('openai-chat', { messages: [...call('c1'), { role: 'user', content: '"reasoning_content"' }], metadata: { x: 'reasoning_content' } }, { isOpenAi: true }), undefined)
    assert.equal(without('openai-embeddings', { input: '__sig__' }, { isOpenAi: true }), undefined)
  })
})
