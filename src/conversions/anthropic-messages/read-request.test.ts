import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyConversation } from '../../../test/support/empty-conversation.ts'
import { TollgateError } from '../../core/errors.ts'
import type { Conversation, JsonObject, JsonValue } from '../conversation.ts'
import { answerToolName } from '../structured-output.ts'
import { anthropicMessagesClient } from './index.ts'

const hello: JsonObject = { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] }
const tool: JsonObject = { name: 'weather', description: 'The weather', input_schema: { type: 'object', properties: {} } }
const read = (changes: JsonObject = {}): Conversation => anthropicMessagesClient.readRequest({ ...hello, ...changes })
/** Code and parameter of the refusal. */
function refusal(changes: JsonObject): string {
  try {
    read(changes)
  } catch (thrown) {
    return thrown instanceof TollgateError ? `${thrown.code} ${thrown.param ?? ''}` : String(thrown)
  }
  return 'none'
}

describe('a request to the Messages API', () => {
  it('is a conversation of the same length', () => {
    assert.deepEqual(read(), { ...emptyConversation, messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Hello' }] }], maxOutputTokens: 100 })
  })

  it('has every parameter of sampling, and its user', () => {
    const { temperature, topP, topK, stop, stream, user } = read({ temperature: 0.5, top_p: 0.9, top_k: 40, stop_sequences: ['a'], stream: true, metadata: { user_id: 'u' } })
    assert.deepEqual([temperature, topP, topK, stop, stream, user], [0.5, 0.9, 40, ['a'], true, 'u'])
  })

  it('takes null for nothing', () => {
    const nothing = { temperature: null, top_k: null, system: null, tools: null, tool_choice: null, thinking: null, metadata: { user_id: null }, stop_sequences: null, output_config: null, container: null }
    assert.deepEqual(read(nothing), read())
  })

  it('has system instructions as text, as blocks, and between the messages', () => {
    const mark = { type: 'ephemeral', ttl: '1h' }
    assert.deepEqual(read({ system: 'Be brief.' }).system, [{ kind: 'text', text: 'Be brief.' }])
    const messages = [{ role: 'user', content: 'a' }, { role: 'system', content: 'Be kind.' }, { role: 'user', content: 'b' }]
    const conversation = read({ system: [{ type: 'text', text: 'Be brief.', cache_control: mark }], messages })
    assert.deepEqual(conversation.system, [{ kind: 'text', text: 'Be brief.', cache: { ttl: '1h' } }, { kind: 'text', text: 'Be kind.' }])
    assert.deepEqual(conversation.messages, [{ role: 'user', parts: [{ kind: 'text', text: 'a' }, { kind: 'text', text: 'b' }] }])
  })

  it('has tools with their schema and mark, and a choice among them', () => {
    const conversation = read({ tools: [{ ...tool, type: 'custom', strict: true, cache_control: { type: 'ephemeral' } }], tool_choice: { type: 'any', disable_parallel_tool_use: true } })
    assert.deepEqual(conversation.tools, [{ name: 'weather', description: 'The weather', parameters: tool['input_schema'], strict: true, cache: { ttl: undefined } }])
    assert.deepEqual([conversation.toolChoice, conversation.parallelToolCalls], [{ kind: 'any' }, false])
    const choices = [{ type: 'auto' }, { type: 'none' }, { type: 'tool', name: 'weather' }].map((choice) => read({ tools: [tool], tool_choice: choice }).toolChoice)
    assert.deepEqual(choices, [{ kind: 'auto' }, { kind: 'none' }, { kind: 'tool', name: 'weather' }])
    assert.deepEqual(read({ tools: [{ ...tool, defer_loading: true, input_examples: [{}], allowed_callers: ['direct'], eager_input_streaming: true }] }).dropped, ['defer_loading', 'input_examples'])
  })

  it('thinks by budget, by effort, or not', () => {
    const reasoning = (thinking: JsonValue, effort?: string) => read({ thinking, ...(effort === undefined ? {} : { output_config: { effort } }) }).reasoning
    assert.deepEqual(reasoning({ type: 'enabled', budget_tokens: 2_048 }), { effort: undefined, budgetTokens: 2_048, visible: true })
    assert.deepEqual(reasoning({ type: 'adaptive', display: 'omitted' }, 'low'), { effort: 'low', budgetTokens: undefined, visible: false })
    assert.deepEqual(reasoning({ type: 'adaptive' }), { effort: 'high', budgetTokens: undefined, visible: true })
    for (const type of ['disabled', 'between_tools']) assert.deepEqual(reasoning({ type }), { effort: 'none', budgetTokens: 0, visible: false })
    assert.deepEqual(reasoning(null, 'max'), { effort: 'max', budgetTokens: undefined, visible: false })
  })

  it('has a schema of the answer, strict for OpenAI where it can be', () => {
    const closed = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }
    const expected = (schema: JsonObject, strict: boolean | undefined) => ({ kind: 'schema', name: 'answer', description: undefined, schema, strict })
    assert.deepEqual(read({ output_config: { format: { type: 'json_schema', schema: closed } } }).output, expected(closed, true))
    const optional = { ...closed, required: [] }
    assert.deepEqual(read({ output_format: { type: 'json_schema', schema: optional } }).output, expected(optional, undefined))
    const nested = { ...closed, properties: { a: { type: 'array', items: optional } } }
    assert.deepEqual(read({ output_config: { format: { type: 'json_schema', schema: nested } } }).output, expected(nested, undefined))
  })

  it('marks its last block when the mark is of the whole request', () => {
    const { messages } = read({ cache_control: { type: 'ephemeral' } })
    assert.deepEqual(messages, [{ role: 'user', parts: [{ kind: 'text', text: 'Hello', cache: { ttl: undefined } }] }])
  })

  it('names what other APIs do not have, where that is no harm', () => {
    const harmless = { service_tier: 'auto', speed: 'fast', context_management: { edits: [] }, diagnostics: {}, mcp_servers: [], inference_geo: 'global', anthropic_version: 'bedrock-2023-05-31', of_tomorrow: 1 }
    assert.deepEqual(read(harmless).dropped, ['speed', 'context_management', 'diagnostics', 'of_tomorrow'])
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`unknown_${index}`, 1]))
    assert.equal(read({ ...many, 'not a name': 1 }).dropped.length, 16)
  })

  it('is refused with 422 where another API would answer something else', () => {
    const server = { type: 'web_search_20250305', name: 'web_search' }
    assert.equal(refusal({ container: 'c' }), 'unsupported_parameter container')
    assert.equal(refusal({ thread: { type: 'create' } }), 'unsupported_request thread')
    assert.equal(refusal({ mcp_servers: [{}] }), 'unsupported_parameter mcp_servers')
    assert.equal(refusal({ inference_geo: 'us' }), 'unsupported_parameter inference_geo')
    assert.equal(refusal({ max_tokens: 0 }), 'unsupported_parameter max_tokens')
    assert.equal(refusal({ tools: [tool, server] }), 'unsupported_parameter tools.1.type')
  })

  it('is refused with 400 where Anthropic would refuse it, with the place', () => {
    const cases: readonly (readonly [JsonObject, string])[] = [
      [{ messages: [] }, 'messages'],
      [{ messages: 'x' }, 'messages'],
      [{ messages: [{ role: 'tool', content: '' }] }, 'messages.0.role'],
      [{ messages: [{ role: 'user' }] }, 'messages.0.content'],
      [{ messages: [{ role: 'user', content: [{ type: 'text' }] }] }, 'messages.0.content.0.text'],
      [{ messages: [{ role: 'user', content: ['x'] }] }, 'messages.0.content.0'],
      [{ max_tokens: '100' }, 'max_tokens'],
      [{ max_tokens: -1 }, 'max_tokens'],
      [{ temperature: 1.5 }, 'temperature'],
      [{ temperature: 'hot' }, 'temperature'],
      [{ top_k: 0.5 }, 'top_k'],
      [{ stream: 'yes' }, 'stream'],
      [{ stop_sequences: 'x' }, 'stop_sequences'],
      [{ stop_sequences: [1] }, 'stop_sequences.0'],
      [{ system: [{ type: 'image' }] }, 'system.0.type'],
      [{ metadata: { user_id: 1 } }, 'metadata.user_id'],
      [{ thinking: { type: 'enabled' } }, 'thinking.budget_tokens'],
      [{ thinking: { type: 'enabled', budget_tokens: 100 } }, 'thinking.budget_tokens'],
      [{ thinking: { type: 'x' } }, 'thinking.type'],
      [{ output_config: { effort: 'none' } }, 'output_config.effort'],
      [{ output_config: { format: { type: 'text' } } }, 'output_config.format.type'],
      [{ tools: [{ ...tool, name: 'a b' }] }, 'tools.0.name'],
      [{ tools: [{ ...tool, name: answerToolName }] }, 'tools.0.name'],
      [{ tools: [{ name: 'a' }] }, 'tools.0.input_schema'],
      [{ tools: [{ name: 'a', input_schema: {} }] }, 'tools.0.input_schema.type'],
      [{ tools: [tool], tool_choice: 'auto' }, 'tool_choice'],
      [{ tools: [tool], tool_choice: { type: 'tool', name: 'time' } }, 'tool_choice.name'],
      [{ tool_choice: { type: 'auto' } }, 'tool_choice'],
      [{ cache_control: { type: 'forever' } }, 'cache_control.type'],
    ]
    for (const [changes, param] of cases) assert.equal(refusal(changes), `malformed_request ${param}`)
    assert.throws(() => anthropicMessagesClient.readRequest({ model: 'm', messages: [] }), { param: 'max_tokens', message: 'max_tokens: Field required' })
  })
})
