// What every pair of dialects has in common: a client is told in the words of its own API what was refused and what was left out.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TollgateError } from '../core/errors.ts'
import { conversionFor } from './index.ts'

const models = { 'openai-chat': 'gpt-4o', 'anthropic-messages': 'claude-sonnet-4-5', 'bedrock-converse': 'amazon.nova-pro-v1:0', gemini: 'gemini-2.5-flash' } as const
type Dialect = keyof typeof models

function convert(format: string, dialect: Dialect, body: object) {
  const conversion = conversionFor(format, { dialect, envelope: 'none' })
  assert.ok(conversion)
  return conversion.convertRequest(Buffer.from(JSON.stringify(body)), { upstreamModel: models[dialect] })
}

function refusal(format: string, dialect: Dialect, body: object): readonly [string | undefined, string] {
  try {
    convert(format, dialect, body)
  } catch (thrown) {
    const { param, message } = TollgateError.from(thrown)
    return [param, message]
  }
  return ['nothing was refused', '']
}

describe('what is refused', () => {
  const tiff = 'data:image/tiff;base64,AAAA'
  const chat = { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: tiff } }] }] }
  const responses = { input: [{ role: 'user', content: [{ type: 'input_image', image_url: tiff }] }] }

  it('is named by the parameter of the client’s own API', () => {
    for (const dialect of ['anthropic-messages', 'bedrock-converse'] as const) {
      assert.deepEqual([refusal('openai-chat', dialect, chat)[0], refusal('openai-responses', dialect, responses)[0]], ['messages', 'input'])
    }
    const schema = { type: 'array', items: { type: 'string' } }
    const format = { type: 'json_schema', name: 'n', schema }
    assert.equal(refusal('openai-responses', 'anthropic-messages', { input: 'Hi', text: { format } })[0], 'text.format')
    assert.equal(refusal('openai-chat', 'anthropic-messages', { messages: [{ role: 'user', content: 'Hi' }], response_format: { type: 'json_schema', json_schema: format } })[0], 'response_format')
    const messages = { max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }
    assert.equal(refusal('anthropic-messages', 'bedrock-converse', { ...messages, output_config: { format } })[0], 'output_config.format')
  })

  it('is named in the message as well, where that begins with the parameter', () => {
    const messages = { max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }], stop_sequences: ['a', 'b', 'c', 'd', 'e', 'f'] }
    const [param, message] = refusal('anthropic-messages', 'openai-chat', messages)
    assert.equal(param, 'stop_sequences')
    assert.match(message, /^stop_sequences holds 6 sequences/)
    assert.match(refusal('anthropic-messages', 'gemini', messages)[1], /^stop_sequences holds 6 sequences/)
  })
})

describe('the name of our own tool', () => {
  it('is refused where the provider is asked for structured output by that tool', () => {
    const chat = { messages: [{ role: 'user', content: 'Hi' }], tools: [{ type: 'function', function: { name: 'tollgate_structured_answer' } }] }
    for (const dialect of ['anthropic-messages', 'bedrock-converse', 'gemini'] as const) assert.equal(refusal('openai-chat', dialect, chat)[0], 'tools', dialect)
  })
})

describe('what is left out', () => {
  it('is named as the client knows it', () => {
    const stop = [' ', 'END']
    const chat = { messages: [{ role: 'user', content: 'Hi' }], stop, reasoning_effort: 'high', max_tokens: 100 }
    assert.deepEqual(convert('openai-chat', 'anthropic-messages', chat).dropped, ['reasoning_effort', 'stop'])
    const messages = { max_tokens: 2_000, messages: [{ role: 'user', content: 'Hi' }], stop_sequences: stop, thinking: { type: 'enabled', budget_tokens: 1_024 }, metadata: { user_id: 'a' } }
    assert.deepEqual(convert('anthropic-messages', 'bedrock-converse', messages).dropped, ['thinking', 'metadata.user_id'])
    assert.deepEqual(convert('openai-responses', 'anthropic-messages', { input: 'Hi', reasoning: { effort: 'high' }, max_output_tokens: 100 }).dropped, ['reasoning.effort'])
  })

  it('includes the thoughts of earlier answers, whoever cannot read them', () => {
    const thought = [{ role: 'user', content: 'Hi' }, { role: 'assistant', content: 'Hello', reasoning_content: 'A greeting.' }, { role: 'user', content: 'And?' }]
    const chat = { messages: thought, max_tokens: 100 }
    for (const dialect of ['anthropic-messages', 'bedrock-converse', 'gemini'] as const) assert.deepEqual(convert('openai-chat', dialect, chat).dropped, ['reasoning'], dialect)
    const responses = { input: [{ role: 'user', content: 'Hi' }, { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'A greeting.' }] }, { role: 'assistant', content: 'Hello' }, { role: 'user', content: 'And?' }] }
    for (const dialect of ['anthropic-messages', 'bedrock-converse', 'gemini'] as const) assert.deepEqual(convert('openai-responses', dialect, responses).dropped, ['input.reasoning'], dialect)
    const messages = { max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }, { role: 'assistant', content: [{ type: 'thinking', thinking: 'A greeting.', signature: 'sig' }, { type: 'text', text: 'Hello' }] }, { role: 'user', content: 'And?' }] }
    for (const dialect of ['openai-chat', 'bedrock-converse', 'gemini'] as const) assert.deepEqual(convert('anthropic-messages', dialect, messages).dropped, ['messages.thinking'], dialect)
  })
})
