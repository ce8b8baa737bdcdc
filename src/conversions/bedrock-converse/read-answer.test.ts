import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { canonicalUsage } from '../../core/usage.ts'
import type { JsonValue } from '../conversation.ts'
import { answerToolName } from '../structured-output.ts'
import { readAnswer } from './read-answer.ts'
import { readError } from './read-error.ts'
import { readUsage } from './read-usage.ts'

function answer(content: JsonValue, rest: Readonly<Record<string, JsonValue>> = {}): JsonValue {
  return { output: { message: { role: 'assistant', content } }, stopReason: 'end_turn', metrics: { latencyMs: 5 }, ...rest }
}
const call = (name: string, input: JsonValue): JsonValue => ({ toolUse: { toolUseId: `id_${name}`, name, input } })

describe('an answer of Converse', () => {
  it('is read with thoughts, text, calls and usage', () => {
    const content = [
      { reasoningContent: { reasoningText: { text: 'Hm.', signature: 'sig' } } },
      { reasoningContent: { redactedContent: 'c2VjcmV0' } },
      { text: 'Let me see.' },
      { citationsContent: { content: [{ text: 'So ' }, { text: 'they say.' }], citations: [] } },
      call('now', { zone: 'UTC' }),
      call('then', {}),
    ]
    const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 115, cacheReadInputTokens: 60, cacheWriteInputTokens: 40 }
    assert.deepEqual(readAnswer(answer(content, { stopReason: 'tool_use', usage })), {
      id: '',
      model: '',
      parts: [
        { kind: 'reasoning', text: 'Hm.', signature: 'sig' },
        { kind: 'reasoning', text: '', redacted: 'c2VjcmV0' },
        { kind: 'text', text: 'Let me see.' },
        { kind: 'text', text: 'So they say.' },
        { kind: 'tool_call', id: 'id_now', name: 'now', arguments: '{"zone":"UTC"}' },
        { kind: 'tool_call', id: 'id_then', name: 'then', arguments: '{}' },
      ],
      finish: 'tool_calls',
      stopSequence: undefined,
      usage: { inputTokens: 110, cachedInputTokens: 60, cacheCreationInputTokens: 40, outputTokens: 5, totalTokens: 115 },
    })
  })

  it('leaves out what no client can be given', () => {
    const content = [{ text: '' }, { image: { format: 'png', source: { bytes: 'QUJD' } } }, { reasoningContent: { reasoningText: { text: '' } } }, { reasoningContent: { reasoningText: { text: 'Hm.', signature: '' } } }, null]
    assert.deepEqual(readAnswer(answer([...content, { toolUse: { toolUseId: 'a', name: 'nova_grounding', input: {}, type: 'server_tool_use' } }])).parts, [{ kind: 'reasoning', text: 'Hm.' }])
  })

  for (const [reason, finish] of [
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop_sequence'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['guardrail_intervened', 'content_filter'],
    ['content_filtered', 'content_filter'],
    ['refusal', 'content_filter'],
    ['malformed_model_output', 'stop'],
    ['something_new', 'stop'],
  ] as const) {
    it(`ends with ${finish} for ${reason}`, () => {
      assert.equal(readAnswer(answer([{ text: 'x' }], { stopReason: reason })).finish, finish)
    })
  }

  it('ends with calls whenever there are some, but for a limit', () => {
    assert.equal(readAnswer(answer([call('now', {})])).finish, 'tool_calls')
    assert.equal(readAnswer(answer([call('now', {})], { stopReason: 'malformed_tool_use' })).finish, 'tool_calls')
    assert.equal(readAnswer(answer([call('now', {})], { stopReason: 'max_tokens' })).finish, 'length')
  })

  it('tells the stop sequence when Claude does', () => {
    assert.equal(readAnswer(answer([{ text: 'x' }], { stopReason: 'stop_sequence', additionalModelResponseFields: { stop_sequence: 'END' } })).stopSequence, 'END')
  })

  it('of structured output is text, and only that', () => {
    const said = readAnswer(answer([{ text: 'Here you are:' }, call(answerToolName, { city: 'Paris' }), call(answerToolName, {})], { stopReason: 'tool_use' }))
    assert.deepEqual([said.parts, said.finish], [[{ kind: 'text', text: '{"city":"Paris"}' }], 'stop'])
    const both = readAnswer(answer([call('now', {}), call(answerToolName, {})], { stopReason: 'tool_use' }))
    assert.deepEqual([both.parts.map(({ kind }) => kind), both.finish], [['text', 'tool_call'], 'tool_calls'])
  })

  it('is refused when it is none, or the model failed', () => {
    for (const body of [null, [], {}, { output: {} }, { output: { message: { content: 'text' } } }, answer([], { stopReason: 'malformed_tool_use' }), answer([{ toolUse: { name: 'now' } }])]) {
      assert.throws(() => readAnswer(body), { code: 'provider_error' })
    }
  })
})

describe('usage of Converse', () => {
  it('counts cached tokens as input, like Anthropic’s', () => {
    assert.deepEqual(readUsage({ inputTokens: 3, outputTokens: 2, totalTokens: 5 }), { inputTokens: 3, cachedInputTokens: undefined, cacheCreationInputTokens: undefined, outputTokens: 2, totalTokens: undefined })
    const partial = readUsage({ inputTokens: 3, outputTokens: 2, totalTokens: 5, cacheReadInputTokens: 100 })
    assert.deepEqual(canonicalUsage(partial ?? {}), { inputTokens: 103, cachedInputTokens: 100, cacheCreationInputTokens: undefined, outputTokens: 2, reasoningTokens: undefined, totalTokens: 105, flags: [] })
  })

  it('says what of the cache writes is kept for an hour', () => {
    const usage = { inputTokens: 3, outputTokens: 2, cacheWriteInputTokens: 50, cacheDetails: [{ ttl: '5m', inputTokens: 20 }, { ttl: '1h', inputTokens: 30 }] }
    assert.deepEqual(canonicalUsage(readUsage(usage) ?? {}).details, { cacheCreation1hInputTokens: 30 })
  })

  it('leaves lies to be judged, and is undefined without counts', () => {
    assert.deepEqual(canonicalUsage(readUsage({ inputTokens: -5, outputTokens: 'x', cacheReadInputTokens: null }) ?? {}).flags, ['negative', 'not_a_number'])
    assert.equal(readUsage({ cacheDetails: [] }), undefined)
  })
})

describe('an error of Bedrock', () => {
  it('has its message under either name, and its type wherever it is said', () => {
    assert.deepEqual(readError({ message: 'Slow down.' }), { message: 'Slow down.', type: undefined })
    assert.deepEqual(readError({ Message: 'No.', __type: 'com.amazon.coral.service#AccessDeniedException' }), { message: 'No.', type: 'AccessDeniedException' })
    assert.deepEqual(readError({ message: 'Slow down.' }, 'ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/'), { message: 'Slow down.', type: 'ThrottlingException' })
    assert.deepEqual(readError({ originalMessage: 'It broke.', originalStatusCode: 500 }, 'modelStreamErrorException'), { message: 'It broke.', type: 'ModelStreamErrorException' })
  })

  it('is told from anything', () => {
    for (const body of [undefined, null, 'text', [], { message: 5 }, { message: '' }]) {
      assert.deepEqual(readError(body), { message: 'The provider answered with an error that it did not explain.', type: undefined })
    }
  })
})
