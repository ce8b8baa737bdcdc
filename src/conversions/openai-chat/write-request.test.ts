// Every request that is written is held against OpenAI's published schema, as the mock has it.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyConversation } from '../../../test/support/empty-conversation.ts'
import { TollgateError } from '../../core/errors.ts'
import { checkChatRequest } from '../../mock/check-chat-request.ts'
import type { Conversation, JsonObject } from '../conversation.ts'
import { azureOpenAiChatProvider, openAiChatProvider } from './index.ts'

const messages: Conversation['messages'] = [{ role: 'user', parts: [{ kind: 'text', text: 'hi' }] }]
const base = { messages: [{ role: 'user', content: 'hi' }] }
const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }
const tool = { name: 'look', description: undefined, parameters: schema, strict: undefined }
const look = { type: 'function', function: { name: 'look', parameters: schema } }

function write(conversation: Partial<Conversation>, model = 'gpt-5.1'): { body: JsonObject; dropped: readonly string[] } {
  const written = openAiChatProvider.writeRequest({ ...emptyConversation, messages, ...conversation }, { upstreamModel: model })
  assert.equal(checkChatRequest(written.body), undefined)
  return written
}

const budget = (budgetTokens: number) => ({ reasoning: { effort: undefined, budgetTokens, visible: true } })

describe('a request for OpenAI and its look-alikes', () => {
  const cases: readonly [string, Partial<Conversation>, JsonObject, string?][] = [
    ['nothing but a message', {}, {}],
    ['the limit of a model of OpenAI', { maxOutputTokens: 9 }, { max_completion_tokens: 9 }, 'o3-mini'],
    ['the limit of a fine-tuned model', { maxOutputTokens: 9 }, { max_completion_tokens: 9 }, 'ft:gpt-4o:acme::1'],
    ['the limit of another model', { maxOutputTokens: 9 }, { max_tokens: 9 }, 'llama-3.3-70b'],
    ['sampling', { temperature: 0.5, topP: 0.9, presencePenalty: 1, frequencyPenalty: -1, seed: 3 }, { temperature: 0.5, top_p: 0.9, presence_penalty: 1, frequency_penalty: -1, seed: 3 }],
    ['the sampling that reasoning models take', { temperature: 1, topP: 1 }, { temperature: 1, top_p: 1 }, 'gpt-5'],
    ['stop sequences', { stop: ['a', 'b'] }, { stop: ['a', 'b'] }],
    ['many stop sequences where they are taken', { stop: ['1', '2', '3', '4'] }, { stop: ['1', '2', '3', '4'] }, 'llama'],
    ['the user', { user: 'u'.repeat(64) }, { user: 'u'.repeat(64) }],
    ['a user with a long id, by its hash', { user: 'u'.repeat(65) }, { user: 'f20e249d15fa4b9f44ba21d154f62e1efa76ddfdce5d25139a33a4787cee5a8b' }],
    ['a stream, which tells its usage', { stream: true }, { stream: true, stream_options: { include_usage: true } }],
    ['an effort', { reasoning: { effort: 'xhigh', budgetTokens: undefined, visible: true } }, { reasoning_effort: 'xhigh' }],
    ['a budget as an effort', budget(10_000), { reasoning_effort: 'medium' }],
    ['no thinking', budget(0), { reasoning_effort: 'none' }],
    ['no thinking, where there is always some', budget(0), { reasoning_effort: 'minimal' }, 'gpt-5-mini'],
    ['no thinking, of the o-series', budget(0), { reasoning_effort: 'low' }, 'o3'],
    ['no thinking, of look-alikes', budget(0), {}, 'llama'],
    ['more than the o-series can', { reasoning: { effort: 'max', budgetTokens: undefined, visible: true } }, { reasoning_effort: 'high' }, 'o3'],
    ['JSON mode', { output: { kind: 'json' }, system: [{ kind: 'text', text: 'Answer in JSON' }] }, { messages: [{ role: 'system', content: 'Answer in JSON' }, ...base.messages], response_format: { type: 'json_object' } }],
    [
      'a schema',
      { output: { kind: 'schema', name: 'my answer', description: 'd', schema, strict: true } },
      { response_format: { type: 'json_schema', json_schema: { name: 'my_answer', description: 'd', schema, strict: true } } },
    ],
    ['a schema without a name', { output: { kind: 'schema', name: '', description: undefined, schema, strict: undefined } }, { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } } }],
    ['tools', { tools: [{ ...tool, description: 'd', strict: true }] }, { tools: [{ type: 'function', function: { ...look.function, description: 'd', strict: true } }] }],
    ['a tool without parameters', { tools: [{ ...tool, parameters: undefined }] }, { tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }] }],
    ['a tool that takes nothing', { tools: [{ ...tool, parameters: { type: 'object' } }] }, { tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }] }],
    ['the free choice', { tools: [tool], toolChoice: { kind: 'auto' } }, { tools: [look], tool_choice: 'auto' }],
    ['no choice', { tools: [tool], toolChoice: { kind: 'none' } }, { tools: [look], tool_choice: 'none' }],
    ['any tool', { tools: [tool], toolChoice: { kind: 'any' } }, { tools: [look], tool_choice: 'required' }],
    ['a named tool', { tools: [tool], toolChoice: { kind: 'tool', name: 'look' } }, { tools: [look], tool_choice: { type: 'function', function: { name: 'look' } } }],
    ['one call at a time', { tools: [tool], parallelToolCalls: false }, { tools: [look], parallel_tool_calls: false }],
    ['a choice without tools', { toolChoice: { kind: 'none' }, parallelToolCalls: false }, {}],
  ]
  for (const [what, conversation, expected, model = 'gpt-5.1'] of cases) {
    it(`says ${what}`, () => {
      assert.deepEqual(write(conversation, model), { body: { model, ...base, ...expected }, dropped: [] })
    })
  }

  const open = { ...schema, additionalProperties: true }
  const optional = { ...schema, properties: { a: {}, b: {} } }
  const openInside = { ...schema, properties: { a: { type: 'array', items: { type: 'object', properties: {} } } } }
  const thought: Conversation['messages'] = [...messages, { role: 'assistant', parts: [{ kind: 'reasoning', text: 'hm', signature: 's' }, { kind: 'text', text: 'a' }] }]
  const dropped: readonly [string, Partial<Conversation>, readonly string[], string?][] = [
    ['top_k and metadata', { topK: 5, metadata: { a: 'b' } }, ['metadata', 'top_k']],
    ['thoughts', { messages: thought }, ['reasoning']],
    ['marks of caches in messages', { messages: [{ role: 'user', parts: [{ kind: 'text', text: 'hi', cache: { ttl: undefined } }] }] }, ['cache_control']],
    ['marks of caches in instructions', { system: [{ kind: 'text', text: 'hi', cache: { ttl: '1h' } }] }, ['cache_control']],
    ['marks of caches in tools', { tools: [{ ...tool, cache: { ttl: '5m' } }] }, ['cache_control']],
    ['an effort for a model that does not reason', budget(10_000), ['reasoning_effort'], 'gpt-4o'],
    ['sampling that reasoning models refuse', { temperature: 0, topP: 0.5, presencePenalty: 1, frequencyPenalty: 1 }, ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty'], 'o4-mini'],
    ['sampling that the first gpt-5 refuses', { temperature: 0 }, ['temperature'], 'gpt-5-2025-08-07'],
    ['strictness of an open schema', { tools: [{ ...tool, parameters: open, strict: true }] }, ['strict']],
    ['strictness of an optional property', { tools: [{ ...tool, parameters: optional, strict: true }] }, ['strict']],
    ['strictness of a schema that is open inside', { output: { kind: 'schema', name: 'n', description: undefined, schema: openInside, strict: true } }, ['strict']],
  ]
  for (const [what, conversation, names, model] of dropped) {
    it(`leaves out ${what}, and says so`, () => {
      const written = write(conversation, model)
      assert.deepEqual(written.dropped, names)
      assert.doesNotMatch(JSON.stringify(written.body), /top_k|metadata|signature|cache|reasoning|temperature|top_p|penalty|strict/)
    })
  }

  it('does not leave out the thinking that nobody asked for', () => {
    assert.deepEqual(write(budget(0), 'gpt-4o').dropped, [])
  })

  const refused: readonly [Partial<Conversation>, string, RegExp][] = [
    [{ stop: ['1', '2', '3', '4', '5'] }, 'stop', /5 sequences; this provider takes 4/],
    [{ tools: [tool, { ...tool, name: 'x'.repeat(65) }] }, 'tools[1].name', /64 characters/],
    [{ messages: [{ role: 'user', parts: [{ kind: 'document', source: { kind: 'url', url: 'https://x.test/a.pdf' } }] }] }, 'messages', /a document by its URL/],
    [{ messages: [{ role: 'user', parts: [{ kind: 'audio', source: { kind: 'url', url: 'https://x.test/a.wav' } }] }] }, 'messages', /a recording by its URL/],
    [{ messages: [{ role: 'user', parts: [{ kind: 'audio', source: { kind: 'data', mediaType: 'audio/flac', data: '' } }] }] }, 'messages', /audio\/flac/],
    [{ messages: [{ role: 'assistant', parts: [{ kind: 'image', source: { kind: 'url', url: 'https://x.test/a.png' } }] }] }, 'messages', /a picture in an assistant message/],
  ]
  for (const [conversation, param, message] of refused) {
    it(`is refused for ${JSON.stringify(conversation).slice(0, 100)}`, () => {
      assert.throws(
        () => write(conversation),
        (error) => {
          assert.ok(error instanceof TollgateError)
          assert.deepEqual([error.code, error.param], ['unsupported_parameter', param])
          assert.match(error.message, message)
          return true
        },
      )
    })
  }

  it('has the newer name of the limit for every deployment of Azure', () => {
    const { body } = azureOpenAiChatProvider.writeRequest({ ...emptyConversation, messages, maxOutputTokens: 9 }, { upstreamModel: 'my-deployment' })
    assert.deepEqual(body, { model: 'my-deployment', ...base, max_completion_tokens: 9 })
  })
})
