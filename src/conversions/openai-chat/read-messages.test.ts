import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TollgateError } from '../../core/errors.ts'
import type { JsonValue } from '../conversation.ts'
import { withSignature } from '../tool-call-signature.ts'
import { readMessages } from './read-messages.ts'

const hi = { role: 'user', content: 'hi' }
const hiRead = { role: 'user', parts: [{ kind: 'text', text: 'hi' }] }
const call = (id: string, name = 'look') => ({ id, type: 'function', function: { name, arguments: '{"a":1}' } })
const callRead = (id: string, name = 'look') => ({ kind: 'tool_call', id, name, arguments: '{"a":1}' })
const result = (callId: string, text: string, name = 'look') => ({ kind: 'tool_result', callId, name, parts: text === '' ? [] : [{ kind: 'text', text }], isError: false })
const ephemeral = { cache_control: { type: 'ephemeral' } }
const cache = { ttl: undefined }
const user = (...content: JsonValue[]) => [{ role: 'user', content }]
const parts = (messages: JsonValue) => readMessages(messages).messages[0]?.parts

describe('chat messages', () => {
  it('keep instructions apart, in order, wherever they stand', () => {
    const { system, messages } = readMessages([
      { role: 'system', content: 'one' },
      hi,
      { role: 'developer', content: [{ type: 'text', text: 'two' }, { type: 'text', text: 'three', cache_control: { type: 'ephemeral', ttl: '5m' } }] },
      { role: 'system', content: 'four', ...ephemeral },
    ])
    assert.deepEqual(messages, [hiRead])
    assert.deepEqual(system, [
      { kind: 'text', text: 'one' },
      { kind: 'text', text: 'two' },
      { kind: 'text', text: 'three', cache: { ttl: '5m' } },
      { kind: 'text', text: 'four', cache },
    ])
  })

  it('let the last instruction be what was said when nobody said anything', () => {
    const { system, messages } = readMessages([{ role: 'system', content: 'be brief' }, { role: 'developer', content: 'a haiku, please' }])
    assert.deepEqual([system, messages], [[{ kind: 'text', text: 'be brief' }], [{ role: 'user', parts: [{ kind: 'text', text: 'a haiku, please' }] }]])
  })

  it('merge neighbours of a role', () => {
    const { messages } = readMessages([hi, hi, { role: 'assistant', content: 'a' }, { role: 'assistant', content: 'b' }, hi])
    assert.deepEqual(messages, [
      { role: 'user', parts: [...hiRead.parts, ...hiRead.parts] },
      { role: 'assistant', parts: [{ kind: 'text', text: 'a' }, { kind: 'text', text: 'b' }] },
      hiRead,
    ])
  })

  it('leave empty text out, but not a user who says nothing', () => {
    assert.deepEqual(readMessages([{ role: 'user', content: '' }, { role: 'assistant', content: '' }]).messages, [{ role: 'user', parts: [{ kind: 'text', text: '' }] }])
    assert.deepEqual(parts(user({ type: 'text', text: '' }, { type: 'text', text: 'a' })), [{ kind: 'text', text: 'a' }])
  })

  it('hold pictures, by URL and as data', () => {
    const read = parts(user({ type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'low' } }, { type: 'image_url', image_url: { url: 'data:image/PNG;base64,AA,==' }, ...ephemeral }))
    assert.deepEqual(read, [
      { kind: 'image', source: { kind: 'url', url: 'https://x.test/a.png' }, detail: 'low' },
      { kind: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'AA,==' }, cache },
    ])
  })

  it('hold recordings', () => {
    const read = parts(user({ type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } }, { type: 'input_audio', input_audio: { data: 'BB==', format: 'wav' } }))
    assert.deepEqual(read, [
      { kind: 'audio', source: { kind: 'data', mediaType: 'audio/mpeg', data: 'AA==' } },
      { kind: 'audio', source: { kind: 'data', mediaType: 'audio/wav', data: 'BB==' } },
    ])
  })

  it('hold files: documents, texts, pictures, recordings, and PDFs that came as pictures', () => {
    const file = (file_data: string, filename?: string) => ({ type: 'file', file: { file_data, ...(filename === undefined ? {} : { filename }) } })
    const read = parts(
      user(
        file('data:application/pdf;base64,AA==', 'a.pdf'),
        file('data:text/plain;charset=utf-8;base64,R3LDvMOfZQ==', 'b.txt'),
        file('data:image/png;base64,AA=='),
        file('data:audio/wav;base64,AA=='),
        file('https://x.test/c.pdf'),
        { type: 'image_url', image_url: { url: 'data:application/pdf;base64,BB==' } },
      ),
    )
    assert.deepEqual(read, [
      { kind: 'document', source: { kind: 'data', mediaType: 'application/pdf', data: 'AA==' }, name: 'a.pdf' },
      { kind: 'document', source: { kind: 'text', text: 'Grüße' }, name: 'b.txt' },
      { kind: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'AA==' } },
      { kind: 'audio', source: { kind: 'data', mediaType: 'audio/wav', data: 'AA==' } },
      { kind: 'document', source: { kind: 'url', url: 'https://x.test/c.pdf' } },
      { kind: 'document', source: { kind: 'data', mediaType: 'application/pdf', data: 'BB==' } },
    ])
  })

  it('join calls and results, which name the function', () => {
    const { messages } = readMessages([
      hi,
      { role: 'assistant', content: 'let me see', tool_calls: [call('c1'), { ...call('c2', 'find'), ...ephemeral }] },
      { role: 'tool', tool_call_id: 'c2', content: [{ type: 'text', text: 'two' }] },
      { role: 'tool', tool_call_id: 'c1', content: 'one', ...ephemeral },
      hi,
    ])
    assert.deepEqual(messages, [
      hiRead,
      { role: 'assistant', parts: [{ kind: 'text', text: 'let me see' }, callRead('c1'), { ...callRead('c2', 'find'), cache }] },
      { role: 'user', parts: [result('c2', 'two', 'find'), { ...result('c1', 'one'), cache }, ...hiRead.parts] },
    ])
  })

  it('give back the signature that a call carries in its id, or where Google has it', () => {
    const signed = withSignature('c1', 'sig/+=')
    const { messages } = readMessages([
      { role: 'assistant', tool_calls: [call(signed), { ...call('c2'), extra_content: { google: { thought_signature: 'other' } } }] },
      { role: 'tool', tool_call_id: signed, content: 'one' },
      { role: 'tool', tool_call_id: 'c2', content: '' },
    ])
    assert.deepEqual(messages, [
      { role: 'assistant', parts: [{ ...callRead('c1'), signature: 'sig/+=' }, { ...callRead('c2'), signature: 'other' }] },
      { role: 'user', parts: [result('c1', 'one'), result('c2', '')] },
    ])
  })

  it('keep thoughts with their signatures, before what was said', () => {
    const thinking_blocks = [{ type: 'thinking', thinking: 'hm', signature: 's' }, { type: 'redacted_thinking', data: 'xx' }, { type: 'thinking', thinking: 'so' }]
    const signed = [{ kind: 'reasoning', text: 'hm', signature: 's' }, { kind: 'reasoning', text: '', redacted: 'xx' }, { kind: 'reasoning', text: 'so' }]
    const said = { kind: 'text', text: 'a' }
    assert.deepEqual(parts([{ role: 'assistant', content: 'a', reasoning_content: 'hmso', thinking_blocks }]), [...signed, said])
    assert.deepEqual(parts([{ role: 'assistant', content: 'a', reasoning_content: 'hm' }]), [{ kind: 'reasoning', text: 'hm' }, said])
    assert.deepEqual(parts([{ role: 'assistant', content: 'a', reasoning: 'hm' }]), [{ kind: 'reasoning', text: 'hm' }, said])
    const content = [{ type: 'thinking', text: 'hm', signature: 's' }, { type: 'redacted_thinking', redactedContent: 'xx' }, { type: 'text', text: 'a' }]
    assert.deepEqual(parts([{ role: 'assistant', content }]), [...signed.slice(0, 2), said])
  })

  it('keep refusals, as parts and as a member', () => {
    const refusal = { kind: 'refusal', text: 'no' }
    assert.deepEqual(parts([{ role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] }]), [refusal])
    assert.deepEqual(parts([{ role: 'assistant', content: null, refusal: 'no' }]), [refusal])
  })

  it('understand the calls of functions before there were tools', () => {
    const { messages } = readMessages([hi, { role: 'assistant', content: null, function_call: { name: 'look', arguments: '{"a":1}' } }, { role: 'function', name: 'look', content: 'one' }])
    assert.deepEqual(messages.slice(1), [
      { role: 'assistant', parts: [callRead('call_1_legacy')] },
      { role: 'user', parts: [result('call_1_legacy', 'one')] },
    ])
  })

  it('are marked at their last part, unless that has a mark of its own', () => {
    const marked = { type: 'text', text: 'b', cache_control: { type: 'ephemeral', ttl: '1h' } }
    const a = { kind: 'text', text: 'a' }
    const b = { kind: 'text', text: 'b' }
    assert.deepEqual(parts([{ role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'text', text: 'b' }], ...ephemeral }]), [a, { ...b, cache }])
    assert.deepEqual(parts([{ role: 'user', content: [{ type: 'text', text: 'a' }, marked], ...ephemeral }]), [a, { ...b, cache: { ttl: '1h' } }])
  })

  it("mark where OpenAI's own breakpoint is", () => {
    assert.deepEqual(parts(user({ type: 'text', text: 'a', prompt_cache_breakpoint: { mode: 'explicit' } })), [{ kind: 'text', text: 'a', cache }])
  })

  it('name the members that they leave out', () => {
    const { dropped } = readMessages([{ ...hi, name: 'ann', weight: 1 }, { role: 'assistant', content: 'a', name: 'bot', annotations: [], refusal: null, parsed: null, audio: null }])
    assert.deepEqual(dropped, ['messages.name', 'messages.weight'])
  })

  const assistant = { role: 'assistant', tool_calls: [call('c1')] }
  const malformed: readonly [JsonValue[], string, RegExp][] = [
    [[7], 'messages[0]', /an object, not the number 7/],
    [[{ content: 'a' }], 'messages[0].role', /"user", .*, and is missing/],
    [[hi, { role: 'robot', content: 'a' }], 'messages[1].role', /not "robot"/],
    [[hi, hi, { role: 'user' }], 'messages[2].content', /a string or an array of parts, and is missing/],
    [[{ role: 'user', content: [] }], 'messages[0].content', /empty array/],
    [user('a'), 'messages[0].content[0]', /an object/],
    [user({ type: 'text', text: 'a' }, { type: 'video_url' }), 'messages[0].content[1].type', /"text", "image_url", "input_audio", "file", not "video_url"/],
    [user({ type: 'text', text: 7 }), 'messages[0].content[0].text', /a string/],
    [[{ role: 'system', content: [{ type: 'image_url' }] }], 'messages[0].content[0].type', /"text"/],
    [user({ type: 'image_url', image_url: 'https://x.test' }), 'messages[0].content[0].image_url', /an object/],
    [user({ type: 'image_url', image_url: { url: 'ftp://x' } }), 'messages[0].content[0].image_url.url', /https:\/\//],
    [user({ type: 'image_url', image_url: { url: 'data:image/png,AA' } }), 'messages[0].content[0].image_url.url', /base64/],
    [user({ type: 'input_audio', input_audio: { data: 'AA', format: 'flac' } }), 'messages[0].content[0].input_audio.format', /"wav", "mp3", not "flac"/],
    [user({ type: 'file', file: { filename: 'a' } }), 'messages[0].content[0].file.file_data', /is missing/],
    [user({ type: 'text', text: 'a', cache_control: { type: 'forever' } }), 'messages[0].content[0].cache_control.type', /"ephemeral"/],
    [user({ type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '2h' } }), 'messages[0].content[0].cache_control.ttl', /"5m", "1h", not "2h"/],
    [[hi, { role: 'assistant', content: null }], 'messages[1].content', /no tool_calls/],
    [[{ role: 'assistant', content: [{ type: 'input_audio' }] }], 'messages[0].content[0].type', /"text", "refusal"/],
    [[{ role: 'assistant', tool_calls: [{ type: 'function', function: {} }] }], 'messages[0].tool_calls[0].id', /is missing/],
    [[{ role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'b', arguments: {} } }] }], 'messages[0].tool_calls[0].function.arguments', /a string, not an object/],
    [[{ role: 'assistant', tool_calls: [call('c1'), call('c1')] }], 'messages[0].tool_calls', /"c1" twice/],
    [[{ role: 'assistant', content: 'a', thinking_blocks: [{ type: 'x' }] }], 'messages[0].thinking_blocks[0].type', /"thinking", "redacted_thinking"/],
    [[hi, { role: 'tool', tool_call_id: 'c1', content: 'a' }], 'messages[1].tool_call_id', /a tool call in the assistant message before it/],
    [[assistant, { role: 'tool', tool_call_id: 'c2', content: 'a' }], 'messages[1].tool_call_id', /a tool call/],
    [[assistant, { role: 'tool', tool_call_id: 'c1', content: null }], 'messages[1].content', /not null/],
    [[assistant, { role: 'tool', tool_call_id: 'c1', content: [{ type: 'input_audio' }] }], 'messages[1].content[0].type', /"text"/],
    [[hi, assistant, hi], 'messages[1].tool_calls', /missing for "c1"/],
    [[hi, assistant], 'messages[1].tool_calls', /missing for "c1"/],
    [[hi, { role: 'function', name: 'f', content: 'a' }], 'messages[1].name', /the function/],
  ]
  for (const [messages, param, message] of malformed) {
    it(`are refused with 400 for ${JSON.stringify(messages)}`, () => {
      assertError(() => readMessages(messages), { code: 'malformed_request', param, message })
    })
  }

  it('are refused with 422 for what only OpenAI has', () => {
    const cases: readonly [JsonValue[], string][] = [
      [user({ type: 'file', file: { file_id: 'file-1' } }), 'messages[0].content[0].file.file_id'],
      [[{ role: 'assistant', audio: { id: 'a' } }], 'messages[0].audio'],
      [[{ role: 'assistant', tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'b', input: 'c' } }] }], 'messages[0].tool_calls[0].type'],
    ]
    for (const [messages, param] of cases) assertError(() => readMessages(messages), { code: 'unsupported_parameter', param, message: /only/ })
  })
})

function assertError(action: () => unknown, { code, param, message }: { code: string; param: string; message: RegExp }): void {
  assert.throws(action, (error) => {
    assert.ok(error instanceof TollgateError)
    assert.deepEqual([error.code, error.param], [code, param])
    assert.match(error.message, message)
    return true
  })
}
