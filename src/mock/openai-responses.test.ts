import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkResponsesRequest } from './check-responses-request.ts'
import type { JsonObject } from './json-object.ts'

const check = (more: JsonObject) => checkResponsesRequest({ model: 'gpt-4o', input: 'hi', ...more })
const items = (...input: JsonObject[]) => check({ input })
const call = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' }
const output = { type: 'function_call_output', call_id: 'c1', output: 'done' }
const thought = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x' }

describe('the mock of OpenAI’s Responses API', () => {
  it('takes what OpenAI takes', () => {
    assert.equal(check({ instructions: 'x', reasoning: { effort: 'low', summary: 'auto' }, include: ['reasoning.encrypted_content'], store: false, stream: true }), undefined)
    assert.equal(check({ tools: [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }, { type: 'web_search', anything: 1 }], tool_choice: 'auto' }), undefined)
    const said = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'x', annotations: [], logprobs: [] }] }
    const picture = { type: 'input_image', image_url: 'https://x/y.png', detail: 'auto' }
    assert.equal(items({ role: 'user', content: [picture] }, thought, { ...call, id: 'fc_1', status: 'completed' }, output, said), undefined)
    assert.equal(check({ input: [output], previous_response_id: 'resp_1' }), undefined)
    assert.equal(check({ tools: [{ type: 'function', name: 'f' }], tool_choice: { type: 'function', name: 'f' } }), undefined)
  })

  for (const [what, body, message] of [
    ['an unknown parameter', { frequency_penalty: 1 }, /^Unknown parameter: 'frequency_penalty'\.$/],
    ['an unknown member of an item', { input: [{ role: 'user', content: 'x', odd: 1 }] }, /^Unknown parameter: 'input\[0\]\.odd'\.$/],
    ['a part of the chat API', { input: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] }, /^Invalid value for 'input\[0\]\.content/],
    ['a tool of the chat API', { tools: [{ type: 'function', function: { name: 'f' } }] }, /tools\[0\]/],
    ['an output without its call', { input: [output] }, /^No tool call found for function call output with call_id c1\.$/],
    ['a call without its output', { input: [call] }, /^No tool output found for function call c1\.$/],
    ['a thought that leads nowhere', { input: [thought, { role: 'user', content: 'x' }] }, /^Item 'rs_1' of type 'reasoning'/],
    ['an item twice', { input: [thought, thought, call, output] }, /^Duplicate item found with id rs_1/],
    ['a message with the id of another kind', { input: [{ id: 'rs_1', role: 'user', content: 'x' }] }, /input\[0\]\.id/],
    ['no input', { input: undefined }, /^One of 'input'/],
    ['too few tokens', { max_output_tokens: 1 }, /^Invalid value for 'max_output_tokens'/],
    ['stream options without a stream', { stream_options: {} }, /only allowed when 'stream'/],
    ['json without the word', { text: { format: { type: 'json_object' } } }, /must contain the word 'json'/],
    ['a choice that is not there', { tool_choice: { type: 'function', name: 'f' } }, /^Tool choice 'function' not found/],
    ['a strict schema that is open', { tools: [{ type: 'function', name: 'f', strict: true, parameters: { type: 'object', properties: {} } }] }, /additionalProperties/],
    ['two memories', { previous_response_id: 'a', conversation: 'b' }, /^Mutually exclusive/],
  ] as const satisfies readonly (readonly [string, JsonObject, RegExp])[]) {
    it(`refuses ${what}`, () => {
      assert.match(check(body) ?? 'taken', message)
    })
  }
})
