import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyConversation } from '../../../test/support/empty-conversation.ts'
import type { AssistantPart, Conversation, JsonValue, Message, UserPart } from '../conversation.ts'
import { anthropicMessagesProvider } from './index.ts'
import { continuingText, openingText } from './write-messages.ts'

const user = (...parts: readonly UserPart[]): Message => ({ role: 'user', parts })
const assistant = (...parts: readonly AssistantPart[]): Message => ({ role: 'assistant', parts })
const text = (value: string) => ({ kind: 'text', text: value }) as const
const call = (id: string, json = '{"city":"Paris"}') => ({ kind: 'tool_call', id, name: 'weather', arguments: json }) as const
const result = (callId: string, parts: Extract<UserPart, { kind: 'tool_result' }>['parts'] = [text('20')]) => ({ kind: 'tool_result', callId, name: 'weather', parts, isError: false }) as const
const block = (value: string) => ({ type: 'text', text: value })
const thoughts = { effort: 'low', budgetTokens: undefined, visible: true } as const

function write(messages: readonly Message[], changes: Partial<Conversation> = {}, upstreamModel = 'claude-sonnet-4-0'): JsonValue | undefined {
  return anthropicMessagesProvider.writeRequest({ ...emptyConversation, messages, ...changes }, { upstreamModel }).body['messages']
}

describe('the messages of a request to Anthropic', () => {
  it('take turns, empty ones left out', () => {
    const messages = write([user(text('a'), text('  ')), assistant(text('')), user(text('b')), assistant(text('c')), user(text('d'))])
    assert.deepEqual(messages, [
      { role: 'user', content: [block('a'), block('b')] },
      { role: 'assistant', content: [block('c')] },
      { role: 'user', content: [block('d')] },
    ])
  })

  it('begin with the user', () => {
    assert.deepEqual(write([assistant(text('Welcome!')), user(text('Hi'))]), [
      { role: 'user', content: [block(openingText)] },
      { role: 'assistant', content: [block('Welcome!')] },
      { role: 'user', content: [block('Hi')] },
    ])
    assert.deepEqual(write([user(text(''))]), [{ role: 'user', content: [block(openingText)] }])
  })

  it('end with the beginning of the answer where the model continues it, and with a word of the user elsewhere', () => {
    const messages = [user(text('Greek sun?')), assistant(text('It is ('), text('Helios \n'))]
    const continued = [{ role: 'user', content: [block('Greek sun?')] }, { role: 'assistant', content: [block('It is ('), block('Helios')] }]
    assert.deepEqual(write(messages), continued)
    const ended = [continued[0], { role: 'assistant', content: [block('It is ('), block('Helios \n')] }, { role: 'user', content: [block(continuingText)] }]
    assert.deepEqual(write(messages, {}, 'claude-opus-4-6'), ended)
    assert.deepEqual(write(messages, { reasoning: thoughts }), ended)
  })

  it('have calls with their input and results first in the next turn', () => {
    const messages = write([
      user(text('Weather?')),
      assistant(text('Let me see.'), call('c1'), call('c2', '')),
      user(text('And?'), result('c1'), { ...result('c2', []), isError: true }),
    ])
    assert.deepEqual(messages, [
      { role: 'user', content: [block('Weather?')] },
      {
        role: 'assistant',
        content: [block('Let me see.'), { type: 'tool_use', id: 'c1', name: 'weather', input: { city: 'Paris' } }, { type: 'tool_use', id: 'c2', name: 'weather', input: {} }],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'c1', content: [block('20')] },
          { type: 'tool_result', tool_use_id: 'c2', is_error: true },
          block('And?'),
        ],
      },
    ])
  })

  it('wrap arguments that are no JSON object, as Anthropic recommends', () => {
    const inputs = ['{"city":"Par', '[1]', ' '].map((json) => {
      const messages = write([user(text('a')), assistant(call('c', json)), user(result('c'))])
      return JSON.stringify(messages).match(/"input":(\{.*?\})\}\]/)?.[1]
    })
    assert.deepEqual(inputs, ['{"INVALID_JSON":"{\\"city\\":\\"Par"}', '{"INVALID_JSON":"[1]"}', '{}'])
  })

  it('have ids in letters that Anthropic takes, the same for a call and its result', () => {
    const [, asked, answered] = JSON.parse(JSON.stringify(write([user(text('a')), assistant(call('a.b:1')), user(result('a.b:1'))])))
    assert.match(asked.content[0].id, /^[a-zA-Z0-9_-]+$/)
    assert.equal(answered.content[0].tool_use_id, asked.content[0].id)
  })

  it('have pictures and documents, also inside results', () => {
    const png = { kind: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'AAAA' }, detail: 'high' } as const
    const messages = [
      user(
        png,
        { kind: 'image', source: { kind: 'url', url: 'https://a/b.png' } },
        { kind: 'document', source: { kind: 'data', mediaType: 'application/pdf', data: 'JVBE' }, name: 'a.pdf' },
        { kind: 'document', source: { kind: 'url', url: 'https://a/b.pdf' } },
        { kind: 'document', source: { kind: 'text', text: 'plain' } },
        { kind: 'document', source: { kind: 'data', mediaType: 'text/markdown', data: Buffer.from('# é').toString('base64') } },
      ),
      assistant(call('c')),
      user(result('c', [text('Here:'), png])),
    ]
    const { body, dropped } = anthropicMessagesProvider.writeRequest({ ...emptyConversation, messages }, { upstreamModel: 'claude-sonnet-4-0' })
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }
    const [first, , last] = JSON.parse(JSON.stringify(body['messages']))
    assert.deepEqual(first.content, [
      image,
      { type: 'image', source: { type: 'url', url: 'https://a/b.png' } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' }, title: 'a.pdf' },
      { type: 'document', source: { type: 'url', url: 'https://a/b.pdf' } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'plain' } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: '# é' } },
    ])
    assert.deepEqual(last.content, [{ type: 'tool_result', tool_use_id: 'c', content: [block('Here:'), image] }])
    assert.deepEqual(dropped, ['detail'])
  })

  it('refuse what Claude cannot take in', () => {
    const bmp = { kind: 'data', mediaType: 'image/bmp', data: 'AA' } as const
    const cannot: readonly Message[] = [
      user({ kind: 'audio', source: { kind: 'data', mediaType: 'audio/wav', data: 'AA' } }),
      user({ kind: 'image', source: bmp }),
      user({ kind: 'image', source: { kind: 'url', url: 'gs://a/b.png' } }),
      user({ kind: 'document', source: { ...bmp, mediaType: 'application/zip' } }),
      assistant({ kind: 'image', source: bmp }),
    ]
    for (const message of cannot) assert.throws(() => write([message]), { code: 'unsupported_parameter', param: 'messages' })
  })

  it('have refusals as text', () => {
    assert.deepEqual(write([user(text('a')), assistant({ kind: 'refusal', text: 'No.' }), user(text('b'))]), [
      { role: 'user', content: [block('a')] },
      { role: 'assistant', content: [block('No.')] },
      { role: 'user', content: [block('b')] },
    ])
  })

  it('have signed thoughts while the model thinks, and never unsigned ones', () => {
    const signed = { kind: 'reasoning', text: 'Hm.', signature: 'sig' } as const
    const turn = [user(text('a')), assistant(signed, { kind: 'reasoning', text: '', redacted: 'xx' }, { kind: 'reasoning', text: 'Ah.' }, call('c')), user(result('c'))]
    const thinking = [{ type: 'thinking', thinking: 'Hm.', signature: 'sig' }, { type: 'redacted_thinking', data: 'xx' }]
    const content = (messages: JsonValue | undefined): unknown => JSON.parse(JSON.stringify(messages))[1].content.slice(0, -1)
    assert.deepEqual(content(write(turn, { reasoning: thoughts })), thinking)
    assert.deepEqual(content(write(turn)), [])
    // It thinks unasked.
    assert.deepEqual(content(write(turn, {}, 'claude-sonnet-5')), thinking)
  })
})
