import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TollgateError } from '../../core/errors.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { readAnswer } from './read-answer.ts'
import { readError } from './read-error.ts'

const said = { role: 'assistant', content: 'Hello' }
const call = (fields: JsonObject) => ({ id: 'c1', type: 'function', function: { name: 'look', arguments: '{"a":1}' }, ...fields })
const hello = { kind: 'text', text: 'Hello' }
const called = { kind: 'tool_call', id: 'c1', name: 'look', arguments: '{"a":1}' }
const completion = (message: JsonObject, choice: JsonObject = {}, body: JsonObject = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, message, finish_reason: 'stop', ...choice }],
  ...body,
})

describe('a whole answer of OpenAI', () => {
  it('has an id, a model and its usage', () => {
    const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, prompt_tokens_details: { cached_tokens: 4 }, completion_tokens_details: { reasoning_tokens: 2 } }
    assert.deepEqual(readAnswer(completion(said, {}, { usage })), {
      id: 'chatcmpl-1',
      model: 'gpt-4o-2024-08-06',
      parts: [hello],
      finish: 'stop',
      stopSequence: undefined,
      usage: { inputTokens: 10, cachedInputTokens: 4, cacheCreationInputTokens: undefined, outputTokens: 5, reasoningTokens: 2, totalTokens: 15 },
    })
    assert.deepEqual(readAnswer({ choices: [{ message: said }] }), { id: '', model: '', parts: [hello], finish: 'stop', stopSequence: undefined, usage: undefined })
  })

  const cases: readonly [string, JsonObject, JsonObject, readonly unknown[], string][] = [
    ['nothing', { content: null }, {}, [], 'stop'],
    ['the limit', said, { finish_reason: 'length' }, [hello], 'length'],
    ['the limit of Mistral', said, { finish_reason: 'model_length' }, [hello], 'length'],
    ['a filter', said, { finish_reason: 'content_filter' }, [hello], 'content_filter'],
    ['a reason that nobody knows', said, { finish_reason: 'eos' }, [hello], 'stop'],
    ['a refusal', { content: null, refusal: 'No.' }, {}, [{ kind: 'refusal', text: 'No.' }], 'refusal'],
    ['calls', { content: null, tool_calls: [call({}), call({ id: 'c2' })] }, { finish_reason: 'tool_calls' }, [called, { ...called, id: 'c2' }], 'tool_calls'],
    ['calls that are called a stop', { content: 'Hello', tool_calls: [call({})] }, {}, [hello, called], 'tool_calls'],
    ['a call without an id', { tool_calls: [call({ id: '' })] }, {}, [{ ...called, id: 'call_chatcmpl-1_0' }], 'tool_calls'],
    ['a call with its arguments as an object', { tool_calls: [call({ function: { name: 'look', arguments: { a: 1 } } })] }, {}, [called], 'tool_calls'],
    ['a call without arguments', { tool_calls: [call({ function: { name: 'look' } })] }, {}, [{ ...called, arguments: '' }], 'tool_calls'],
    ["a call with Google's signature", { tool_calls: [call({ extra_content: { google: { thought_signature: 's' } } })] }, {}, [{ ...called, signature: 's' }], 'tool_calls'],
    ['the call of a function', { content: null, function_call: { name: 'look', arguments: '{"a":1}' } }, { finish_reason: 'function_call' }, [{ ...called, id: 'call_chatcmpl-1_0' }], 'tool_calls'],
    ["DeepSeek's thoughts", { ...said, reasoning_content: 'hm' }, {}, [{ kind: 'reasoning', text: 'hm' }, hello], 'stop'],
    ["OpenRouter's thoughts", { ...said, reasoning: 'hm' }, {}, [{ kind: 'reasoning', text: 'hm' }, hello], 'stop'],
    ["Mistral's thoughts", { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }, { type: 'text', text: 'Hello' }] }, {}, [{ kind: 'reasoning', text: 'hm' }, hello], 'stop'],
    [
      "another gateway's signed thoughts",
      { ...said, reasoning_content: 'hm', thinking_blocks: [{ type: 'thinking', thinking: 'hm', signature: 's' }, { type: 'redacted_thinking', data: 'xx' }] },
      {},
      [{ kind: 'reasoning', text: 'hm', signature: 's' }, { kind: 'reasoning', text: '', redacted: 'xx' }, hello],
      'stop',
    ],
  ]
  for (const [what, message, choice, parts, finish] of cases) {
    it(`shows ${what}`, () => {
      const answer = readAnswer(completion(message, choice))
      assert.deepEqual([answer.parts, answer.finish], [parts, finish])
    })
  }

  it("knows the stop sequence where vLLM tells it, and not where it tells a token's number", () => {
    const { finish, stopSequence } = readAnswer(completion(said, { stop_reason: 'END' }))
    assert.deepEqual([finish, stopSequence], ['stop_sequence', 'END'])
    assert.equal(readAnswer(completion(said, { stop_reason: 128_009 })).finish, 'stop')
  })

  it('makes ids that differ between answers and fit into what OpenAI takes', () => {
    const { parts } = readAnswer(completion({ tool_calls: [call({ id: null })] }, {}, { id: `chatcmpl-${'ü.x'.repeat(30)}` }))
    const [made] = parts
    assert.match(made?.kind === 'tool_call' ? made.id : '', /^call_[a-zA-Z0-9_-]{1,30}_0$/)
  })

  const broken: readonly [JsonValue, RegExp][] = [
    [null, /no JSON object/],
    ['text', /no JSON object/],
    [{}, /choices\[0\]\.message/],
    [{ choices: [] }, /choices\[0\]\.message/],
    [{ choices: [{ message: 'hi' }] }, /choices\[0\]\.message/],
    [completion({ content: 7 }), /content is neither/],
    [completion({ tool_calls: [{ id: 'c1' }] }), /tool_calls\[0\]/],
    [completion({ tool_calls: [call({ function: { name: 'look', arguments: 7 } })] }), /tool_calls\[0\]/],
    [{ error: { message: 'Provider returned error', code: 502 } }, /with an error: Provider returned error/],
  ]
  for (const [body, message] of broken) {
    it(`is no answer when it is ${JSON.stringify(body)}`, () => {
      assert.throws(
        () => readAnswer(body),
        (error) => error instanceof TollgateError && error.code === 'provider_error' && message.test(error.message),
      )
    })
  }
})

describe('an error of OpenAI', () => {
  const cases: readonly [JsonValue | undefined, string, string | undefined][] = [
    [{ error: { message: 'Too many', type: 'requests', code: 'rate_limit_exceeded' } }, 'Too many', 'requests'],
    [{ error: { message: 'Too many', type: null, code: 429 } }, 'Too many', '429'],
    [{ error: 'gone' }, 'gone', undefined],
    [[{ error: { message: 'Quota', code: 429, status: 'RESOURCE_EXHAUSTED' } }], 'Quota', '429'],
    [{ object: 'error', message: 'max_tokens is too large', type: 'BadRequestError', code: 400 }, 'max_tokens is too large', 'BadRequestError'],
    [{ detail: 'Not Found' }, 'Not Found', undefined],
    [{ detail: [{ loc: ['body', 'n'], msg: 'bad' }] }, '[{"loc":["body","n"],"msg":"bad"}]', undefined],
    [undefined, 'The provider answered with an error and did not say which.', undefined],
    [{}, 'The provider answered with an error and did not say which.', undefined],
    ['<html>', '<html>', undefined],
  ]
  for (const [body, message, type] of cases) {
    it(`is understood: ${JSON.stringify(body)}`, () => {
      assert.deepEqual(readError(body), { message, type })
    })
  }
})
