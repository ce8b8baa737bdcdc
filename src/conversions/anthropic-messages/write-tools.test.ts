import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyConversation } from '../../../test/support/empty-conversation.ts'
import type { Conversation, JsonObject, Tool } from '../conversation.ts'
import { answerInstruction, answerToolName } from '../structured-output.ts'
import { anthropicMessagesProvider } from './index.ts'

const schema: JsonObject = { type: 'object', properties: { city: { type: 'string' } } }
const weather: Tool = { name: 'weather', description: 'The weather', parameters: schema, strict: undefined }
const written = { name: 'weather', description: 'The weather', input_schema: schema }
const output = { kind: 'schema', name: 'place', description: 'A place', schema, strict: true } as const
const answer = { name: answerToolName, description: 'A place', input_schema: schema }
const low = { effort: 'low', budgetTokens: undefined, visible: false } as const

function write(changes: Partial<Conversation>, upstreamModel = 'claude-sonnet-4-5'): { tools: unknown; choice: unknown; system: unknown; dropped: readonly string[] } {
  const messages = [{ role: 'user', parts: [{ kind: 'text', text: 'Hello' }] }] as const
  const { body, dropped } = anthropicMessagesProvider.writeRequest({ ...emptyConversation, messages, ...changes }, { upstreamModel })
  return { tools: body['tools'], choice: body['tool_choice'], system: body['system'], dropped }
}

describe('the tools of a request to Anthropic', () => {
  it('have a schema that says that it is an object', () => {
    const bare: Tool = { name: 'now', description: '', parameters: undefined, strict: undefined }
    const untyped: Tool = { ...bare, parameters: { properties: {} } }
    assert.deepEqual(write({ tools: [weather, bare, untyped] }), {
      tools: [written, { name: 'now', input_schema: { type: 'object' } }, { name: 'now', input_schema: { type: 'object', properties: {} } }],
      choice: undefined,
      system: undefined,
      dropped: [],
    })
    assert.deepEqual(write({ tools: [{ ...weather, strict: true }] }).dropped, ['strict'])
  })

  it('are chosen as the client says', () => {
    const choices = [{ kind: 'auto' }, { kind: 'none' }, { kind: 'any' }, { kind: 'tool', name: 'weather' }] as const
    const chosen = (parallelToolCalls: boolean | undefined) => choices.map((toolChoice) => write({ tools: [weather], toolChoice, parallelToolCalls }).choice)
    assert.deepEqual(chosen(undefined), [{ type: 'auto' }, { type: 'none' }, { type: 'any' }, { type: 'tool', name: 'weather' }])
    const single = { disable_parallel_tool_use: true }
    assert.deepEqual(chosen(false), [{ type: 'auto', ...single }, { type: 'none' }, { type: 'any', ...single }, { type: 'tool', name: 'weather', ...single }])
    assert.deepEqual(write({ tools: [weather], parallelToolCalls: false }).choice, { type: 'auto', ...single })
    assert.equal(write({ toolChoice: { kind: 'auto' }, parallelToolCalls: false }).choice, undefined)
  })

  it('are demanded in words where the model cannot be forced', () => {
    const { choice, system, dropped } = write({ tools: [weather], toolChoice: { kind: 'tool', name: 'weather' } }, 'claude-fable-5-1')
    assert.deepEqual([choice, dropped], [{ type: 'auto' }, ['tool_choice']])
    assert.match(JSON.stringify(system), /must call the tool weather/)
    assert.match(JSON.stringify(write({ tools: [weather], toolChoice: { kind: 'any' } }, 'claude-opus-5-5').system), /at least one of the tools/)
  })

  it('are there for calls of the past, but not to be called', () => {
    const call = { kind: 'tool_call', id: 'c', name: 'old', arguments: '{}' } as const
    const result = { kind: 'tool_result', callId: 'c', name: 'old', parts: [], isError: false } as const
    const { tools, choice } = write({ messages: [{ role: 'user', parts: [{ kind: 'text', text: 'a' }] }, { role: 'assistant', parts: [call, call] }, { role: 'user', parts: [result] }] })
    assert.deepEqual([tools, choice], [[{ name: 'old', description: 'No longer available.', input_schema: { type: 'object' } }], { type: 'none' }])
  })
})

describe('structured output from Anthropic', () => {
  it('is a tool that must be called', () => {
    assert.deepEqual(write({ output }), { tools: [answer], choice: { type: 'tool', name: answerToolName, disable_parallel_tool_use: true }, system: undefined, dropped: [] })
    assert.deepEqual(write({ output: { kind: 'json' } }).choice, { type: 'tool', name: answerToolName, disable_parallel_tool_use: true })
  })

  it('leaves the client’s tools to be called instead', () => {
    assert.deepEqual(write({ output, tools: [weather] }), { tools: [written, answer], choice: { type: 'any' }, system: undefined, dropped: [] })
    assert.deepEqual(write({ output, tools: [weather], toolChoice: { kind: 'none' } }).choice, { type: 'tool', name: answerToolName, disable_parallel_tool_use: true })
    assert.deepEqual(write({ output, tools: [weather], toolChoice: { kind: 'any' } }).tools, [written])
  })

  it('is asked for in words while the model thinks', () => {
    const system = [{ type: 'text', text: 'Be brief.' }, { type: 'text', text: answerInstruction }]
    const expected = { tools: [answer], choice: { type: 'auto' }, system, dropped: [] }
    const asked = { output, system: [{ kind: 'text', text: 'Be brief.' }] } as const
    assert.deepEqual(write({ ...asked, reasoning: low }), expected)
    assert.deepEqual(write(asked, 'claude-opus-5-5'), expected)
  })

  it('is refused where the schema cannot be one of arguments', () => {
    assert.throws(() => write({ output: { ...output, schema: { type: 'array' } } }), { code: 'unsupported_parameter', param: 'response_format' })
  })
})
