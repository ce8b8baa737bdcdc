import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyConversation } from '../../../test/support/empty-conversation.ts'
import type { Conversation, JsonObject, Tool } from '../conversation.ts'
import { answerInstruction, answerToolName } from '../structured-output.ts'
import { writeRequest } from './write-request.ts'

const claude = 'us.anthropic.claude-sonnet-4-20250514-v1:0'
const user = { role: 'user', parts: [{ kind: 'text', text: 'Hello' }] } as const
const hello = { messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }
const weather: Tool = { name: 'get_weather', description: 'Weather of a city', parameters: { type: 'object', properties: { city: { type: 'string' } } }, strict: undefined }
const weatherSpec = { toolSpec: { name: 'get_weather', description: 'Weather of a city', inputSchema: { json: weather.parameters } } }

function write(part: Partial<Conversation>, upstreamModel = claude): { body: JsonObject; dropped: readonly string[] } {
  return writeRequest({ ...emptyConversation, messages: [user], ...part }, { upstreamModel })
}

describe('a request of Converse', () => {
  it('is nothing but the messages when nothing else is asked', () => {
    assert.deepEqual(write({}), { body: hello, dropped: [] })
  })

  it('has the instructions apart, without blank ones, with cache points behind marked ones', () => {
    const system = [{ kind: 'text', text: 'Be kind.', cache: { ttl: '5m' } }, { kind: 'text', text: ' \n' }, { kind: 'text', text: 'Be brief.' }] as const
    assert.deepEqual(write({ system }).body['system'], [{ text: 'Be kind.' }, { cachePoint: { type: 'default' } }, { text: 'Be brief.' }])
  })

  it('has the last four cache points of too many', () => {
    const cache = { ttl: undefined }
    const system = ['a', 'b'].map((text) => ({ kind: 'text' as const, text, cache }))
    const parts = ['c', 'd', 'e'].map((text) => ({ kind: 'text' as const, text, cache }))
    const { body, dropped } = write({ system, messages: [{ role: 'user', parts }], tools: [{ ...weather, cache }] })
    const point = { cachePoint: { type: 'default' } }
    assert.deepEqual(body['toolConfig'], { tools: [weatherSpec] })
    assert.deepEqual(body['system'], [{ text: 'a' }, { text: 'b' }, point])
    assert.deepEqual(body['messages'], [{ role: 'user', content: [{ text: 'c' }, point, { text: 'd' }, point, { text: 'e' }, point] }])
    assert.deepEqual(dropped, ['cache_control'])
  })

  it('lets an older Claude go on with the answer that it is given, unless it thinks or answers by a schema', () => {
    const begun = { messages: [user, { role: 'assistant', parts: [{ kind: 'text', text: 'One,' }] }] } as const
    const lastRole = (part: Partial<Conversation>, model?: string): unknown => (write({ ...begun, ...part }, model).body['messages'] as { role: string }[]).at(-1)?.role
    assert.deepEqual([lastRole({}), lastRole({}, 'amazon.nova-pro-v1:0'), lastRole({}, 'anthropic.claude-opus-4-6-v1')], ['assistant', 'assistant', 'user'])
    assert.equal(lastRole({ output: { kind: 'json' } }), 'user')
    assert.equal(lastRole({ reasoning: { effort: 'low', budgetTokens: undefined, visible: false } }), 'user')
  })

  it('makes instructions alone the message of the user', () => {
    assert.deepEqual(write({ messages: [], system: [{ kind: 'text', text: 'Tell a joke.' }] }).body, { messages: [{ role: 'user', content: [{ text: 'Tell a joke.' }] }] })
    assert.deepEqual(write({ messages: [] }).body, { messages: [{ role: 'user', content: [{ text: 'Please begin.' }] }] })
  })

  it('maps what Converse has for every model', () => {
    const { body, dropped } = write({ maxOutputTokens: 100, temperature: 0.5, topP: 0.9, stop: ['END', ''] }, 'meta.llama3-1-8b-instruct-v1:0')
    assert.deepEqual([body['inferenceConfig'], dropped], [{ maxTokens: 100, temperature: 0.5, topP: 0.9, stopSequences: ['END'] }, ['stop']])
  })

  it('hands top_k on to Claude, and names what it leaves out', () => {
    const part = { topK: 40, seed: 1, presencePenalty: 0.5, frequencyPenalty: 0, user: 'alice' }
    const { body, dropped } = write(part)
    assert.deepEqual(body, { ...hello, additionalModelRequestFields: { top_k: 40 } })
    assert.deepEqual(dropped, ['presence_penalty', 'seed', 'user'])
    assert.deepEqual(write(part, 'mistral.mistral-large-2402-v1:0'), { body: hello, dropped: ['top_k', 'presence_penalty', 'seed', 'user'] })
  })

  it('cuts a temperature above what Bedrock takes', () => {
    assert.deepEqual(write({ temperature: 1.7 }), { body: { ...hello, inferenceConfig: { temperature: 1 } }, dropped: ['temperature'] })
  })

  it('gives Claude 4.1 and later one of temperature and top_p, and from 4.7 on neither', () => {
    const both = { temperature: 0.2, topP: 0.9, topK: 4 }
    assert.deepEqual(write(both).dropped, [])
    assert.deepEqual(write(both, 'anthropic.claude-opus-4-1-20250805-v1:0'), {
      body: { ...hello, inferenceConfig: { temperature: 0.2 }, additionalModelRequestFields: { top_k: 4 } },
      dropped: ['top_p'],
    })
    assert.deepEqual(write(both, 'global.anthropic.claude-sonnet-5'), { body: hello, dropped: ['temperature', 'top_p', 'top_k'] })
    assert.deepEqual(write({ temperature: 1, topP: 1 }, 'anthropic.claude-opus-4-7'), { body: hello, dropped: [] })
  })

  it('asks Claude which stop sequence it was, and spares it one of white space', () => {
    assert.deepEqual(write({ stop: ['END'] }).body['additionalModelResponseFieldPaths'], ['/stop_sequence'])
    assert.deepEqual(write({ stop: ['\n'] }), { body: hello, dropped: ['stop'] })
    assert.deepEqual(write({ stop: ['\n'] }, 'amazon.nova-pro-v1:0').body['inferenceConfig'], { stopSequences: ['\n'] })
  })

  it('takes of the metadata what invocation logs take', () => {
    assert.deepEqual(write({ metadata: { team: 'a:b', 'größe': '1', text: 'naïve', '': 'x' } }), { body: { ...hello, requestMetadata: { team: 'a:b' } }, dropped: ['metadata'] })
    assert.deepEqual(write({ metadata: {} }), { body: hello, dropped: [] })
    const many = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`key${index}`, 'x'.repeat(256)]))
    const written = write({ metadata: many })
    assert.deepEqual([Object.keys(Object(written.body['requestMetadata'])).length, written.dropped], [16, ['metadata']])
    assert.deepEqual(write({ metadata: { a: 'x'.repeat(257) } }).dropped, ['metadata'])
  })
})

describe('tools of Converse', () => {
  const called = [
    user,
    { role: 'assistant', parts: [{ kind: 'tool_call', id: 'a', name: 'get_weather', arguments: '{}' }] },
    { role: 'user', parts: [{ kind: 'tool_result', callId: 'a', name: undefined, parts: [], isError: false }] },
  ] as const

  function toolConfig(part: Partial<Conversation>, model?: string): unknown {
    return write(part, model).body['toolConfig']
  }

  it('have a schema of an object, whatever the client said', () => {
    const bare: Tool = { name: 'now', description: '', parameters: undefined, strict: undefined }
    const loose: Tool = { name: 'loose', description: undefined, parameters: { properties: {}, additionalProperties: true }, strict: undefined }
    assert.deepEqual(toolConfig({ tools: [weather, bare, loose] }), {
      tools: [
        weatherSpec,
        { toolSpec: { name: 'now', inputSchema: { json: { type: 'object', properties: {} } } } },
        { toolSpec: { name: 'loose', inputSchema: { json: { type: 'object', properties: {}, additionalProperties: true } } } },
      ],
    })
  })

  it('are never strict', () => {
    const tools = [{ ...weather, strict: true }]
    for (const model of [claude, 'anthropic.claude-sonnet-4-5-20250929-v1:0']) {
      assert.deepEqual([write({ tools }, model).dropped, toolConfig({ tools }, model)], [['strict'], { tools: [weatherSpec] }])
    }
  })

  it('are chosen as the client wants', () => {
    const tools = [weather]
    assert.deepEqual(toolConfig({ tools, toolChoice: { kind: 'auto' } }), { tools: [weatherSpec], toolChoice: { auto: {} } })
    assert.deepEqual(toolConfig({ tools, toolChoice: { kind: 'any' } }), { tools: [weatherSpec], toolChoice: { any: {} } })
    assert.deepEqual(toolConfig({ tools, toolChoice: { kind: 'tool', name: 'get_weather' } }), { tools: [weatherSpec], toolChoice: { tool: { name: 'get_weather' } } })
    assert.deepEqual(toolConfig({ tools, toolChoice: { kind: 'auto' } }, 'meta.llama3-1-8b-instruct-v1:0'), { tools: [weatherSpec] })
  })

  it('are asked for in words by a Claude that cannot be made to call', () => {
    const forced = write({ tools: [weather], toolChoice: { kind: 'tool', name: 'get_weather' } }, 'anthropic.claude-opus-5-5')
    assert.deepEqual([forced.body['toolConfig'], forced.body['system'], forced.dropped], [{ tools: [weatherSpec] }, [{ text: 'In your next answer you must call the tool get_weather.' }], ['tool_choice']])
  })

  it('are left out when none may be called, unless the history has calls', () => {
    assert.deepEqual(write({ tools: [weather], toolChoice: { kind: 'none' } }), { body: hello, dropped: [] })
    const kept = write({ tools: [weather], toolChoice: { kind: 'none' }, messages: called })
    assert.deepEqual([kept.body['toolConfig'], kept.dropped], [{ tools: [weatherSpec] }, ['tool_choice']])
  })

  it('stand in for those of the history that are not offered any more', () => {
    const tools = [{ toolSpec: { name: 'get_weather', description: 'No longer available.', inputSchema: { json: { type: 'object', properties: {} } } } }]
    assert.deepEqual(toolConfig({ messages: called.slice(0, 2) }), { tools })
  })

  it('are called one at a time where Claude can be told so', () => {
    const one = { type: 'auto', disable_parallel_tool_use: true }
    const written = write({ tools: [weather], parallelToolCalls: false, toolChoice: { kind: 'auto' } })
    assert.deepEqual(written, { body: { ...hello, toolConfig: { tools: [weatherSpec] }, additionalModelRequestFields: { tool_choice: one } }, dropped: [] })
    for (const toolChoice of [{ kind: 'any' }, { kind: 'tool', name: 'get_weather' }] as const) {
      assert.deepEqual(write({ tools: [weather], parallelToolCalls: false, toolChoice }).dropped, ['parallel_tool_calls'])
    }
    assert.deepEqual(write({ tools: [weather], parallelToolCalls: false }, 'amazon.nova-pro-v1:0').dropped, ['parallel_tool_calls'])
    assert.deepEqual(write({ parallelToolCalls: false }), { body: hello, dropped: [] })
  })

  it('are marked for the cache, but not for Nova', () => {
    const tools = [{ ...weather, cache: { ttl: undefined } }]
    assert.deepEqual(toolConfig({ tools }), { tools: [weatherSpec, { cachePoint: { type: 'default' } }] })
    const nova = write({ tools }, 'amazon.nova-pro-v1:0')
    assert.deepEqual([nova.body['toolConfig'], nova.dropped], [{ tools: [weatherSpec] }, ['cache_control']])
  })

  it('have names that Bedrock takes, and not ours', () => {
    assert.doesNotThrow(() => write({ tools: [{ ...weather, name: 'x' }] }))
    for (const name of ['a b', 'x'.repeat(65), '', answerToolName]) {
      assert.throws(() => write({ tools: [{ ...weather, name }] }), { code: 'unsupported_parameter', param: 'tools' })
    }
  })
})

describe('structured output of Converse', () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } } } as const
  const output = { kind: 'schema', name: 'place', description: 'A place', schema, strict: true } as const
  const answer = { toolSpec: { name: answerToolName, description: 'A place', inputSchema: { json: schema } } }

  it('is a tool that must be called', () => {
    assert.deepEqual(write({ output }), { body: { ...hello, toolConfig: { tools: [answer], toolChoice: { tool: { name: answerToolName } } } }, dropped: [] })
  })

  it('is one of the tools that must be called, where there are others', () => {
    assert.deepEqual(write({ output, tools: [weather] }).body['toolConfig'], { tools: [weatherSpec, answer], toolChoice: { any: {} } })
    assert.deepEqual(write({ output, tools: [weather], toolChoice: { kind: 'none' } }).body['toolConfig'], { tools: [answer], toolChoice: { tool: { name: answerToolName } } })
    assert.deepEqual(write({ output, tools: [weather], toolChoice: { kind: 'any' } }).body['toolConfig'], { tools: [weatherSpec], toolChoice: { any: {} } })
  })

  it('is asked for in words where a call cannot be demanded', () => {
    const system = [{ text: answerInstruction }]
    assert.deepEqual(write({ output }, 'meta.llama3-1-8b-instruct-v1:0').body, { ...hello, system, toolConfig: { tools: [answer] } })
    const thinking = write({ output, reasoning: { effort: 'low', budgetTokens: undefined, visible: false } })
    assert.deepEqual(thinking.body, {
      ...hello,
      system,
      toolConfig: { tools: [answer] },
      inferenceConfig: { maxTokens: 32_000 },
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } },
    })
    assert.deepEqual(thinking.dropped, [])
  })
})
