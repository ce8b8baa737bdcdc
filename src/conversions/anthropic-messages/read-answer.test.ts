import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { canonicalUsage } from '../../core/usage.ts'
import type { Answer } from '../answer.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { answerToolName } from '../structured-output.ts'
import { anthropicMessagesProvider } from './index.ts'

function read(content: readonly JsonValue[], more: JsonObject = {}): Answer {
  return anthropicMessagesProvider.readAnswer({ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-5', content, stop_reason: 'end_turn', stop_sequence: null, ...more })
}
const answerCall = (input: JsonValue): JsonObject => ({ type: 'tool_use', id: 't1', name: answerToolName, input })

describe('an answer of Anthropic', () => {
  it('has its id, model, text and usage, the cached input counted in', () => {
    const usage = { input_tokens: 10, cache_read_input_tokens: 5, cache_creation_input_tokens: 1, output_tokens: 7, output_tokens_details: { thinking_tokens: 3 } }
    const answer = read([{ type: 'text', text: 'Hello', citations: null }, { type: 'text', text: '' }], { usage })
    const { usage: read1, ...rest } = answer
    assert.deepEqual(rest, { id: 'msg_1', model: 'claude-sonnet-5', parts: [{ kind: 'text', text: 'Hello' }], finish: 'stop', stopSequence: undefined })
    const counted = canonicalUsage(read1 ?? {})
    assert.deepEqual([counted.inputTokens, counted.cachedInputTokens, counted.cacheCreationInputTokens, counted.outputTokens, counted.reasoningTokens], [16, 5, 1, 7, 3])
    assert.equal(read([]).usage, undefined)
  })

  it('has thoughts with their signature, and hidden ones', () => {
    const content = [{ type: 'thinking', thinking: 'Hm.', signature: 'sig' }, { type: 'redacted_thinking', data: 'xx' }, { type: 'thinking', thinking: 'Ah.', signature: '' }]
    assert.deepEqual(read(content).parts, [
      { kind: 'reasoning', text: 'Hm.', signature: 'sig' },
      { kind: 'reasoning', text: '', redacted: 'xx' },
      { kind: 'reasoning', text: 'Ah.' },
    ])
  })

  it('has calls, and passes over what Anthropic ran itself and what is not known yet', () => {
    const content = [
      { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
      { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
      { type: 'of_tomorrow' },
      7,
      { type: 'tool_use', id: 't', name: 'weather', input: { city: 'Paris' } },
    ]
    const answer = read(content, { stop_reason: 'tool_use' })
    assert.deepEqual([answer.finish, answer.parts], ['tool_calls', [{ kind: 'tool_call', id: 't', name: 'weather', arguments: '{"city":"Paris"}' }]])
  })

  it('has a structured answer as text alone, that ends the turn', () => {
    const content = [{ type: 'text', text: 'Here it is:' }, { type: 'thinking', thinking: 'Hm.', signature: 's' }, answerCall({ city: 'Paris' }), answerCall({ city: 'Rome' })]
    const answer = read(content, { stop_reason: 'tool_use' })
    assert.deepEqual([answer.finish, answer.parts], ['stop', [{ kind: 'reasoning', text: 'Hm.', signature: 's' }, { kind: 'text', text: '{"city":"Paris"}' }]])
    const both = read([answerCall({}), { type: 'tool_use', id: 't', name: 'weather', input: {} }], { stop_reason: 'tool_use' })
    assert.deepEqual([both.finish, both.parts.map((part) => part.kind)], ['tool_calls', ['text', 'tool_call']])
  })

  it('says why it ended', () => {
    const finish = (reason: JsonValue) => read([], { stop_reason: reason }).finish
    const reasons = ['end_turn', 'pause_turn', 'stop_sequence', 'max_tokens', 'model_context_window_exceeded', 'refusal', 'of_tomorrow', null]
    assert.deepEqual(reasons.map(finish), ['stop', 'stop', 'stop_sequence', 'length', 'length', 'content_filter', 'stop', 'stop'])
    assert.equal(read([], { stop_reason: 'stop_sequence', stop_sequence: 'END' }).stopSequence, 'END')
  })

  it('is an error when it is no message', () => {
    for (const wrong of [null, [], 'x', {}, { content: 'text' }]) assert.throws(() => anthropicMessagesProvider.readAnswer(wrong), { code: 'provider_error' })
  })
})

describe('an error of Anthropic', () => {
  it('keeps its type and message, also in the words of the clouds', () => {
    const read1 = (body: JsonValue | undefined) => anthropicMessagesProvider.readError(body)
    assert.deepEqual(read1({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' }, request_id: 'r' }), { type: 'overloaded_error', message: 'Overloaded' })
    assert.deepEqual(read1({ message: 'Too many tokens' }), { type: undefined, message: 'Too many tokens' })
    assert.deepEqual(read1({ error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Quota' } }), { type: 'RESOURCE_EXHAUSTED', message: 'Quota' })
    assert.equal(read1(undefined).type, undefined)
    assert.match(read1(undefined).message, /no reason/)
  })
})
