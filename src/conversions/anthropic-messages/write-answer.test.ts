import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Answer } from '../answer.ts'
import { splitSignature } from '../tool-call-signature.ts'
import { anthropicMessagesClient } from './index.ts'
import { mapErrorType } from './map-error-type.ts'

const context = { clientModel: 'claude', exchangeId: 'x1', createdSeconds: 0, usageAsked: false }
const answer: Answer = { id: 'a1', model: 'gpt', parts: [{ kind: 'text', text: 'Hello' }], finish: 'stop', stopSequence: undefined, usage: undefined }
const write = (changes: Partial<Answer> = {}) => anthropicMessagesClient.writeAnswer({ ...answer, ...changes }, context)
const noTokens = { input_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 0 }

describe('an answer in the words of the Messages API', () => {
  it('is a message under the model that the client asked for', () => {
    const expected = { id: 'a1', type: 'message', role: 'assistant', model: 'claude', content: [{ type: 'text', text: 'Hello' }], stop_reason: 'end_turn', stop_sequence: null, usage: noTokens }
    assert.deepEqual(write(), expected)
    assert.equal(write({ id: '' })['id'], 'msg_x1')
  })

  it('counts the input that no cache was involved in', () => {
    const usage = { inputTokens: 20, cachedInputTokens: 12, cacheCreationInputTokens: 3, outputTokens: 7, reasoningTokens: 2 }
    assert.deepEqual(write({ usage })['usage'], { input_tokens: 5, cache_creation_input_tokens: 3, cache_read_input_tokens: 12, output_tokens: 7, output_tokens_details: { thinking_tokens: 2 } })
  })

  it('has thoughts, with the signature of nothing where there is none', () => {
    const parts = [{ kind: 'reasoning', text: 'Hm.', signature: 'sig' }, { kind: 'reasoning', text: 'Ah.' }, { kind: 'reasoning', text: '', redacted: 'xx' }, { kind: 'reasoning', text: '' }] as const
    assert.deepEqual(write({ parts })['content'], [
      { type: 'thinking', thinking: 'Hm.', signature: 'sig' },
      { type: 'thinking', thinking: 'Ah.', signature: '' },
      { type: 'redacted_thinking', data: 'xx' },
    ])
  })

  it('has calls under ids that Anthropic takes and that carry signatures', () => {
    const call = (id: string, json: string) => ({ kind: 'tool_call', id, name: 'weather', arguments: json }) as const
    const parts = [{ ...call('c1', '{"city":"Paris"}'), signature: 'sig/+' }, call('', ''), call('a.b', '{"city":"Par')]
    const content = JSON.parse(JSON.stringify(write({ parts, finish: 'tool_calls' })['content']))
    assert.deepEqual(splitSignature(content[0].id), { id: 'c1', signature: 'sig/+' })
    assert.deepEqual(content[1], { type: 'tool_use', id: 'toolu_x1_1', name: 'weather', input: {} })
    for (const block of content) assert.match(block.id, /^[a-zA-Z0-9_-]+$/)
    assert.deepEqual([content[0].input, content[2].input], [{ city: 'Paris' }, { INVALID_JSON: '{"city":"Par' }])
  })

  it('says why it ended, in accord with what it holds', () => {
    const call = { kind: 'tool_call', id: 'c', name: 'n', arguments: '' } as const
    const reason = (finish: Answer['finish'], parts = answer.parts) => write({ finish, parts })['stop_reason']
    const finishes = ['stop', 'stop_sequence', 'length', 'content_filter', 'refusal'] as const
    assert.deepEqual(finishes.map((finish) => reason(finish)), ['end_turn', 'stop_sequence', 'max_tokens', 'refusal', 'refusal'])
    assert.deepEqual([reason('tool_calls', [call]), reason('stop', [call]), reason('tool_calls')], ['tool_use', 'tool_use', 'end_turn'])
    assert.equal(reason('stop', [{ kind: 'refusal', text: 'No.' }]), 'refusal')
    assert.equal(write({ finish: 'stop_sequence', stopSequence: 'END' })['stop_sequence'], 'END')
  })

  it('leaves text of nothing out', () => {
    assert.deepEqual(write({ parts: [{ kind: 'text', text: '' }] })['content'], [])
  })
})

describe('the types of errors for clients of the Messages API', () => {
  it('are those that they know', () => {
    const types = ['overloaded_error', 'ThrottlingException', 'rate_limit_exceeded', 'RESOURCE_EXHAUSTED', 'ServiceUnavailableException', 'DEADLINE_EXCEEDED', 'ValidationException', 'server_error', undefined]
    assert.deepEqual(types.map(mapErrorType), [
      'overloaded_error',
      'rate_limit_error',
      'rate_limit_error',
      'rate_limit_error',
      'overloaded_error',
      'timeout_error',
      'invalid_request_error',
      'api_error',
      'api_error',
    ])
  })
})
