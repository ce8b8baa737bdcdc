import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import OpenAI from 'openai'
import type { Answer } from '../answer.ts'
import type { JsonObject } from '../conversation.ts'
import { isOurs, readEncryptedContent, writeEncryptedContent } from './encrypted-content.ts'
import { readInput } from './read-input.ts'
import { writeAnswer } from './write-answer.ts'

const context = { clientModel: 'gpt-4o', exchangeId: 'ex1', createdSeconds: 1_700_000_000, usageAsked: false }
const plain: Answer = { id: 'a1', model: 'claude', parts: [{ kind: 'text', text: 'Hello' }], finish: 'stop', stopSequence: undefined, usage: { inputTokens: 5, cachedInputTokens: 2, outputTokens: 3, reasoningTokens: 1 } }
const write = (more: Partial<Answer>) => writeAnswer({ ...plain, ...more }, context)
const outputOf = (response: JsonObject) => response['output']

describe('writing a whole answer for the Responses API', () => {
  it('writes the response that the official client reads', async () => {
    const client = new OpenAI({ apiKey: 'k', baseURL: 'http://mock', fetch: async () => Response.json(write({})) })
    const response = await client.responses.create({ model: 'gpt-4o', input: 'hi' })
    assert.equal(response.output_text, 'Hello')
    assert.deepEqual(response.usage, {
      input_tokens: 5,
      input_tokens_details: { cached_tokens: 2, cache_write_tokens: 0 },
      output_tokens: 3,
      output_tokens_details: { reasoning_tokens: 1 },
      total_tokens: 8,
    })
    const { id, object, created_at, status, model, error, incomplete_details } = response
    const expected = { id: 'resp_a1', object: 'response', created_at: 1_700_000_000, status: 'completed', model: 'gpt-4o' }
    assert.deepEqual({ id, object, created_at, status, model, error, incomplete_details }, { ...expected, error: null, incomplete_details: null })
  })

  it('has every member that the published schema demands', () => {
    const names = Object.keys(write({}))
    const demanded = ['instructions', 'metadata', 'parallel_tool_calls', 'temperature', 'tool_choice', 'tools', 'top_p', 'text', 'reasoning', 'truncation', 'output', 'usage', 'error']
    assert.deepEqual(demanded.filter((name) => !names.includes(name)), [])
  })

  it('names itself by the exchange when the provider gave no id', () => {
    assert.equal(write({ id: '' })['id'], 'resp_ex1')
    assert.equal(write({ id: 'resp_x' })['id'], 'resp_x')
  })

  it('makes one message of what is said in a row, and items of the rest', () => {
    const response = write({
      parts: [
        { kind: 'reasoning', text: 'hm', signature: 's' },
        { kind: 'text', text: 'a' },
        { kind: 'text', text: 'b' },
        { kind: 'tool_call', id: 'c1', name: 'f', arguments: '' },
        { kind: 'text', text: 'c' },
      ],
      finish: 'tool_calls',
    })
    const said = (words: string) => ({ type: 'output_text', annotations: [], logprobs: [], text: words })
    assert.deepEqual(outputOf(response), [
      { id: 'rs_ex1_0', type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: writeEncryptedContent({ text: 'hm', signature: 's' }) },
      { id: 'msg_ex1_1', type: 'message', status: 'completed', content: [said('a'), said('b')], role: 'assistant' },
      { id: 'fc_ex1_2', type: 'function_call', status: 'completed', arguments: '{}', call_id: 'c1', name: 'f' },
      { id: 'msg_ex1_3', type: 'message', status: 'completed', content: [said('c')], role: 'assistant' },
    ])
    assert.equal(response['status'], 'completed')
  })

  it('says what cut it', () => {
    const statuses = (response: JsonObject) => [response['status'], response['incomplete_details']]
    assert.deepEqual(statuses(write({ finish: 'length' })), ['incomplete', { reason: 'max_output_tokens' }])
    assert.deepEqual(statuses(write({ finish: 'content_filter', parts: [] })), ['incomplete', { reason: 'content_filter' }])
    assert.deepEqual(statuses(write({ finish: 'stop_sequence' })), ['completed', null])
    assert.match(JSON.stringify(outputOf(write({ finish: 'length' }))), /"status":"incomplete"/)
  })

  it('refuses in words, its own when the provider has none', () => {
    assert.match(JSON.stringify(outputOf(write({ finish: 'refusal', parts: [] }))), /"type":"refusal","refusal":"The model refused to answer\."/)
    const said = JSON.stringify(outputOf(write({ finish: 'refusal', parts: [{ kind: 'refusal', text: 'No.' }] })))
    assert.deepEqual([said.includes('"refusal":"No."'), said.includes('The model refused')], [true, false])
  })

  it('has no usage when nobody told it', () => {
    assert.equal(write({ usage: undefined })['usage'], null)
  })

  it('is read back with everything that the provider wants to see again', () => {
    const parts: Answer['parts'] = [
      { kind: 'reasoning', text: 'thought “x”', signature: 'sig==' },
      { kind: 'reasoning', text: '', redacted: 'AAA' },
      { kind: 'text', text: 'Let me look.' },
      { kind: 'tool_call', id: 'c1', name: 'f', arguments: '{"a":1}', signature: 'of the call' },
    ]
    const output = write({ parts, finish: 'tool_calls' })['output']
    assert.ok(Array.isArray(output))
    const items = output as JsonObject[]
    const callId = items.at(-1)?.['call_id'] ?? null
    const { messages } = readInput({ input: [...items, { type: 'function_call_output', call_id: callId, output: '42' }] })
    assert.deepEqual(messages[0], { role: 'assistant', parts })
  })
})

describe('encrypted content', () => {
  it('is a mere mark of thoughts that no provider wants back', () => {
    const mark = writeEncryptedContent({ text: 'loud' })
    assert.deepEqual([isOurs(mark), readEncryptedContent(mark), mark.length < 24], [true, undefined, true])
    assert.equal(isOurs('gAAAAABo'), false)
  })

  it('is ours only when it is whole', () => {
    const ours = writeEncryptedContent({ text: 'x', signature: 's' })
    assert.deepEqual(readEncryptedContent(ours), { kind: 'reasoning', text: 'x', signature: 's' })
    assert.equal(readEncryptedContent(ours.slice(0, -4)), undefined)
    assert.equal(readEncryptedContent(''), undefined)
    assert.equal(readEncryptedContent(Buffer.from('{"tollgate":2,"signature":"s"}').toString('base64url')), undefined)
  })
})
