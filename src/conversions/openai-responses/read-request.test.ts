import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyConversation } from '../../../test/support/empty-conversation.ts'
import { TollgateError } from '../../core/errors.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { readRequest } from './read-request.ts'

const read = (more: JsonObject) => readRequest({ model: 'gpt', input: 'hi', ...more })
const refusal = (code: string, param: string, message?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof TollgateError)
  assert.deepEqual([error.code, error.param], [code, param])
  assert.match(error.message, message ?? /./)
  return true
}

describe('reading a Responses request', () => {
  it('reads a plain text', () => {
    assert.deepEqual(read({}), { ...emptyConversation, messages: [{ role: 'user', parts: [{ kind: 'text', text: 'hi' }] }] })
  })

  it('reads every parameter that others have too', () => {
    const conversation = read({
      instructions: 'Be brief.',
      max_output_tokens: 100,
      temperature: 0.5,
      top_p: 0.9,
      parallel_tool_calls: false,
      tools: [{ type: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: true }, { type: 'function', name: 'g' }],
      tool_choice: { type: 'function', name: 'g' },
      text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true, description: 'x' }, verbosity: 'medium' },
      reasoning: { effort: 'high', summary: 'auto' },
      safety_identifier: 'alice',
      user: 'bob',
      metadata: { a: 'b' },
      stream: true,
      stream_options: { include_obfuscation: false },
      include: ['reasoning.encrypted_content'],
      store: false,
      truncation: 'disabled',
      service_tier: 'auto',
      top_logprobs: 0,
      background: false,
    })
    assert.deepEqual(conversation, {
      ...emptyConversation,
      system: [{ kind: 'text', text: 'Be brief.' }],
      messages: [{ role: 'user', parts: [{ kind: 'text', text: 'hi' }] }],
      tools: [
        { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
        { name: 'g', description: undefined, parameters: undefined, strict: undefined },
      ],
      toolChoice: { kind: 'tool', name: 'g' },
      parallelToolCalls: false,
      output: { kind: 'schema', name: 'n', description: 'x', schema: { type: 'object' }, strict: true },
      maxOutputTokens: 100,
      temperature: 0.5,
      topP: 0.9,
      reasoning: { effort: 'high', budgetTokens: undefined, visible: true },
      user: 'alice',
      metadata: { a: 'b' },
      stream: true,
    })
  })

  it('reads the forms of tool_choice, text.format and reasoning', () => {
    const tools = [{ type: 'function', name: 'f' }, { type: 'function', name: 'g' }]
    const choice = (tool_choice: JsonValue) => read({ tools, tool_choice })
    assert.deepEqual(['auto', 'none', 'required'].map((name) => choice(name).toolChoice?.kind), ['auto', 'none', 'any'])
    const allowed = choice({ type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'g' }] })
    assert.deepEqual([allowed.toolChoice, allowed.tools.map(({ name }) => name)], [{ kind: 'any' }, ['g']])
    assert.deepEqual(read({ text: { format: { type: 'json_object' } } }).output, { kind: 'json' })
    assert.equal(read({ text: { format: { type: 'text' } } }).output, undefined)
    assert.deepEqual(read({ reasoning: { effort: 'low' } }).reasoning, { effort: 'low', budgetTokens: undefined, visible: false })
    assert.deepEqual(read({ reasoning: { generate_summary: 'concise' } }).reasoning, { effort: undefined, budgetTokens: undefined, visible: true })
    assert.equal(read({ reasoning: { effort: null } }).reasoning, undefined)
  })

  it('drops and names what changes nothing that matters', () => {
    const { dropped } = read({
      store: true,
      truncation: 'auto',
      service_tier: 'flex',
      prompt_cache_key: 'k',
      prompt_cache_retention: '24h',
      prompt_cache_options: { mode: 'explicit' },
      context_management: [{ type: 'compaction' }],
      max_tool_calls: 3,
      text: { verbosity: 'low' },
      include: ['message.output_text.logprobs'],
      reasoning: { effort: 'low', mode: 'pro' },
      of_next_year: 1,
      nothing: null,
    })
    const outermost = ['store', 'truncation', 'service_tier', 'prompt_cache_key', 'prompt_cache_retention', 'prompt_cache_options', 'context_management']
    assert.deepEqual(dropped, [...outermost, 'max_tool_calls', 'text.verbosity', 'include', 'reasoning.mode', 'of_next_year'])
  })

  it('names at most sixteen unknown parameters, and none that cannot stand in a header', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`p${index}`, true]))
    assert.equal(read(many).dropped.length, 16)
    assert.deepEqual(read({ 'a b\r\n': 1 }).dropped, [])
  })

  for (const [param, value] of Object.entries({
    previous_response_id: 'resp_1',
    conversation: { id: 'conv_1' },
    prompt: { id: 'pmpt_1' },
    background: true,
    top_logprobs: 2,
    moderation: { model: 'm' },
  })) {
    it(`refuses ${param}, which only OpenAI can do`, () => {
      assert.throws(() => read({ [param]: value }), refusal('unsupported_parameter', param))
    })
  }

  it('refuses the tools of OpenAI by their place', () => {
    for (const type of ['web_search', 'web_search_preview', 'file_search', 'computer_use_preview', 'mcp', 'code_interpreter', 'image_generation', 'custom']) {
      const tools = [{ type: 'function', name: 'f' }, { type, name: 'x' }]
      assert.throws(() => read({ tools }), refusal('unsupported_parameter', 'tools[1].type', /OpenAI only/))
      assert.throws(() => read({ tools: tools.slice(0, 1), tool_choice: { type } }), refusal('unsupported_parameter', 'tool_choice.type'))
    }
  })

  for (const [what, body, param] of [
    ['a temperature that is text', { temperature: 'hot' }, 'temperature'],
    ['a top_p above 1', { top_p: 2 }, 'top_p'],
    ['no tokens at all', { max_output_tokens: 0 }, 'max_output_tokens'],
    ['an unknown effort', { reasoning: { effort: 'huge' } }, 'reasoning.effort'],
    ['an unknown summary', { reasoning: { summary: 'long' } }, 'reasoning.summary'],
    ['an unknown format', { text: { format: { type: 'xml' } } }, 'text.format.type'],
    ['a format without a schema', { text: { format: { type: 'json_schema', name: 'n' } } }, 'text.format.schema'],
    ['an unknown verbosity', { text: { verbosity: 'loud' } }, 'text.verbosity'],
    ['an unknown tool', { tools: [{ type: 'funktion' }] }, 'tools[0].type'],
    ['a tool of the chat API', { tools: [{ type: 'function', function: { name: 'f' } }] }, 'tools[0].name'],
    ['a tool with spaces in its name', { tools: [{ type: 'function', name: 'a b' }] }, 'tools[0].name'],
    ['a choice of a tool that is not there', { tools: [{ type: 'function', name: 'f' }], tool_choice: { type: 'function', name: 'g' } }, 'tool_choice.name'],
    ['a demand for tools without tools', { tool_choice: 'required' }, 'tool_choice'],
    ['an unknown choice', { tool_choice: 'any' }, 'tool_choice'],
    ['metadata that is no text', { metadata: { a: 1 } }, 'metadata.a'],
    ['instructions that are a list', { instructions: [] }, 'instructions'],
    ['parameters of the chat API', { response_format: { type: 'json_object' } }, 'response_format'],
    ['include that is text', { include: 'x' }, 'include'],
    ['a truncation that is not', { truncation: 'maybe' }, 'truncation'],
    ['no input', { input: null }, 'input'],
  ] as const satisfies readonly (readonly [string, JsonObject, string])[]) {
    it(`refuses ${what}`, () => {
      assert.throws(() => read(body), refusal('malformed_request', param))
    })
  }
})
