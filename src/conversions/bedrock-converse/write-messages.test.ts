import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fastCheck from 'fast-check'
import type { AssistantPart, Message, UserPart } from '../conversation.ts'
import { DocumentNames } from './document-names.ts'
import { traitsOf } from './model-traits.ts'
import { toolUseId } from './tool-use-id.ts'
import { writeMessages } from './write-messages.ts'

const claude = 'anthropic.claude-sonnet-4-20250514-v1:0'
const nova = 'amazon.nova-pro-v1:0'
const llama = 'meta.llama3-1-8b-instruct-v1:0'
const text = (value: string) => ({ kind: 'text', text: value }) as const
const data = (mediaType: string, bytes = 'QUJD') => ({ kind: 'data', mediaType, data: bytes }) as const

function write(messages: readonly Message[], model = claude, keepsThoughts = true, continuesAnswers = true): { messages: readonly unknown[]; dropped: string[] } {
  const dropped = new Set<string>()
  const written = writeMessages(messages, { traits: traitsOf(model), keepsThoughts, continuesAnswers }, dropped)
  return { messages: written, dropped: [...dropped] }
}
const byUser = (parts: readonly UserPart[], model?: string): unknown => Reflect.get(Object(write([{ role: 'user', parts }], model).messages[0]), 'content')
const byAssistant = (parts: readonly AssistantPart[], model?: string): unknown =>
  Reflect.get(Object(write([{ role: 'user', parts: [text('Hi')] }, { role: 'assistant', parts }], model).messages[1] ?? {}), 'content')

describe('messages of Converse', () => {
  it('take turns, begin with the user and leave out what is blank', () => {
    const messages: Message[] = [
      { role: 'assistant', parts: [text('Welcome.')] },
      { role: 'user', parts: [text(' ')] },
      { role: 'assistant', parts: [text('Still there?')] },
      { role: 'user', parts: [text('Yes.'), text('')] },
    ]
    assert.deepEqual(write(messages).messages, [
      { role: 'user', content: [{ text: 'Please begin.' }] },
      { role: 'assistant', content: [{ text: 'Welcome.' }, { text: 'Still there?' }] },
      { role: 'user', content: [{ text: 'Yes.' }] },
    ])
  })

  it('let the model go on with its answer, or the user ask for it', () => {
    const begun: Message[] = [{ role: 'user', parts: [text('Count.')] }, { role: 'assistant', parts: [text('One, two, ')] }]
    assert.deepEqual(write(begun).messages[1], { role: 'assistant', content: [{ text: 'One, two,' }] })
    assert.deepEqual(write(begun, claude, true, false).messages.slice(1), [
      { role: 'assistant', content: [{ text: 'One, two, ' }] },
      { role: 'user', content: [{ text: 'Please continue.' }] },
    ])
  })

  it('always alternate and never are empty', () => {
    const message = fastCheck.oneof(
      fastCheck.record({ role: fastCheck.constant('user' as const), parts: fastCheck.array(fastCheck.constantFrom(text('a'), text(' ')), { maxLength: 3 }) }),
      fastCheck.record({
        role: fastCheck.constant('assistant' as const),
        parts: fastCheck.array(fastCheck.constantFrom(text('b'), text(''), { kind: 'reasoning', text: 'Hm', signature: 's' } as const), { maxLength: 3 }),
      }),
    )
    fastCheck.assert(
      fastCheck.property(fastCheck.array(message, { maxLength: 8 }), (messages) => {
        for (const [index, written] of writeMessages(messages, { traits: traitsOf(claude), keepsThoughts: true, continuesAnswers: false }, new Set()).entries()) {
          assert.equal(written.role, index % 2 === 0 ? 'user' : 'assistant')
          assert.ok(written.content.length > 0)
        }
      }),
    )
  })

  it('hold pictures, documents and recordings as bytes', () => {
    assert.deepEqual(byUser([{ kind: 'image', source: data('image/jpg') }]), [{ image: { format: 'jpeg', source: { bytes: 'QUJD' } } }])
    assert.deepEqual(byUser([{ kind: 'document', source: data('application/pdf'), name: 'my_report.pdf' }, text('Sum it up.')]), [
      { document: { format: 'pdf', name: 'my-report-pdf', source: { bytes: 'QUJD' } } },
      { text: 'Sum it up.' },
    ])
    assert.deepEqual(byUser([{ kind: 'audio', source: data('audio/mpeg') }], nova), [{ audio: { format: 'mp3', source: { bytes: 'QUJD' } } }])
  })

  it('hold documents that are text, with text beside them', () => {
    assert.deepEqual(byUser([{ kind: 'document', source: { kind: 'text', text: 'ABC' } }]), [
      { document: { format: 'txt', name: 'document', source: { bytes: 'QUJD' } } },
      { text: '(See the document.)' },
    ])
  })

  it('hold no addresses and no unknown types', () => {
    const refused = { code: 'unsupported_parameter', param: 'messages' }
    assert.throws(() => byUser([{ kind: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } }]), { ...refused, message: /base64/ })
    assert.throws(() => byUser([{ kind: 'image', source: data('image/tiff') }]), { ...refused, message: /png, jpeg, gif, webp/ })
    assert.throws(() => byUser([{ kind: 'document', source: data('application/zip') }]), refused)
    assert.throws(() => byUser([{ kind: 'audio', source: data('audio/wav') }]), { ...refused, message: /Claude takes no recordings/ })
  })

  it('name the detail of a picture, which Bedrock does not know', () => {
    assert.deepEqual(write([{ role: 'user', parts: [{ kind: 'image', source: data('image/png'), detail: 'low' }] }]).dropped, ['detail'])
    assert.deepEqual(write([{ role: 'user', parts: [{ kind: 'image', source: data('image/png'), detail: 'auto' }] }]).dropped, [])
  })

  it('have cache points behind what is marked, where there is a cache', () => {
    const marked = [{ ...text('Long.'), cache: { ttl: '1h' } }] as const
    assert.deepEqual(byUser(marked, 'anthropic.claude-sonnet-4-5-20250929-v1:0'), [{ text: 'Long.' }, { cachePoint: { type: 'default', ttl: '1h' } }])
    assert.deepEqual(byUser(marked, nova), [{ text: 'Long.' }, { cachePoint: { type: 'default' } }])
    assert.deepEqual(write([{ role: 'user', parts: marked }], nova).dropped, ['cache_control'])
    const other = write([{ role: 'user', parts: marked }], llama)
    assert.deepEqual(other, { messages: [{ role: 'user', content: [{ text: 'Long.' }] }], dropped: ['cache_control'] })
    assert.deepEqual(byUser([{ ...text(' '), cache: { ttl: undefined } }, text('Hi')]), [{ text: 'Hi' }])
  })
})

describe('calls and results of Converse', () => {
  const result = (parts: Extract<UserPart, { kind: 'tool_result' }>['parts'], isError = false): UserPart => ({ kind: 'tool_result', callId: 'a', name: 'now', parts, isError })

  it('hold arguments as an object', () => {
    const call = (json: string): AssistantPart => ({ kind: 'tool_call', id: 'a', name: 'now', arguments: json })
    assert.deepEqual(byAssistant([text('Let me see.'), call('{"zone":"UTC"}')]), [{ text: 'Let me see.' }, { toolUse: { toolUseId: 'a', name: 'now', input: { zone: 'UTC' } } }])
    assert.deepEqual(byAssistant([call(' ')]), [{ toolUse: { toolUseId: 'a', name: 'now', input: {} } }])
    for (const json of ['[1]', '{"a":', 'null']) assert.deepEqual(byAssistant([call(json)]), [{ toolUse: { toolUseId: 'a', name: 'now', input: { INVALID_JSON: json } } }])
  })

  it('hold results before anything else, their cache point behind them', () => {
    const cached: UserPart = { kind: 'tool_result', callId: 'a', name: 'now', parts: [{ ...text('noon'), cache: { ttl: undefined } }], isError: false }
    assert.deepEqual(byUser([text('And?'), cached]), [
      { toolResult: { toolUseId: 'a', content: [{ text: 'noon' }] } },
      { cachePoint: { type: 'default' } },
      { text: 'And?' },
    ])
  })

  it('hold results of every kind, and empty ones', () => {
    assert.deepEqual(byUser([result([{ kind: 'image', source: data('image/png') }, { kind: 'document', source: data('text/csv'), name: 'a' }, { kind: 'document', source: { kind: 'text', text: 'T' } }])]), [
      {
        toolResult: {
          toolUseId: 'a',
          content: [{ image: { format: 'png', source: { bytes: 'QUJD' } } }, { document: { format: 'csv', name: 'a', source: { bytes: 'QUJD' } } }, { text: 'T' }],
        },
      },
    ])
    assert.deepEqual(byUser([result([])]), [{ toolResult: { toolUseId: 'a', content: [{ text: '' }] } }])
  })

  it('tell a failure by status, or by text where status is not known', () => {
    assert.deepEqual(byUser([result([text('broken')], true)]), [{ toolResult: { toolUseId: 'a', content: [{ text: 'broken' }], status: 'error' } }])
    assert.deepEqual(byUser([result([text('broken')], true)], llama), [{ toolResult: { toolUseId: 'a', content: [{ text: 'The call failed:' }, { text: 'broken' }] } }])
  })

  it('have ids that Bedrock takes, the same for a call and its result', () => {
    assert.equal(toolUseId('call_A-1'), 'call_A-1')
    for (const id of ['a.b', 'x'.repeat(65), '', 'ü']) assert.match(toolUseId(id), /^call_[a-zA-Z0-9_-]{43}$/)
    assert.notEqual(toolUseId('a.b'), toolUseId('a.c'))
  })
})

describe('thoughts of Converse', () => {
  const said = text('So be it.')
  it('go back to Claude as it signed them', () => {
    assert.deepEqual(byAssistant([{ kind: 'reasoning', text: 'Hm.', signature: 'sig' }, { kind: 'reasoning', text: '', redacted: 'c2VjcmV0' }, said]), [
      { reasoningContent: { reasoningText: { text: 'Hm.', signature: 'sig' } } },
      { reasoningContent: { redactedContent: 'c2VjcmV0' } },
      { text: 'So be it.' },
    ])
  })

  it('are left out when nobody signed them, or another model reads them, or nothing follows', () => {
    assert.deepEqual(byAssistant([{ kind: 'reasoning', text: 'Hm.' }, said]), [{ text: 'So be it.' }])
    assert.deepEqual(byAssistant([{ kind: 'reasoning', text: 'Hm.', signature: '' }, said]), [{ text: 'So be it.' }])
    const history: Message[] = [{ role: 'user', parts: [said] }, { role: 'assistant', parts: [{ kind: 'reasoning', text: 'Hm.', signature: 'sig' }, said] }]
    assert.deepEqual(write(history, llama, false).messages[1], { role: 'assistant', content: [{ text: 'So be it.' }] })
    assert.deepEqual(byAssistant([said, { kind: 'reasoning', text: 'Hm.', signature: 'sig' }]), [{ text: 'So be it.' }])
    assert.equal(byAssistant([{ kind: 'reasoning', text: 'Hm.', signature: 'sig' }]), undefined)
  })

  it('and refusals are text', () => {
    assert.deepEqual(byAssistant([{ kind: 'refusal', text: 'No.' }]), [{ text: 'No.' }])
  })
})

describe('names of documents', () => {
  it('are unlike each other and made of what Bedrock takes', () => {
    fastCheck.assert(
      fastCheck.property(fastCheck.array(fastCheck.option(fastCheck.string({ unit: 'binary', maxLength: 300 }), { nil: undefined }), { maxLength: 6 }), (wanted) => {
        const names = new DocumentNames()
        const given = wanted.map((name) => names.next(name))
        assert.equal(new Set(given).size, given.length)
        for (const name of given) assert.match(name, /^(?!.*\s\s)(?=.{1,200}$)[a-zA-Z0-9 ()[\]-]+$/)
      }),
    )
    const names = new DocumentNames()
    assert.deepEqual([names.next('a.pdf'), names.next('a.pdf'), names.next('?'), names.next(undefined)], ['a-pdf', 'a-pdf (2)', 'document', 'document (2)'])
  })
})
