import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { thoughtFor } from './anthropic-thoughts.ts'
import { checkMessagesRequest } from './check-messages-request.ts'
import type { JsonObject } from './json-object.ts'

const hello = { role: 'user', content: 'Hello' }
const tool = { name: 'weather', input_schema: { type: 'object' } }
const call = (id = 'toolu_1'): JsonObject => ({ type: 'tool_use', id, name: 'weather', input: {} })
const result = (id = 'toolu_1'): JsonObject => ({ type: 'tool_result', tool_use_id: id, content: '20' })
const user = (...content: readonly JsonObject[]): JsonObject => ({ role: 'user', content })
const assistant = (...content: readonly JsonObject[]): JsonObject => ({ role: 'assistant', content })
const thinking = { type: 'enabled', budget_tokens: 1_024 }
const mark = { cache_control: { type: 'ephemeral' } }

const check = (changes: JsonObject): string => checkMessagesRequest({ model: 'claude-sonnet-4-5', max_tokens: 4_096, messages: [hello], ...changes }) ?? 'taken'

describe('Anthropic as a mock', () => {
  it('takes what is published', () => {
    const everything = {
      system: [{ type: 'text', text: 'Be brief.', ...mark }],
      messages: [
        user({ type: 'text', text: 'a' }, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }, { type: 'document', source: { type: 'url', url: 'https://a/b.pdf' }, title: 'A' }),
        assistant(thoughtFor('a', true), call()),
        user(result(), { type: 'text', text: 'And?' }),
      ],
      tools: [tool, { type: 'web_search_20250305', name: 'web_search', max_uses: 1 }],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      thinking,
      stop_sequences: ['END'],
      metadata: { user_id: 'u' },
      stream: true,
      service_tier: 'auto',
    }
    assert.equal(check(everything), 'taken')
    assert.equal(check({ temperature: 0.5, top_k: 3 }), 'taken')
  })

  it('says where a member is wrong, missing or unknown', () => {
    assert.equal(check({ presence_penalty: 1 }), 'presence_penalty: Extra inputs are not permitted')
    assert.equal(check({ max_tokens: undefined }), 'max_tokens: Field required')
    assert.match(check({ temperature: 1.5 }), /^temperature: /)
    assert.match(check({ messages: [user({ type: 'audio' })] }), /^messages\.0\.content\.0\.type: /)
    assert.equal(check({ messages: [user({ type: 'text', text: 'a', detail: 'x' })] }), 'messages.0.content.0.detail: Extra inputs are not permitted')
    assert.match(check({ messages: [user({ type: 'text', text: '' })] }), /non-empty/)
    assert.match(check({ messages: [user({ type: 'text', text: ' ' })] }), /non-whitespace/)
    assert.match(check({ stop_sequences: ['\n'] }), /non-whitespace/)
    assert.match(check({ tools: [{ name: 'a b', input_schema: { type: 'object' } }] }), /^tools\.0/)
    assert.match(check({ tools: [{ name: 'a', input_schema: {} }] }), /^tools\.0/)
  })

  it('wants turns in turn, and every call answered at once', () => {
    assert.match(check({ messages: [assistant({ type: 'text', text: 'Hi' }), hello] }), /first message/)
    assert.match(check({ messages: [hello, assistant(call())] }), /without `tool_result` blocks immediately after: toolu_1/)
    assert.match(check({ messages: [hello, assistant(call()), hello] }), /without `tool_result`/)
    assert.match(check({ messages: [hello, assistant(call()), user({ type: 'text', text: 'a' }, result())] }), /without `tool_result`/)
    assert.match(check({ messages: [hello, assistant(call(), call('toolu_2')), user(result())] }), /immediately after: toolu_2/)
    assert.match(check({ messages: [user(result())] }), /unexpected `tool_use_id`/)
    assert.match(check({ messages: [hello, assistant(call()), user(result(), result())] }), /single result/)
    assert.match(check({ messages: [hello, assistant(call()), user(result()), assistant(call()), user(result())] }), /unique/)
    // Neighbours are one turn.
    assert.equal(check({ messages: [hello, hello, assistant(call()), assistant(call('toolu_2')), user(result()), user(result('toolu_2'))] }), 'taken')
    assert.match(check({ messages: [hello, { role: 'assistant', content: 'It is ' }] }), /trailing whitespace/)
  })

  it('wants tools that fit their choice', () => {
    assert.match(check({ tool_choice: { type: 'auto' } }), /while providing tools/)
    assert.match(check({ tools: [tool, tool] }), /unique/)
    assert.match(check({ tools: [tool], tool_choice: { type: 'tool', name: 'time' } }), /not found/)
    assert.match(check({ tools: [{ name: 'a', input_schema: { type: 'object', anyOf: [] } }] }), /top level/)
  })

  it('keeps four marks', () => {
    const marked = (count: number): JsonObject => user(...Array.from({ length: count }, () => ({ type: 'text', text: 'a', ...mark })))
    assert.equal(check({ messages: [marked(4)] }), 'taken')
    assert.equal(check({ messages: [marked(4)], tools: [{ ...tool, ...mark }] }), 'A maximum of 4 blocks with cache_control may be provided. Found 5.')
  })

  it('thinks by its rules, and knows its own thoughts', () => {
    assert.match(check({ thinking, max_tokens: 1_024 }), /must be greater than `thinking.budget_tokens`/)
    assert.match(check({ thinking, temperature: 0.5 }), /may only be set to 1/)
    assert.match(check({ thinking, top_k: 5 }), /top_k/)
    assert.match(check({ thinking, top_p: 0.5 }), /top_p/)
    assert.match(check({ thinking, tools: [tool], tool_choice: { type: 'any' } }), /forces tool use/)
    assert.match(check({ thinking, tools: [tool], messages: [hello, assistant(call()), user(result())] }), /Expected `thinking`/)
    const own = thoughtFor('a', true)
    const loop = [hello, assistant(own, call()), user(result()), assistant(call('toolu_2')), user(result('toolu_2'))]
    assert.equal(check({ thinking, tools: [tool], messages: loop }), 'taken')
    assert.match(check({ messages: [hello, assistant({ ...own, thinking: 'Changed.' }, { type: 'text', text: 'a' }), hello] }), /Invalid `signature` in `thinking` block/)
    assert.match(check({ messages: [hello, assistant({ type: 'redacted_thinking', data: 'xx' }, { type: 'text', text: 'a' }), hello] }), /Invalid `data`/)
  })

  it('is of the generation that its name says', () => {
    const forced = { tools: [tool], tool_choice: { type: 'any' } }
    assert.match(check({ model: 'claude-opus-4-7', thinking }), /thinking\.type\.enabled/)
    assert.match(check({ thinking: { type: 'adaptive' } }), /adaptive thinking/)
    assert.match(check({ model: 'claude-3-5-sonnet-latest', thinking }), /not supported/)
    assert.match(check({ model: 'claude-opus-5-5', thinking: { type: 'disabled' } }), /thinking\.type\.disabled/)
    assert.match(check({ model: 'claude-opus-4-8', temperature: 0 }), /deprecated/)
    assert.equal(check({ model: 'claude-opus-4-8', temperature: 1 }), 'taken')
    assert.match(check({ temperature: 0.5, top_p: 0.5 }), /cannot both/)
    assert.match(check({ model: 'claude-fable-5-1', ...forced }), /tool_choice/)
    assert.equal(check({ model: 'claude-sonnet-5', ...forced }), 'taken')
    assert.match(check({ model: 'claude-3-haiku-20240307', max_tokens: 8_192 }), /8192 > 4096/)
    assert.match(check({ model: 'claude-opus-4-6', messages: [hello, { role: 'assistant', content: 'It is' }] }), /prefill/)
    assert.equal(check({ model: 'a-look-alike', temperature: 0.5, top_p: 0.5, thinking: { type: 'between_tools' } }), 'taken')
  })
})
