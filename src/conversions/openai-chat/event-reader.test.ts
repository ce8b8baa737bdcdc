import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AnswerEvent } from '../answer.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { ChatEventReader } from './event-reader.ts'

const chunk = (choices: readonly JsonValue[], rest: JsonObject = {}) => ({ id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'gpt-4o-2024-08-06', choices, ...rest })
const delta = (fields: JsonObject, rest: JsonObject = {}) => chunk([{ index: 0, delta: fields, finish_reason: null }], rest)
const finish = (reason: string, rest: JsonObject = {}) => chunk([{ index: 0, delta: {}, finish_reason: reason, ...rest }])
const calls = (...entries: JsonObject[]) => delta({ tool_calls: entries })
const call = (index: number | undefined, id: string | undefined, name: string | undefined, json: JsonValue = '') => ({
  ...(index === undefined ? {} : { index }),
  ...(id === undefined ? {} : { id, type: 'function' }),
  function: { ...(name === undefined ? {} : { name }), arguments: json },
})
const usageSaid = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
const usage = { kind: 'usage', usage: { inputTokens: 10, cachedInputTokens: undefined, cacheCreationInputTokens: undefined, outputTokens: 5, reasoningTokens: undefined, totalTokens: 15 } }

const start = { kind: 'start', id: 'chatcmpl-1', model: 'gpt-4o-2024-08-06' }
const end = { kind: 'end' }
const finished = (reason: string, stopSequence?: string) => ({ kind: 'finish', reason, stopSequence })
const text = (index: number, words: string) => ({ kind: 'text', index, text: words })
const json = (index: number, piece: string) => ({ kind: 'arguments', index, json: piece })
const begun = (index: number, kind: string, rest: object = {}) => ({ kind: 'part_start', index, part: { kind, ...rest } })
const called = (index: number, id: string, name = 'look') => begun(index, 'tool_call', { id, name })
const ended = (index: number) => ({ kind: 'part_end', index })

/** Every chunk as an event of its own; strings as they are. */
function read(chunks: readonly (JsonObject | string)[], isClosed = true): readonly AnswerEvent[] {
  const reader = new ChatEventReader()
  const events = chunks.flatMap((each) => reader.read('', typeof each === 'string' ? each : JSON.stringify(each)))
  return isClosed ? [...events, ...reader.close()] : events
}

describe('a stream of OpenAI', () => {
  it('is a text, its end and its usage', () => {
    const chunks = [delta({ role: 'assistant', content: '', refusal: null }), delta({ content: 'Hel' }), delta({ content: 'lo' }), finish('stop'), chunk([], { usage: usageSaid }), '[DONE]']
    assert.deepEqual(read(chunks, false), [start, begun(0, 'text'), text(0, 'Hel'), text(0, 'lo'), ended(0), finished('stop'), usage, end])
  })

  it('is over without [DONE] when its end was said, and was cut when it was not', () => {
    assert.deepEqual(read([delta({ content: 'a' }), finish('length')]).slice(-2), [finished('length'), end])
    assert.deepEqual(read([delta({ content: 'a' })]), [start, begun(0, 'text'), text(0, 'a')])
    assert.deepEqual(read([]), [])
  })

  it('is over with [DONE] when its end was not said', () => {
    assert.deepEqual(read([delta({ content: 'a' }), ' [DONE] ']).slice(-3), [ended(0), finished('stop'), end])
    assert.deepEqual(read([calls(call(0, 'c1', 'look', '{}')), '[DONE]']).slice(-3), [ended(0), finished('tool_calls'), end])
  })

  it('calls tools, and ends each call where its arguments are complete', () => {
    const chunks = [
      delta({ role: 'assistant', content: null, tool_calls: [call(0, 'c1', 'look')] }),
      calls(call(0, undefined, undefined, '{"a":"}\\"')),
      calls(call(0, undefined, undefined, '"}')),
      calls(call(1, 'c2', 'find', '{')),
      calls(call(1, undefined, undefined, '}')),
      finish('tool_calls'),
      '[DONE]',
    ]
    assert.deepEqual(read(chunks), [
      start,
      called(0, 'c1'),
      json(0, '{"a":"}\\"'),
      json(0, '"}'),
      ended(0),
      called(1, 'c2', 'find'),
      json(1, '{'),
      json(1, '}'),
      ended(1),
      finished('tool_calls'),
      end,
    ])
  })

  it('may go on with a call whose arguments are not complete, between others and text', () => {
    const chunks = [
      calls(call(0, 'c1', 'look', '{"a":'), call(1, 'c2', 'look', '{"b":')),
      delta({ content: 'so' }),
      calls(call(1, undefined, undefined, '2}'), call(0, undefined, undefined, '1}')),
      finish('stop'),
    ]
    assert.deepEqual(read(chunks), [
      start,
      called(0, 'c1'),
      json(0, '{"a":'),
      called(1, 'c2'),
      json(1, '{"b":'),
      begun(2, 'text'),
      text(2, 'so'),
      ended(2),
      json(1, '2}'),
      json(0, '1}'),
      ended(0),
      ended(1),
      finished('tool_calls'),
      end,
    ])
  })

  const lookAlikes: readonly [string, readonly (JsonObject | string)[], readonly object[]][] = [
    ['thoughts of DeepSeek', [delta({ reasoning_content: 'hm' }), delta({ content: 'a' }), finish('stop')], [begun(0, 'reasoning'), text(0, 'hm'), ended(0), begun(1, 'text'), text(1, 'a'), ended(1), finished('stop')]],
    ['thoughts of OpenRouter', [delta({ reasoning: 'hm', content: '' }), delta({ content: 'a', reasoning: null }), finish('stop')], [begun(0, 'reasoning'), text(0, 'hm'), ended(0), begun(1, 'text'), text(1, 'a'), ended(1), finished('stop')]],
    ['thoughts that are said twice', [delta({ reasoning: 'hm', reasoning_content: 'hm' }), finish('stop')], [begun(0, 'reasoning'), text(0, 'hm'), ended(0), finished('stop')]],
    ['thoughts of Mistral', [delta({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] }), finish('stop')], [begun(0, 'reasoning'), text(0, 'hm'), ended(0), finished('stop')]],
    [
      'thoughts of a gateway, with their signature',
      [delta({ reasoning_content: 'hm' }), delta({ thinking_blocks: [{ type: 'thinking', thinking: '', signature: 's' }] }), finish('stop')],
      [begun(0, 'reasoning'), text(0, 'hm'), { kind: 'signature', index: 0, signature: 's' }, ended(0), finished('stop')],
    ],
    ['a refusal', [delta({ refusal: 'No.' }), finish('stop')], [begun(0, 'refusal'), text(0, 'No.'), ended(0), finished('refusal')]],
    ['a role in every chunk', [delta({ role: 'assistant', content: 'a' }), delta({ role: 'assistant', content: 'b' }), finish('stop')], [begun(0, 'text'), text(0, 'a'), text(0, 'b'), ended(0), finished('stop')]],
    ['usage beside the last choice', [{ ...finish('stop'), usage: usageSaid }], [finished('stop'), usage]],
    ['usage where Groq has it', [{ ...finish('stop'), x_groq: { usage: usageSaid } }], [finished('stop'), usage]],
    ['usage that is null', [{ ...finish('stop'), usage: null }], [finished('stop')]],
    ["Azure's first chunk about the prompt", [{ id: '', model: '', choices: [], prompt_filter_results: [] }, delta({ content: 'a' }), finish('stop')], [begun(0, 'text'), text(0, 'a'), ended(0), finished('stop')]],
    ['an end with a delta of null', [chunk([{ index: 0, delta: null, finish_reason: 'stop' }])], [finished('stop')]],
    ["vLLM's stop sequence", [finish('stop', { stop_reason: 'END' })], [finished('stop_sequence', 'END')]],
    ['an end that is said twice', [finish('length'), { ...finish('stop'), usage: usageSaid }], [finished('length'), usage]],
    ['another choice, which nobody asked for', [chunk([{ index: 1, delta: { content: 'b' } }, { index: 0, delta: { content: 'a' } }]), finish('stop')], [begun(0, 'text'), text(0, 'a'), ended(0), finished('stop')]],
    ['the call of a function', [delta({ function_call: { name: 'look', arguments: '{' } }), delta({ function_call: { arguments: '}' } }), finish('function_call')], [called(0, 'call_chatcmpl-1_0'), json(0, '{'), json(0, '}'), ended(0), finished('tool_calls')]],
    ['text behind a complete call', [calls(call(0, 'c1', 'look', '{}')), delta({ content: 'a' }), finish('stop')], [called(0, 'c1'), json(0, '{}'), ended(0), begun(1, 'text'), text(1, 'a'), ended(1), finished('tool_calls')]],
    ['a signature too late to reach a client', [calls(call(0, 'c1', 'look', '{}')), calls({ ...call(0, undefined, undefined), extra_content: { google: { thought_signature: 's' } } }), finish('stop')], [called(0, 'c1'), json(0, '{}'), ended(0), finished('tool_calls')]],
    ['a call without an id', [calls(call(0, undefined, 'look', '{}')), finish('tool_calls')], [called(0, 'call_chatcmpl-1_0'), json(0, '{}'), ended(0), finished('tool_calls')]],
    ['a call whose name comes after its first arguments', [calls(call(0, 'c1', undefined, '{')), calls(call(0, undefined, 'look', '}')), finish('stop')], [called(0, 'c1'), json(0, '{}'), ended(0), finished('tool_calls')]],
    ['arguments as an object', [calls(call(0, 'c1', 'look', { a: 1 })), finish('stop')], [called(0, 'c1'), json(0, '{"a":1}'), ended(0), finished('tool_calls')]],
    ["a call with Google's signature", [calls({ ...call(0, 'c1', 'look', '{}'), extra_content: { google: { thought_signature: 's' } } }), finish('stop')], [called(0, 'c1'), { kind: 'signature', index: 0, signature: 's' }, json(0, '{}'), ended(0), finished('tool_calls')]],
    [
      'calls without an index, told by their ids',
      [calls(call(undefined, 'c1', 'look', '{"a":')), calls(call(undefined, undefined, undefined, '1}')), calls(call(undefined, 'c2', 'look', '{}')), finish('stop')],
      [called(0, 'c1'), json(0, '{"a":'), json(0, '1}'), ended(0), called(1, 'c2'), json(1, '{}'), ended(1), finished('tool_calls')],
    ],
    [
      'calls without index and id, told by complete arguments',
      [calls(call(undefined, undefined, 'look', '{}')), calls(call(undefined, undefined, 'look', '{"a":1}')), finish('stop')],
      [called(0, 'call_chatcmpl-1_0'), json(0, '{}'), ended(0), called(1, 'call_chatcmpl-1_1'), json(1, '{"a":1}'), ended(1), finished('tool_calls')],
    ],
    [
      'calls that all have the index 0, told by their ids',
      [calls(call(0, 'c1', 'look', '{}')), calls(call(0, 'c2', 'look', '{"a":1}')), finish('stop')],
      [called(0, 'c1'), json(0, '{}'), ended(0), called(1, 'c2'), json(1, '{"a":1}'), ended(1), finished('tool_calls')],
    ],
  ]
  for (const [what, chunks, events] of lookAlikes) {
    it(`may have ${what}`, () => {
      assert.deepEqual(read(chunks), [start, ...events, end])
    })
  }

  const hello = delta({ role: 'assistant', content: 'a' })
  const broken: readonly [string, readonly (JsonObject | string)[], RegExp][] = [
    ['data that is no JSON', [hello, '{"choices":['], /no JSON object/],
    ['data that is no object', [hello, '7'], /no JSON object/],
    ['choices that are no array', [{ choices: 'a' }], /choices is no array/],
    ['a choice that is no object', [chunk([7])], /a choice is no object/],
    ['a delta that is no object', [chunk([{ index: 0, delta: 'a' }])], /a delta is no object/],
    ['content that is no text', [delta({ content: 7 })], /the content of a delta/],
    ['calls that are no array', [delta({ tool_calls: {} })], /tool_calls is no array/],
    ['a call that is no object', [delta({ tool_calls: ['a'] })], /a tool call is no object/],
    ['arguments that are no text', [calls(call(0, 'c1', 'look', 7))], /arguments of a tool call/],
    ['a reason that is no text', [chunk([{ index: 0, delta: {}, finish_reason: 7 }])], /finish reason/],
    ['a second start, spliced in', [hello, delta({ role: 'assistant', content: '' }, { id: 'chatcmpl-2' })], /a second answer began/],
    ['text after the end', [hello, finish('stop'), delta({ content: 'b' })], /text came after the end/],
    ['a call after the end', [hello, finish('stop'), calls(call(0, 'c1', 'look'))], /call came after the end/],
    ['more of a call that was over', [calls(call(0, 'c1', 'look', '{}')), calls(call(1, 'c2', 'look')), calls(call(0, undefined, undefined, '{}'))], /went on after its end/],
    ['a call that never gets a name', [calls(call(0, 'c1', undefined, '{}')), finish('tool_calls')], /no name/],
    ['endless calls', [calls(...Array.from({ length: 1_001 }, (_, index) => call(index, `c${index}`, 'f', '{}')))], /too many tool calls/],
    ['endless arguments of a call without a name', [calls(call(0, 'c1', undefined, 'x'.repeat(70_000)))], /no name/],
    ['[DONE] and nothing else', ['[DONE]'], /before it began/],
    ['an end that is an error', [hello, finish('error')], /broke it off/],
  ]
  for (const [what, chunks, message] of broken) {
    it(`ends with one error for ${what}`, () => {
      const events = read([...chunks, hello, finish('stop'), '[DONE]'])
      const last = events.at(-1)
      assert.match(last?.kind === 'error' ? last.error.message : '', message)
      assert.deepEqual(events.filter((event) => event.kind === 'error' || event.kind === 'end').length, 1)
    })
  }

  it('ends with the error that the provider sends, in whichever shape', () => {
    const errors: readonly [string, JsonObject, object][] = [
      ['', { error: { message: 'Overloaded', type: 'server_error' } }, { message: 'Overloaded', type: 'server_error' }],
      ['', { id: 'gen-1', error: { code: 502, message: 'Provider disconnected' }, choices: [{ delta: { content: '' }, finish_reason: 'error' }] }, { message: 'Provider disconnected', type: '502' }],
      ['', { object: 'error', message: 'out of memory', type: 'InternalServerError' }, { message: 'out of memory', type: 'InternalServerError' }],
      ['error', { message: 'gone' }, { message: 'gone', type: undefined }],
    ]
    for (const [name, body, error] of errors) {
      const reader = new ChatEventReader()
      reader.read('', JSON.stringify(hello))
      assert.deepEqual(reader.read(name, JSON.stringify(body)), [{ kind: 'error', error }])
      assert.deepEqual([reader.read('', JSON.stringify(hello)), reader.read('', '[DONE]'), reader.close()], [[], [], []])
    }
  })
})
