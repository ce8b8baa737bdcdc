import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Answer } from '../answer.ts'
import { withSignature } from '../tool-call-signature.ts'
import { writeAnswer } from './write-answer.ts'

const context = { clientModel: 'gpt-4o', exchangeId: 'x1', createdSeconds: 1_700_000_000, usageAsked: false }
const hello = { kind: 'text', text: 'Hello' } as const
const call = { kind: 'tool_call', id: 'c1', name: 'look', arguments: '{"a":1}' } as const
const base: Answer = { id: 'msg_1', model: 'claude', parts: [hello], finish: 'stop', stopSequence: undefined, usage: undefined }
const message = { role: 'assistant', content: 'Hello', refusal: null }
const written = (answer: Partial<Answer>) => writeAnswer({ ...base, ...answer }, context)
const choice = (answer: Partial<Answer>) => (written(answer)['choices'] as readonly unknown[])[0]

describe('a whole answer', () => {
  it('is a chat completion under the model that the client asked for', () => {
    assert.deepEqual(written({}), {
      id: 'msg_1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'gpt-4o',
      choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    })
    assert.equal(written({ id: '' })['id'], 'chatcmpl-x1')
  })

  const calls = [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{"a":1}' } }]
  const cases: readonly [string, Partial<Answer>, object, string][] = [
    ['several texts', { parts: [hello, { kind: 'text', text: ', you' }] }, { ...message, content: 'Hello, you' }, 'stop'],
    ['nothing', { parts: [] }, { ...message, content: '' }, 'stop'],
    ['a stop sequence', { finish: 'stop_sequence', stopSequence: 'END' }, message, 'stop'],
    ['the limit', { finish: 'length' }, message, 'length'],
    ['a safety block', { parts: [], finish: 'content_filter' }, { ...message, content: '' }, 'content_filter'],
    ['a refusal in words', { parts: [{ kind: 'refusal', text: 'No.' }], finish: 'refusal' }, { ...message, content: null, refusal: 'No.' }, 'stop'],
    ['a refusal without words', { finish: 'refusal' }, { ...message, refusal: 'The model refused to answer.' }, 'stop'],
    ['a call', { parts: [call], finish: 'tool_calls' }, { ...message, content: null, tool_calls: calls }, 'tool_calls'],
    ['a call that the provider calls a stop', { parts: [hello, call], finish: 'stop' }, { ...message, tool_calls: calls }, 'tool_calls'],
    ['calls that never came', { finish: 'tool_calls' }, message, 'stop'],
    ['a cut call', { parts: [call], finish: 'length' }, { ...message, content: null, tool_calls: calls }, 'length'],
    ['a thought without a signature', { parts: [{ kind: 'reasoning', text: 'hm' }, hello] }, { ...message, reasoning_content: 'hm' }, 'stop'],
    [
      'thoughts with signatures',
      { parts: [{ kind: 'reasoning', text: 'hm', signature: 's' }, { kind: 'reasoning', text: '', redacted: 'xx' }, hello] },
      { ...message, reasoning_content: 'hm', thinking_blocks: [{ type: 'thinking', thinking: 'hm', signature: 's' }, { type: 'redacted_thinking', data: 'xx' }] },
      'stop',
    ],
  ]
  for (const [what, answer, expected, finish] of cases) {
    it(`shows ${what}`, () => {
      assert.deepEqual(choice(answer), { index: 0, message: expected, logprobs: null, finish_reason: finish })
    })
  }

  it('writes no arguments as an empty object, and a signature into the id', () => {
    const signed = { ...call, arguments: '', signature: 's' }
    const tool_calls = [{ id: withSignature('c1', 's'), type: 'function', function: { name: 'look', arguments: '{}' } }]
    assert.deepEqual(choice({ parts: [signed] }), { index: 0, message: { ...message, content: null, tool_calls }, logprobs: null, finish_reason: 'tool_calls' })
  })

  it("counts as OpenAI does, and adds Envoy AI Gateway's name for cache creation", () => {
    const usage = { inputTokens: 100, cachedInputTokens: 60, cacheCreationInputTokens: 10, outputTokens: 50, reasoningTokens: 20 }
    assert.deepEqual(written({ usage })['usage'], {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 60, cache_creation_tokens: 10 },
      completion_tokens_details: { reasoning_tokens: 20 },
    })
    assert.deepEqual(written({ usage: { inputTokens: 3, outputTokens: 4, totalTokens: 9 } })['usage'], { prompt_tokens: 3, completion_tokens: 4, total_tokens: 9 })
    assert.deepEqual(written({ usage: { inputTokens: 'many', outputTokens: -4 } })['usage'], { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 })
  })
})
