// The mock refuses what OpenAI refuses, so that a gateway's requests are held against the published schema.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkChatRequest } from './check-chat-request.ts'

const hello = { role: 'user', content: 'hi' }
const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } }
const look = { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: { at: { type: 'string' } } } } }
const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low' } }
const report = { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' } }
const whole = {
  model: 'gpt-4o',
  messages: [
    { role: 'system', content: 'be kind' },
    { role: 'user', content: [{ type: 'text', text: 'hi' }, picture, { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } }, report] },
    { role: 'assistant', content: null, tool_calls: [call, { ...call, id: 'call_2' }] },
    { role: 'tool', tool_call_id: 'call_2', content: 'b' },
    { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: 'a' }] },
    { role: 'assistant', content: 'done', refusal: null, annotations: [] },
    hello,
  ],
  tools: [look],
  tool_choice: { type: 'function', function: { name: 'look' } },
  parallel_tool_calls: false,
  response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: { type: 'object' }, strict: true } },
  max_completion_tokens: 100,
  temperature: 1,
  stop: ['a', 'b'],
  stream: true,
  stream_options: { include_usage: true },
  user: 'u1',
}

describe('the mock as OpenAI', () => {
  it('takes a request with everything in it', () => {
    assert.equal(checkChatRequest(whole), undefined)
  })

  const strict = (parameters: object) => ({ tools: [{ type: 'function', function: { name: 'look', parameters, strict: true } }] })
  const refused: readonly [string, object, RegExp][] = [
    ['an unknown parameter', { top_k: 3 }, /^Unrecognized request argument supplied: top_k$/],
    ['unknown parameters before all else', { top_k: 3, thinking: {}, messages: 7 }, /^Unrecognized request arguments supplied: top_k, thinking$/],
    ['an unknown member of a message', { messages: [{ ...hello, cache_control: { type: 'ephemeral' } }] }, /^Unknown parameter: 'messages\[0\]\.cache_control'\.$/],
    ['an unknown member of a part', { messages: [{ role: 'user', content: [{ type: 'text', text: 'a', x: 1 }] }] }, /^Unknown parameter: 'messages\[0\]\.content\[0\]\.x'\.$/],
    ['no messages', { messages: undefined }, /^Missing required parameter: 'messages'\.$/],
    ['an empty list of messages', { messages: [] }, /'messages'/],
    ['a wrong type', { messages: [{ role: 'user', content: 7 }] }, /^Invalid value for 'messages\[0\]\.content'/],
    ['a picture in a tool message', { messages: [hello, { role: 'assistant', tool_calls: [call] }, { role: 'tool', tool_call_id: 'call_1', content: [picture] }] }, /messages\[2\]\.content\[0\]/],
    ['a file without its name', { messages: [{ role: 'user', content: [{ type: 'file', file: { file_data: report.file.file_data } }] }] }, /messages\[0\]\.content\[0\]\.file/],
    ['a result without a call', { messages: [hello, { role: 'tool', tool_call_id: 'call_9', content: '' }] }, /must be a response to a preceeding message with 'tool_calls'/],
    ['a call without its result', { messages: [hello, { role: 'assistant', tool_calls: [call] }, hello] }, /did not have response messages: call_1/],
    ['a result after something else', { messages: [hello, { role: 'assistant', tool_calls: [call] }, hello, { role: 'tool', tool_call_id: 'call_1', content: '' }] }, /did not have/],
    ['an assistant that says nothing', { messages: [hello, { role: 'assistant', content: null }] }, /expected a string, got null/],
    ['a call id of 41 characters', { messages: [hello, { role: 'assistant', tool_calls: [{ ...call, id: 'x'.repeat(41) }] }] }, /tool_calls\[0\]\.id/],
    ['a name with a dot', { tools: [{ type: 'function', function: { name: 'a.b' } }] }, /tools\[0\]\.function\.name/],
    ['parameters that are no object', { tools: [{ type: 'function', function: { name: 'look', parameters: {} } }] }, /got 'type: "None"'/],
    ['parameters without properties', { tools: [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }] }, /object schema missing properties/],
    ['a strict schema that is open', strict({ type: 'object', properties: {} }), /'additionalProperties' is required/],
    ['a strict schema with an optional property', strict({ type: 'object', properties: { a: {} }, additionalProperties: false }), /Missing 'a'/],
    ['a choice without tools', { tools: undefined, tool_choice: 'auto' }, /only allowed when 'tools' are specified/],
    ['parallel calls without tools', { tools: undefined, tool_choice: undefined, parallel_tool_calls: true }, /only allowed when 'tools' are specified/],
    ['the choice of a tool that is not there', { tool_choice: { type: 'function', function: { name: 'other' } } }, /'other' is not among the tools/],
    ['stream options without a stream', { stream: false }, /only allowed when 'stream' is enabled/],
    ['both names of the limit', { max_tokens: 5 }, /at the same time/],
    ['five stop sequences', { stop: ['1', '2', '3', '4', '5'] }, /'stop'/],
    ['a temperature above 2', { temperature: 2.1 }, /'temperature'/],
    ['metadata that is not stored', { metadata: { a: 'b' } }, /'store' is enabled/],
    ['JSON mode without the word', { response_format: { type: 'json_object' }, messages: [hello] }, /must contain the word 'json'/],
    ['a user id of 65 characters', { user: 'u'.repeat(65) }, /'user'/],
  ]
  for (const [what, patch, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.match(checkChatRequest({ ...whole, ...patch }) ?? 'taken', message)
    })
  }
})
