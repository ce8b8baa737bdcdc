import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { checkChatRequest } from '../../mock/check-chat-request.ts'
import type { AssistantPart, JsonObject, Message, TextPart, UserPart } from '../conversation.ts'
import { writeMessages } from './write-messages.ts'

const text = (words: string): TextPart => ({ kind: 'text', text: words })
const picture = { kind: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'AA==' } } as const
const report = { kind: 'document', source: { kind: 'data', mediaType: 'application/pdf', data: 'AA==' }, name: 'a.pdf' } as const
const pictureWritten = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }
const reportWritten = { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' } }
const call = (id: string): AssistantPart => ({ kind: 'tool_call', id, name: 'look', arguments: '{"a":1}', signature: 's' })
const callWritten = (id: string) => ({ id, type: 'function', function: { name: 'look', arguments: '{"a":1}' } })
const result = (callId: string, ...parts: (TextPart | typeof picture | typeof report)[]): UserPart => ({ kind: 'tool_result', callId, name: 'look', parts, isError: false })
const user = (...parts: UserPart[]): Message => ({ role: 'user', parts })
const assistant = (...parts: AssistantPart[]): Message => ({ role: 'assistant', parts })

function write(messages: readonly Message[], system: readonly TextPart[] = []): readonly JsonObject[] {
  const written = writeMessages({ messages, system })
  assert.equal(checkChatRequest({ model: 'm', messages: written }), undefined)
  return written
}

describe('messages for OpenAI', () => {
  it('begin with the instructions, as one text', () => {
    assert.deepEqual(write([user(text('hi'))], [text('one'), text('two')]), [{ role: 'system', content: 'one\n\ntwo' }, { role: 'user', content: 'hi' }])
  })

  it('are one string where there is text alone, documents of text included', () => {
    const note = { kind: 'document', source: { kind: 'text', text: 'buy milk' }, name: 'note.txt' } as const
    assert.deepEqual(write([user(text('a'), note, text('b'))]), [{ role: 'user', content: 'a\n\nnote.txt:\nbuy milk\n\nb' }])
  })

  it('are parts, in order, where there is more', () => {
    const remote = { kind: 'image', source: { kind: 'url', url: 'https://x.test/a.png' }, detail: 'high' } as const
    const speech = { kind: 'audio', source: { kind: 'data', mediaType: 'audio/mpeg', data: 'BB==' } } as const
    const unnamed = { kind: 'document', source: { kind: 'data', mediaType: 'application/pdf', data: 'CC==' } } as const
    const note = { kind: 'document', source: { kind: 'text', text: 'buy milk' } } as const
    assert.deepEqual(write([user(text('see'), picture, remote, speech, report, unnamed, note)]), [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'see' },
          pictureWritten,
          { type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'high' } },
          { type: 'input_audio', input_audio: { data: 'BB==', format: 'mp3' } },
          reportWritten,
          { type: 'file', file: { filename: 'document.pdf', file_data: 'data:application/pdf;base64,CC==' } },
          { type: 'text', text: 'buy milk' },
        ],
      },
    ])
  })

  it('leave out a detail that OpenAI does not know', () => {
    assert.deepEqual(write([user({ ...picture, detail: 'ultra' })]), [{ role: 'user', content: [pictureWritten] }])
  })

  it('put results right behind the calls, before what else the user says', () => {
    assert.deepEqual(write([assistant(text('let me '), text('see'), call('c1'), call('c2')), user(text('and?'), result('c2', text('two'), text('2')), result('c1'))]), [
      { role: 'assistant', content: 'let me see', tool_calls: [callWritten('c1'), callWritten('c2')] },
      { role: 'tool', tool_call_id: 'c2', content: 'two\n\n2' },
      { role: 'tool', tool_call_id: 'c1', content: '' },
      { role: 'user', content: 'and?' },
    ])
  })

  it('show what a tool returned besides text in the next user message, and say whose it is', () => {
    assert.deepEqual(write([assistant(call('c1'), call('c2')), user(result('c1', text('one'), picture), result('c2', report), text('well?'))]), [
      { role: 'assistant', content: null, tool_calls: [callWritten('c1'), callWritten('c2')] },
      { role: 'tool', tool_call_id: 'c1', content: 'one\n\n(The files it returned are in the next message.)' },
      { role: 'tool', tool_call_id: 'c2', content: '(The files it returned are in the next message.)' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Returned by the tool call c1:' },
          pictureWritten,
          { type: 'text', text: 'Returned by the tool call c2:' },
          reportWritten,
          { type: 'text', text: 'well?' },
        ],
      },
    ])
  })

  it('say in words that a tool failed', () => {
    const failed = (callId: string, words: string): UserPart => ({ kind: 'tool_result', callId, name: undefined, parts: [text(words)], isError: true })
    const written = write([assistant(call('c1'), call('c2')), user(failed('c1', 'no such city'), failed('c2', 'error 7'))])
    assert.deepEqual(written.slice(1).map((message) => message['content']), ['Error: no such city', 'error 7'])
  })

  it('keep refusals and drop thoughts', () => {
    assert.deepEqual(write([user(text('hi')), assistant({ kind: 'reasoning', text: 'hm', signature: 's' }, { kind: 'refusal', text: 'No.' })]).at(-1), { role: 'assistant', content: null, refusal: 'No.' })
    assert.deepEqual(write([user(text('hi')), assistant({ kind: 'reasoning', text: 'hm' })]).at(-1), { role: 'assistant', content: '' })
  })

  it('write no arguments as an empty object', () => {
    const [written] = writeMessages({ system: [], messages: [assistant({ kind: 'tool_call', id: 'c1', name: 'look', arguments: '' })] })
    assert.deepEqual(written?.['tool_calls'], [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } }])
  })
})

describe('ids of calls', () => {
  it('are no longer than OpenAI takes, and the same for a call and its result', () => {
    const ids = ['c'.repeat(40), 'c'.repeat(41), `${'c'.repeat(41)}d`]
    const written = ids.map((id) => {
      const [call, result] = writeMessages({
        system: [],
        messages: [
          { role: 'assistant', parts: [{ kind: 'tool_call', id, name: 'f', arguments: '{}' }] },
          { role: 'user', parts: [{ kind: 'tool_result', callId: id, name: 'f', parts: [], isError: false }] },
        ],
      })
      assert.equal(Object(call)['tool_calls'][0].id, result?.['tool_call_id'])
      return result?.['tool_call_id']
    })
    assert.equal(written[0], ids[0])
    assert.deepEqual([new Set(written).size, written.map((id) => typeof id === 'string' && id.length)], [3, [40, 40, 40]])
  })
})
