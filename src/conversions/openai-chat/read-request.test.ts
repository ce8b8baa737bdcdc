import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyConversation } from '../../../test/support/empty-conversation.ts'
import { TollgateError } from '../../core/errors.ts'
import type { Conversation, JsonObject } from '../conversation.ts'
import { readRequest } from './read-request.ts'

const messages = [{ role: 'user', content: 'hi' }]
const look = { type: 'function', function: { name: 'look' } }
const find = { type: 'function', function: { name: 'find' } }
const schema = { type: 'object', properties: { a: { type: 'string' } } }
const plain: Conversation = { ...emptyConversation, messages: [{ role: 'user', parts: [{ kind: 'text', text: 'hi' }] }] }
const tool = { name: 'look', description: undefined, parameters: undefined, strict: undefined }
const found = { ...tool, name: 'find' }

const read = (parameters: JsonObject) => readRequest({ model: 'm', messages, ...parameters })
const reasoning = (effort: string | undefined, budgetTokens: number | undefined, visible: boolean) => ({ reasoning: { effort, budgetTokens, visible } })

describe('a chat request', () => {
  const cases: readonly [string, JsonObject, object][] = [
    ['nothing but messages', {}, {}],
    ['null for everything', { temperature: null, tools: null, tool_choice: null, stop: null, n: null, user: null, stream: null, reasoning_effort: null, x: null }, {}],
    ['max_tokens', { max_tokens: 7 }, { maxOutputTokens: 7 }],
    ['max_completion_tokens, which replaces max_tokens', { max_tokens: 7, max_completion_tokens: 9 }, { maxOutputTokens: 9 }],
    ['sampling', { temperature: 0.5, top_p: 0.9, top_k: 40, seed: -3 }, { temperature: 0.5, topP: 0.9, topK: 40, seed: -3 }],
    ['penalties', { presence_penalty: -2, frequency_penalty: 1.5 }, { presencePenalty: -2, frequencyPenalty: 1.5 }],
    ['one stop sequence', { stop: 'END' }, { stop: ['END'] }],
    ['several stop sequences', { stop: ['a', '', 'b'] }, { stop: ['a', 'b'] }],
    ['a stream', { stream: true, stream_options: { include_usage: true } }, { stream: true }],
    ['the user', { user: 'u' }, { user: 'u' }],
    ['the safety identifier, which replaces user', { user: 'u', safety_identifier: 's' }, { user: 's' }],
    ['metadata', { metadata: { a: 'b' } }, { metadata: { a: 'b' } }],
    ['plain text', { response_format: { type: 'text' } }, {}],
    ['JSON mode', { response_format: { type: 'json_object' } }, { output: { kind: 'json' } }],
    [
      'a schema',
      { response_format: { type: 'json_schema', json_schema: { name: 'n', description: 'd', schema, strict: true } } },
      { output: { kind: 'schema', name: 'n', description: 'd', schema, strict: true } },
    ],
    ['an effort', { reasoning_effort: 'xhigh' }, reasoning('xhigh', undefined, true)],
    ['no effort', { reasoning_effort: 'none' }, reasoning('none', undefined, false)],
    ['a budget', { thinking: { type: 'enabled', budget_tokens: 2048 } }, reasoning(undefined, 2048, true)],
    ['a budget beside an effort', { thinking: { type: 'enabled', budget_tokens: 2048 }, reasoning_effort: 'low' }, reasoning('low', 2048, true)],
    ['no thinking', { thinking: { type: 'disabled' } }, reasoning('none', 0, false)],
    ['adaptive thinking', { thinking: { type: 'adaptive' } }, reasoning('high', undefined, true)],
    ['a tool', { tools: [{ type: 'function', function: { name: 'look', description: 'd', parameters: schema, strict: false } }] }, { tools: [{ ...tool, description: 'd', parameters: schema, strict: false }] }],
    ['a cached tool', { tools: [{ ...look, cache_control: { type: 'ephemeral', ttl: '1h' } }] }, { tools: [{ ...tool, cache: { ttl: '1h' } }] }],
    ['a tool cached inside', { tools: [{ type: 'function', function: { name: 'look', cache_control: { type: 'ephemeral' } } }] }, { tools: [{ ...tool, cache: { ttl: undefined } }] }],
    ['one call at a time', { tools: [look], parallel_tool_calls: false }, { tools: [tool], parallelToolCalls: false }],
    ['the free choice', { tools: [look], tool_choice: 'auto' }, { tools: [tool], toolChoice: { kind: 'auto' } }],
    ['no choice', { tools: [look], tool_choice: 'none' }, { tools: [tool], toolChoice: { kind: 'none' } }],
    ['any tool', { tools: [look], tool_choice: 'required' }, { tools: [tool], toolChoice: { kind: 'any' } }],
    ['a named tool', { tools: [look, find], tool_choice: find }, { tools: [tool, found], toolChoice: { kind: 'tool', name: 'find' } }],
    ['allowed tools', { tools: [look, find], tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [find] } } }, { tools: [found], toolChoice: { kind: 'any' } }],
    ['a choice without tools', { tool_choice: 'auto', parallel_tool_calls: true }, {}],
  ]
  for (const [what, parameters, expected] of cases) {
    it(`says ${what}`, () => {
      assert.deepEqual(read(parameters), { ...plain, ...expected })
    })
  }

  it('names what it leaves out, in the words of the client', () => {
    const harmless = {
      service_tier: 'flex',
      store: true,
      logit_bias: { '50256': -100 },
      prediction: { type: 'content', content: 'x' },
      verbosity: 'low',
      prompt_cache_key: 'k',
      prompt_cache_retention: '24h',
      prompt_cache_options: { ttl: 1 },
      audio: { voice: 'alloy', format: 'wav' },
      min_p: 0.1,
    }
    assert.deepEqual(read(harmless).dropped, Object.keys(harmless))
  })

  it('does not name what every model does', () => {
    const honoured = { n: 1, logprobs: false, top_logprobs: 0, modalities: ['text'], store: false, service_tier: 'auto', verbosity: 'medium', logit_bias: {} }
    assert.deepEqual(read(honoured).dropped, [])
  })

  it('names a few unknown parameters, and none that could not stand in a header', () => {
    assert.deepEqual(read({ 'a\r\nb': 1, [`${'x'.repeat(65)}`]: 1, '': 1, good_1: 1 }).dropped, ['good_1'])
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`p${index}`, 1]))
    assert.deepEqual(read(many).dropped, Array.from({ length: 16 }, (_, index) => `p${index}`))
  })

  const refused: readonly [JsonObject, string, RegExp][] = [
    [{ n: 2 }, 'n', /more than one choice/],
    [{ modalities: ['text', 'audio'] }, 'modalities', /audio/],
    [{ logprobs: true }, 'logprobs', /token probabilities/],
    [{ top_logprobs: 3 }, 'top_logprobs', /token probabilities/],
    [{ web_search_options: {} }, 'web_search_options', /web search/],
    [{ moderation: { model: 'm' } }, 'moderation', /moderation/],
    [{ functions: [{ name: 'f' }] }, 'functions', /send tools instead/],
    [{ function_call: 'auto' }, 'function_call', /send tool_choice instead/],
    [{ tools: [{ type: 'custom', custom: { name: 'c' } }] }, 'tools[0].type', /custom tools/],
    [{ tools: [look], tool_choice: { type: 'custom', custom: { name: 'c' } } }, 'tool_choice.type', /custom tools/],
  ]
  for (const [parameters, param, message] of refused) {
    it(`is refused with 422 for ${JSON.stringify(parameters)}`, () => {
      assertError(() => read(parameters), { code: 'unsupported_parameter', param, message })
    })
  }

  const malformed: readonly [JsonObject, string, RegExp][] = [
    [{ messages: undefined as never }, 'messages', /^messages must be an array, and is missing\.$/],
    [{ messages: 'hi' }, 'messages', /^messages must be an array, not "hi"\.$/],
    [{ messages: [] }, 'messages', /at least one/],
    [{ n: 0 }, 'n', /^n must be at least 1, not 0\.$/],
    [{ temperature: 2.5 }, 'temperature', /^temperature must be between 0 and 2, not 2\.5\.$/],
    [{ temperature: '1' }, 'temperature', /^temperature must be a number, not "1"\.$/],
    [{ top_p: -1 }, 'top_p', /between 0 and 1/],
    [{ presence_penalty: 3 }, 'presence_penalty', /between -2 and 2/],
    [{ frequency_penalty: -3 }, 'frequency_penalty', /between -2 and 2/],
    [{ max_tokens: 0 }, 'max_tokens', /at least 1/],
    [{ max_completion_tokens: 1.5 }, 'max_completion_tokens', /whole number, not 1\.5/],
    [{ seed: 0.5 }, 'seed', /whole number/],
    [{ stop: 7 }, 'stop', /a string or an array of strings, not the number 7/],
    [{ stop: ['a', 7] }, 'stop[1]', /must be a string/],
    [{ stream: 'true' }, 'stream', /true or false, not "true"/],
    [{ stream_options: { include_usage: true } }, 'stream_options', /only where stream is true/],
    [{ stream: true, stream_options: { include_usage: 1 } }, 'stream_options.include_usage', /true or false/],
    [{ user: 7 }, 'user', /a string/],
    [{ metadata: { a: 1 } }, 'metadata.a', /a string/],
    [{ reasoning_effort: 'huge' }, 'reasoning_effort', /one of "none", "minimal", "low", "medium", "high", "xhigh", "max", not "huge"/],
    [{ thinking: true }, 'thinking', /an object, not true/],
    [{ thinking: { type: 'enabled' } }, 'thinking.budget_tokens', /is missing/],
    [{ response_format: { type: 'xml' } }, 'response_format.type', /"text", "json_object", "json_schema"/],
    [{ response_format: { type: 'json_schema' } }, 'response_format.json_schema', /is missing/],
    [{ response_format: { type: 'json_schema', json_schema: { name: 'n', schema: [] } } }, 'response_format.json_schema.schema', /an object, not an array/],
    [{ tools: {} }, 'tools', /an array, not an object/],
    [{ tools: [{ type: 'web' }] }, 'tools[0].type', /"function", not "web"/],
    [{ tools: [look, { type: 'function', function: { name: 'a.b' } }] }, 'tools[1].function.name', /1 to 64 letters/],
    [{ tools: [{ type: 'function', function: { name: 'a', parameters: 'x' } }] }, 'tools[0].function.parameters', /an object/],
    [{ tool_choice: 'required' }, 'tool_choice', /there are no tools/],
    [{ tools: [look], tool_choice: 'sometimes' }, 'tool_choice', /"none", "auto", "required" or an object, not "sometimes"/],
    [{ tools: [look], tool_choice: find }, 'tool_choice.function.name', /"find", which is none of the tools/],
    [{ tools: [look], tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'any', tools: [look] } } }, 'tool_choice.allowed_tools.mode', /"auto", "required"/],
    [{ tools: [look], tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } } }, 'tool_choice.allowed_tools.tools', /at least one/],
    [{ modalities: ['video'] }, 'modalities', /"text" and "audio" only/],
    [{ store: 'yes' }, 'store', /true or false/],
    [{ logit_bias: [] }, 'logit_bias', /an object/],
    [{ verbosity: 'loud' }, 'verbosity', /"low", "medium", "high"/],
  ]
  for (const [parameters, param, message] of malformed) {
    it(`is refused with 400 for ${JSON.stringify(parameters)}`, () => {
      assertError(() => read(parameters), { code: 'malformed_request', param, message })
    })
  }
})

function assertError(action: () => unknown, { code, param, message }: { code: string; param: string; message: RegExp }): void {
  assert.throws(action, (error) => {
    assert.ok(error instanceof TollgateError)
    assert.deepEqual([error.code, error.param], [code, param])
    assert.match(error.message, message)
    return true
  })
}
