// The mock of Anthropic thinks when it is asked to, and takes its thoughts back, seen through the official SDK.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { type MockProvider, startMockProvider } from './mock-provider.ts'

describe('the mock of Anthropic, thinking', () => {
  let mock: MockProvider
  let client: Anthropic
  before(async () => {
    mock = await startMockProvider({ api: 'anthropic', address: '127.0.0.1:0' })
    client = new Anthropic({ apiKey: 'k', baseURL: mock.url, maxRetries: 0 })
  })
  after(() => mock.close())

  const question = { role: 'user' as const, content: 'Get weather in Paris' }
  const tools = [{ name: 'get_weather', input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } } }]
  const asked = { model: 'claude-haiku-4-5', max_tokens: 4_096, messages: [question], tools, thinking: { type: 'enabled' as const, budget_tokens: 1_024 } }

  it('begins with its thoughts, whole and streamed', async () => {
    const whole = await client.messages.create(asked)
    const streamed = await client.messages.stream(asked).finalMessage()
    assert.deepEqual(whole.content.map((block) => block.type), ['thinking', 'tool_use'])
    assert.deepEqual(streamed.content.map((block) => block.type), ['thinking', 'tool_use'])
    assert.deepEqual(streamed.content[0], whole.content[0])
  })

  it('takes its thoughts back in a tool loop, and no others', async () => {
    const { content } = await client.messages.create(asked)
    const call = content.find((block) => block.type === 'tool_use')
    const result = { role: 'user' as const, content: [{ type: 'tool_result' as const, tool_use_id: call?.id ?? '', content: '20' }] }
    const goOn = (blocks: Anthropic.ContentBlockParam[]) => client.messages.create({ ...asked, messages: [question, { role: 'assistant', content: blocks }, result] })
    assert.deepEqual((await goOn(content)).content.map((block) => block.type), ['text'])
    await assert.rejects(goOn(content.slice(1)), /Expected `thinking`/)
    await assert.rejects(goOn(content.map((block) => (block.type === 'thinking' ? { ...block, signature: 'forged' } : block))), /Invalid `signature`/)
  })

  it('keeps its thoughts for itself where it is told to', async () => {
    const [thought] = (await client.messages.create({ ...asked, model: 'claude-sonnet-5', thinking: { type: 'adaptive', display: 'omitted' } })).content
    assert.deepEqual(thought?.type === 'thinking' ? [thought.thinking, thought.signature === ''] : thought, ['', false])
    const hidden = { ...asked, messages: [{ role: 'user' as const, content: 'ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_x' }] }
    assert.equal((await client.messages.stream(hidden).finalMessage()).content[0]?.type, 'redacted_thinking')
  })

  it('gives structured output by its schema', async () => {
    const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false }
    const { content } = await client.messages.create({ model: asked.model, max_tokens: 100, messages: [question], output_config: { format: { type: 'json_schema', schema } } })
    assert.deepEqual(content.map((block) => (block.type === 'text' ? JSON.parse(block.text) : block)), [{ city: 'Paris' }])
  })

  it('calls what it was told to behind a result, once', async () => {
    const answer = { name: 'final_answer', input_schema: { type: 'object' as const, properties: {} } }
    const call = { type: 'tool_use' as const, id: 'toolu_1', name: 'get_weather', input: {} }
    const messages = [question, { role: 'assistant' as const, content: [call] }, { role: 'user' as const, content: [{ type: 'tool_result' as const, tool_use_id: 'toolu_1' }] }]
    const both = { model: asked.model, max_tokens: 100, messages, tools: [...tools, answer] }
    const called = async (more: Partial<Anthropic.MessageCreateParamsNonStreaming>) => (await client.messages.create({ ...both, ...more })).content.map((block) => (block.type === 'tool_use' ? block.name : block.type))
    assert.deepEqual(await called({}), ['text'])
    assert.deepEqual(await called({ tool_choice: { type: 'any' } }), ['final_answer'])
    assert.deepEqual(await called({ system: 'End by calling final_answer.' }), ['final_answer'])
  })
})
