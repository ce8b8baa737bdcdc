import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TollgateError } from '../../core/errors.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { withSignature } from '../tool-call-signature.ts'
import { writeEncryptedContent } from './encrypted-content.ts'
import { readInput } from './read-input.ts'

const read = (...input: JsonObject[]) => readInput({ input })
const user = (...content: JsonObject[]) => read({ type: 'message', role: 'user', content })
const firstPart = (part: JsonObject) => user(part).messages[0]?.parts[0]
const text = (words: string) => ({ kind: 'text', text: words }) as const
const call = (id: string, more: JsonObject = {}) => ({ type: 'function_call', call_id: id, name: 'f', arguments: '{}', ...more })
const output = (id: string, given: JsonValue = 'done') => ({ type: 'function_call_output', call_id: id, output: given })
const refusal = (code: string, param: string) => (error: unknown) => {
  assert.ok(error instanceof TollgateError)
  assert.deepEqual([error.code, error.param], [code, param])
  return true
}
const resultIds = (parts: readonly { kind: string; callId?: string }[] | undefined) => parts?.map((part) => part.callId ?? part.kind)

describe('reading the input of a Responses request', () => {
  it('takes instructions, system and developer messages apart', () => {
    const { system, messages } = readInput({
      instructions: 'one',
      input: [{ role: 'system', content: 'two' }, { role: 'user', content: 'hi' }, { role: 'developer', content: [{ type: 'input_text', text: 'three' }] }],
    })
    assert.deepEqual(system, [text('one'), text('two'), text('three')])
    assert.deepEqual(messages, [{ role: 'user', parts: [text('hi')] }])
  })

  it('lets somebody speak when there are only instructions', () => {
    assert.deepEqual(readInput({ instructions: 'one', input: [] }).messages, [{ role: 'user', parts: [text('one')] }])
    assert.deepEqual(read().messages, [{ role: 'user', parts: [text('')] }])
  })

  it('merges neighbours of a role', () => {
    const { messages } = read(
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' },
      { type: 'message', role: 'assistant', id: 'msg_1', status: 'completed', content: [{ type: 'output_text', text: 'c', annotations: [] }, { type: 'refusal', refusal: 'd' }] },
      { role: 'assistant', content: 'e' },
    )
    assert.deepEqual(messages, [
      { role: 'user', parts: [text('a'), text('b')] },
      { role: 'assistant', parts: [text('c'), { kind: 'refusal', text: 'd' }, text('e')] },
    ])
  })

  it('reads pictures, files and recordings', () => {
    const data = 'data:image/png;base64,aGk='
    assert.deepEqual(firstPart({ type: 'input_image', image_url: 'https://x/y.png', detail: 'low' }), { kind: 'image', source: { kind: 'url', url: 'https://x/y.png' }, detail: 'low' })
    assert.deepEqual(firstPart({ type: 'input_image', image_url: data }), { kind: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'aGk=' } })
    assert.deepEqual(firstPart({ type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,aGk=' }), {
      kind: 'document',
      source: { kind: 'data', mediaType: 'application/pdf', data: 'aGk=' },
      name: 'a.pdf',
    })
    assert.deepEqual(firstPart({ type: 'input_file', file_url: 'https://x/a.pdf' }), { kind: 'document', source: { kind: 'url', url: 'https://x/a.pdf' } })
    assert.deepEqual(firstPart({ type: 'input_file', file_data: 'data:text/plain;base64,aGk=' }), { kind: 'document', source: { kind: 'text', text: 'hi' } })
    assert.equal(firstPart({ type: 'input_file', file_data: data })?.kind, 'image')
    assert.deepEqual(firstPart({ type: 'input_audio', input_audio: { data: 'aGk=', format: 'mp3' } }), {
      kind: 'audio',
      source: { kind: 'data', mediaType: 'audio/mpeg', data: 'aGk=' },
    })
  })

  it('keeps marks of the prompt cache', () => {
    const mark = { prompt_cache_breakpoint: { mode: 'explicit' } }
    assert.deepEqual(firstPart({ type: 'input_text', text: 'long', ...mark }), { ...text('long'), cache: { ttl: undefined } })
  })

  it('answers parallel calls in one message, in the order of the calls, whatever lies between', () => {
    const { messages } = read({ role: 'user', content: 'go' }, call('a'), call('b'), output('b', 'B'), { role: 'user', content: 'and' }, output('a', [{ type: 'input_text', text: 'A' }]))
    assert.deepEqual(messages.slice(1), [
      { role: 'assistant', parts: [{ kind: 'tool_call', id: 'a', name: 'f', arguments: '{}' }, { kind: 'tool_call', id: 'b', name: 'f', arguments: '{}' }] },
      {
        role: 'user',
        parts: [
          { kind: 'tool_result', callId: 'a', name: 'f', parts: [text('A')], isError: false },
          { kind: 'tool_result', callId: 'b', name: 'f', parts: [text('B')], isError: false },
          text('and'),
        ],
      },
    ])
  })

  it('keeps calls that follow each other apart, also where their ids are the same', () => {
    const { messages } = read(call('a'), output('a', '1'), call('a'), output('a', '2'))
    assert.deepEqual(messages.map(({ role, parts }) => [role, resultIds(parts)]), [
      ['assistant', ['tool_call']],
      ['user', ['a']],
      ['assistant', ['tool_call']],
      ['user', ['a']],
    ])
    assert.deepEqual(messages[3]?.parts[0], { kind: 'tool_result', callId: 'a', name: 'f', parts: [text('2')], isError: false })
  })

  it('finds a call’s signature in its id', () => {
    const id = withSignature('a', 'sig')
    const { messages } = read(call(id), output(id))
    assert.deepEqual(messages[0]?.parts[0], { kind: 'tool_call', id: 'a', name: 'f', arguments: '{}', signature: 'sig' })
    assert.deepEqual(resultIds(messages[1]?.parts), ['a'])
  })

  it('takes thoughts back as the provider signed them, whatever became of the summary', () => {
    const thought = { text: 'as signed', signature: 'sig' }
    const encrypted_content = writeEncryptedContent(thought)
    const { messages, dropped } = read({ type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'cut' }], encrypted_content }, { role: 'assistant', content: 'so' })
    assert.deepEqual(messages, [{ role: 'assistant', parts: [{ kind: 'reasoning', ...thought }, text('so')] }])
    assert.deepEqual(dropped, [])
    const redacted = writeEncryptedContent({ text: '', redacted: 'xyz' })
    assert.deepEqual(read({ type: 'reasoning', summary: [], encrypted_content: redacted }).messages[0]?.parts, [{ kind: 'reasoning', text: '', redacted: 'xyz' }])
  })

  it('reads what was thought elsewhere as text', () => {
    const summary = [{ type: 'summary_text', text: 'a' }, { type: 'summary_text', text: 'b' }]
    const foreign = read({ type: 'reasoning', summary, encrypted_content: 'gAAAAABo' })
    assert.deepEqual([foreign.messages[0]?.parts, foreign.dropped], [[{ kind: 'reasoning', text: 'a\nb' }], ['input.encrypted_content']])
    const open = read({ type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'c' }] })
    assert.deepEqual(open.messages[0]?.parts, [{ kind: 'reasoning', text: 'c' }])
    const unsigned = read({ type: 'reasoning', summary, encrypted_content: writeEncryptedContent({ text: 'a' }) })
    assert.deepEqual([unsigned.messages[0]?.parts, unsigned.dropped], [[{ kind: 'reasoning', text: 'a\nb' }], []])
    assert.deepEqual(read({ type: 'reasoning', summary: [] }, { role: 'user', content: 'x' }).messages.length, 1)
  })

  it('names unknown members once', () => {
    assert.deepEqual(read({ role: 'user', content: 'a', odd: 1, phase: 'x' }, { role: 'user', content: 'b', odd: 2 }).dropped, ['input.odd'])
  })

  for (const [what, items, param] of [
    ['a picture by file id', [{ role: 'user', content: [{ type: 'input_image', file_id: 'file-1' }] }], 'input[0].content[0].file_id'],
    ['a file by id', [{ role: 'user', content: [{ type: 'input_file', file_id: 'file-1' }] }], 'input[0].content[0].file_id'],
    ['a reference', [{ type: 'item_reference', id: 'msg_1' }], 'input[0].type'],
    ['an item of a hosted tool', [{ type: 'web_search_call', id: 'ws_1', status: 'completed' }], 'input[0].type'],
  ] as const) {
    it(`refuses ${what}, which only OpenAI has`, () => {
      assert.throws(() => read(...items), refusal('unsupported_parameter', param))
    })
  }

  for (const [what, items, param] of [
    ['a call without its output', [call('a'), { role: 'user', content: 'x' }], 'input[0].call_id'],
    ['an output without its call', [output('a')], 'input[0].call_id'],
    ['an output before its call', [output('a'), call('a')], 'input[0].call_id'],
    ['two outputs of one call', [call('a'), output('a'), output('a')], 'input[2].call_id'],
    ['an unknown item', [{ type: 'thing' }], 'input[0].type'],
    ['an unknown role', [{ role: 'tool', content: 'x' }], 'input[0].role'],
    ['content that is a number', [{ role: 'user', content: 1 }], 'input[0].content'],
    ['a part of the chat API', [{ role: 'user', content: [{ type: 'text', text: 'x' }] }], 'input[0].content[0].type'],
    ['an address that is none', [{ role: 'user', content: [{ type: 'input_image', image_url: 'file:///etc/passwd' }] }], 'input[0].content[0].image_url'],
    ['a data URL that is none', [{ role: 'user', content: [{ type: 'input_file', file_data: 'data:hello' }] }], 'input[0].content[0].file_data'],
    ['a picture from the system', [{ role: 'system', content: [{ type: 'input_image', image_url: 'https://x/' }] }], 'input[0].content[0].type'],
    ['a picture from the assistant', [{ role: 'assistant', content: [{ type: 'input_image', image_url: 'https://x/' }] }], 'input[0].content[0].type'],
    ['a recording from a function', [call('a'), output('a', [{ type: 'input_audio', input_audio: { data: '', format: 'wav' } }])], 'input[1].output[0].type'],
    ['arguments that are no text', [call('a', { arguments: {} })], 'input[0].arguments'],
    ['a summary that is text', [{ type: 'reasoning', summary: 'x' }], 'input[0].summary'],
    ['encrypted content that is no text', [{ type: 'reasoning', summary: [], encrypted_content: 1 }], 'input[0].encrypted_content'],
  ] as const satisfies readonly (readonly [string, readonly JsonObject[], string])[]) {
    it(`refuses ${what}`, () => {
      assert.throws(() => read(...items), refusal('malformed_request', param))
    })
  }

  it('refuses an item that is none', () => {
    assert.throws(() => readInput({ input: ['x'] }), refusal('malformed_request', 'input[0]'))
    assert.throws(() => readInput({ input: 5 }), refusal('malformed_request', 'input'))
  })
})
