import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyConversation } from '../../../test/support/empty-conversation.ts'
import type { Message, ToolCallPart, ToolResultPart, UserPart } from '../conversation.ts'
import { writeContents } from './write-contents.ts'

const ask: Message = { role: 'user', parts: [{ kind: 'text', text: 'Weather?' }] }
const pixel = { kind: 'data', mediaType: 'image/png', data: 'iVBORw0KGgo=' } as const

function call(id: string, name: string, extra: Partial<ToolCallPart> = {}): ToolCallPart {
  return { kind: 'tool_call', id, name, arguments: '{"city":"Paris"}', ...extra }
}

function result(callId: string, text: string, extra: Partial<ToolResultPart> = {}): ToolResultPart {
  return { kind: 'tool_result', callId, name: undefined, parts: [{ kind: 'text', text }], isError: false, ...extra }
}

function write(messages: readonly Message[], generation: number | undefined = 2.5, dropped = new Set<string>()): unknown {
  return writeContents({ ...emptyConversation, messages }, generation, dropped)
}

function user(...parts: readonly UserPart[]): Message {
  return { role: 'user', parts }
}

describe("Gemini's contents", () => {
  it('take turns as user and model, and have no empty texts', () => {
    const messages: Message[] = [
      ask,
      { role: 'assistant', parts: [{ kind: 'reasoning', text: 'hm', signature: 's' }, { kind: 'text', text: 'Sunny.' }, { kind: 'refusal', text: 'No.' }, { kind: 'text', text: '' }] },
      user({ kind: 'text', text: '' }, { kind: 'text', text: 'And now?' }),
    ]
    assert.deepEqual(write(messages), [
      { role: 'user', parts: [{ text: 'Weather?' }] },
      { role: 'model', parts: [{ text: 'Sunny.' }, { text: 'No.' }] },
      { role: 'user', parts: [{ text: 'And now?' }] },
    ])
  })

  it('have media inline, or by address with the type its extension tells', () => {
    const sources: UserPart[] = [
      { kind: 'image', source: pixel, detail: 'high' },
      { kind: 'image', source: { kind: 'url', url: 'https://example.com/a/Cat.JPG?size=1.5' } },
      { kind: 'document', source: { kind: 'url', url: 'gs://bucket/report.pdf' }, name: 'report.pdf' },
      { kind: 'document', source: { kind: 'text', text: 'Plain words' } },
      { kind: 'audio', source: { kind: 'data', mediaType: 'audio/wav', data: 'UklGRg==' } },
    ]
    const dropped = new Set<string>()
    assert.deepEqual(write([user(...sources)], 2.5, dropped), [
      {
        role: 'user',
        parts: [
          { inlineData: { mimeType: 'image/png', data: pixel.data } },
          { fileData: { mimeType: 'image/jpeg', fileUri: 'https://example.com/a/Cat.JPG?size=1.5' } },
          { fileData: { mimeType: 'application/pdf', fileUri: 'gs://bucket/report.pdf' } },
          { text: 'Plain words' },
          { inlineData: { mimeType: 'audio/wav', data: 'UklGRg==' } },
        ],
      },
    ])
    assert.deepEqual([...dropped], ['detail'])
  })

  it('refuse addresses of unknown type or scheme, with advice', () => {
    for (const url of ['https://example.com/image', 'https://example.com/x.exe', 'ftp://example.com/a.png', 'file:///etc/passwd.txt', 'a.png']) {
      assert.throws(() => write([user({ kind: 'image', source: { kind: 'url', url } })]), { code: 'unsupported_parameter', param: 'messages', message: /base64/ })
    }
  })

  it('have calls with their arguments, and the signature that came with them', () => {
    const messages: Message[] = [ask, { role: 'assistant', parts: [call('a', 'weather', { signature: 'c2ln' }), call('b', 'time', { arguments: '' })] }]
    assert.deepEqual(write(messages), [
      { role: 'user', parts: [{ text: 'Weather?' }] },
      {
        role: 'model',
        parts: [
          { functionCall: { id: 'a', name: 'weather', args: { city: 'Paris' } }, thoughtSignature: 'c2ln' },
          { functionCall: { id: 'b', name: 'time', args: {} } },
        ],
      },
    ])
  })

  it('have no ids that Gemini did not give', () => {
    const foreign: Message[] = [ask, { role: 'assistant', parts: [call('call_1', 'weather')] }, user(result('call_1', 'ok'))]
    const madeUp: Message[] = [ask, { role: 'assistant', parts: [call('gemini_call_x_0', 'weather', { signature: 'c2ln' })] }, user(result('gemini_call_x_0', 'ok'))]
    assert.doesNotMatch(JSON.stringify([write(foreign), write(madeUp)]), /"id"/)
    const own: Message[] = [ask, { role: 'assistant', parts: [call('f1', 'weather', { signature: 'c2ln' })] }, user(result('f1', 'ok'))]
    assert.match(JSON.stringify(write(own)), /"functionResponse":\{"id":"f1","name":"weather"/)
  })

  it('sign the first call of another model with the documented stand-in, from generation 3 on', () => {
    const messages: Message[] = [ask, { role: 'assistant', parts: [call('a', 'weather'), call('b', 'time')] }]
    const signatures = (written: unknown): unknown => JSON.stringify(written).match(/"thoughtSignature":"[^"]*"/g)
    assert.deepEqual(signatures(write(messages, 3)), ['"thoughtSignature":"skip_thought_signature_validator"'])
    assert.equal(signatures(write(messages, 2.5)), null)
  })

  it('have results in the order of the calls, apart from what the user says', () => {
    const messages: Message[] = [
      ask,
      { role: 'assistant', parts: [call('a', 'weather'), call('b', 'time')] },
      user(result('b', 'noon'), { kind: 'text', text: 'Go on' }, result('a', '{"degrees":20}')),
    ]
    assert.deepEqual(Object(write(messages)).slice(2), [
      { role: 'user', parts: [{ functionResponse: { name: 'weather', response: { degrees: 20 } } }, { functionResponse: { name: 'time', response: { result: 'noon' } } }] },
      { role: 'user', parts: [{ text: 'Go on' }] },
    ])
  })

  it('have results as objects, whatever a tool gave', () => {
    const texts: [ToolResultPart, unknown][] = [
      [result('a', '[1,2]'), { result: '[1,2]' }],
      [result('a', '{broken'), { result: '{broken' }],
      [result('a', ''), { result: '' }],
      [result('a', 'no such city', { isError: true }), { error: 'no such city' }],
      [result('a', '{"code":404}', { isError: true }), { error: { code: 404 } }],
      [result('a', '', { parts: [{ kind: 'text', text: '{"a":' }, { kind: 'text', text: '1}' }] }), { a: 1 }],
    ]
    for (const [part, response] of texts) {
      const contents = write([ask, { role: 'assistant', parts: [call('a', 'weather')] }, user(part)])
      assert.deepEqual(Object(contents)[2].parts, [{ functionResponse: { name: 'weather', response } }])
    }
  })

  it('have pictures of a result inside it from generation 3 on, else after it', () => {
    const messages: Message[] = [ask, { role: 'assistant', parts: [call('a', 'plot')] }, user(result('a', '', { parts: [{ kind: 'image', source: pixel }] }))]
    const inline = { inlineData: { mimeType: 'image/png', data: pixel.data } }
    assert.deepEqual(Object(write(messages, 3)).slice(2), [{ role: 'user', parts: [{ functionResponse: { name: 'plot', response: { result: '' }, parts: [inline] } }] }])
    assert.deepEqual(Object(write(messages, 2.5)).slice(2), [
      { role: 'user', parts: [{ functionResponse: { name: 'plot', response: { result: '' } } }] },
      { role: 'user', parts: [{ text: 'From the result of plot:' }, inline] },
    ])
  })

  it('need a name for every result and an object for every call', () => {
    assert.throws(() => write([ask, user(result('nobody', 'x'))]), { code: 'malformed_request', message: /nobody/ })
    assert.deepEqual(Object(write([ask, user(result('nobody', 'x', { name: 'weather' }))]))[1].parts, [{ functionResponse: { name: 'weather', response: { result: 'x' } } }])
    for (const broken of ['{"a":', '[1]', '"text"', 'null']) {
      assert.throws(() => write([ask, { role: 'assistant', parts: [call('a', 'weather', { arguments: broken })] }]), { code: 'malformed_request' })
    }
  })

  it('keep no marks of a prompt cache', () => {
    const cache = { ttl: '1h' } as const
    const marked: Message[][] = [
      [user({ kind: 'text', text: 'Long', cache })],
      [ask, { role: 'assistant', parts: [{ kind: 'text', text: 'Long', cache }] }],
      [ask, { role: 'assistant', parts: [call('a', 'weather', { cache })] }],
      [ask, { role: 'assistant', parts: [call('a', 'weather')] }, user(result('a', 'x', { cache }))],
    ]
    for (const messages of marked) {
      const dropped = new Set<string>()
      write(messages, 2.5, dropped)
      assert.deepEqual([...dropped], ['cache_control'])
    }
  })
})
