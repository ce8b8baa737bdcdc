import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Conversation, JsonObject, JsonValue } from '../conversation.ts'
import { withSignature } from '../tool-call-signature.ts'
import { anthropicMessagesClient } from './index.ts'

const read = (messages: JsonValue): Conversation => anthropicMessagesClient.readRequest({ model: 'm', max_tokens: 100, messages })
const user = (...content: readonly JsonObject[]): JsonObject => ({ role: 'user', content })
const assistant = (...content: readonly JsonObject[]): JsonObject => ({ role: 'assistant', content })
const parts = (...content: readonly JsonObject[]) => read([user(...content)]).messages[0]?.parts
const mark = { cache_control: { type: 'ephemeral', ttl: '5m' } }
const png = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }

describe('the messages of the Messages API', () => {
  it('are turns, neighbours of a role in one', () => {
    assert.deepEqual(read([{ role: 'user', content: 'a' }, user({ type: 'text', text: 'b', ...mark }), { role: 'assistant', content: 'c' }, assistant({ type: 'text', text: 'd' })]).messages, [
      { role: 'user', parts: [{ kind: 'text', text: 'a' }, { kind: 'text', text: 'b', cache: { ttl: '5m' } }] },
      { role: 'assistant', parts: [{ kind: 'text', text: 'c' }, { kind: 'text', text: 'd' }] },
    ])
  })

  it('have pictures by data and by address', () => {
    assert.deepEqual(parts({ ...png, ...mark }, { type: 'image', source: { type: 'url', url: 'https://a/b.png' } }), [
      { kind: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'AAAA' }, cache: { ttl: '5m' } },
      { kind: 'image', source: { kind: 'url', url: 'https://a/b.png' } },
    ])
  })

  it('have documents of every source, with what is told of them', () => {
    const documents = [
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBE' }, title: 'A', context: 'Of last year.', citations: { enabled: true } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'plain' } },
      { type: 'document', source: { type: 'url', url: 'https://a/b.pdf' } },
      { type: 'document', source: { type: 'content', content: 'short' } },
      { type: 'document', source: { type: 'content', content: [{ type: 'text', text: 'one' }, png, { type: 'text', text: 'two' }] } },
      { type: 'search_result', source: 'https://a', title: 'Found', content: [{ type: 'text', text: 'this' }] },
    ]
    const conversation = read([user(...documents)])
    assert.deepEqual(conversation.dropped, ['citations'])
    assert.deepEqual(conversation.messages[0]?.parts, [
      { kind: 'text', text: 'Of last year.' },
      { kind: 'document', source: { kind: 'data', mediaType: 'application/pdf', data: 'JVBE' }, name: 'A' },
      { kind: 'document', source: { kind: 'text', text: 'plain' } },
      { kind: 'document', source: { kind: 'url', url: 'https://a/b.pdf' } },
      { kind: 'document', source: { kind: 'text', text: 'short' } },
      { kind: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'AAAA' } },
      { kind: 'document', source: { kind: 'text', text: 'one\ntwo' } },
      { kind: 'document', source: { kind: 'text', text: 'https://a\nthis' }, name: 'Found' },
    ])
  })

  it('have calls and their results, by name, with the signature that rides in the id', () => {
    const id = withSignature('toolu_1', 'sig')
    const { messages } = read([
      { role: 'user', content: 'a' },
      assistant({ type: 'tool_use', id, name: 'weather', input: { city: 'Paris' } }),
      user(
        { type: 'tool_result', tool_use_id: id, content: '20', is_error: true, ...mark },
        { type: 'tool_result', tool_use_id: 'unknown', content: [{ type: 'text', text: 'x' }, png] },
        { type: 'tool_result', tool_use_id: 'toolu_1' },
      ),
    ])
    assert.deepEqual(messages[1]?.parts, [{ kind: 'tool_call', id: 'toolu_1', name: 'weather', arguments: '{"city":"Paris"}', signature: 'sig' }])
    assert.deepEqual(messages[2]?.parts, [
      { kind: 'tool_result', callId: 'toolu_1', name: 'weather', parts: [{ kind: 'text', text: '20' }], isError: true, cache: { ttl: '5m' } },
      {
        kind: 'tool_result',
        callId: 'unknown',
        name: undefined,
        parts: [{ kind: 'text', text: 'x' }, { kind: 'image', source: { kind: 'data', mediaType: 'image/png', data: 'AAAA' } }],
        isError: false,
      },
      { kind: 'tool_result', callId: 'toolu_1', name: 'weather', parts: [], isError: false },
    ])
  })

  it('have thoughts; an empty signature is none', () => {
    const thoughts = [{ type: 'thinking', thinking: 'Hm.', signature: 'sig' }, { type: 'redacted_thinking', data: 'xx' }, { type: 'thinking', thinking: 'Ah.', signature: '' }]
    assert.deepEqual(read([{ role: 'user', content: 'a' }, assistant(...thoughts)]).messages[1]?.parts, [
      { kind: 'reasoning', text: 'Hm.', signature: 'sig' },
      { kind: 'reasoning', text: '', redacted: 'xx' },
      { kind: 'reasoning', text: 'Ah.' },
    ])
  })

  it('are refused where only Anthropic understands them', () => {
    const file = { type: 'file', file_id: 'f' }
    const own: readonly (readonly [JsonObject, string])[] = [
      [user({ type: 'image', source: file }), 'messages.0.content.0.source'],
      [user({ type: 'document', source: file }), 'messages.0.content.0.source'],
      [user({ type: 'container_upload', file_id: 'f' }), 'messages.0.content.0.type'],
      [assistant({ type: 'server_tool_use' }), 'messages.0.content.0.type'],
      [assistant({ type: 'web_search_tool_result' }), 'messages.0.content.0.type'],
      [user({ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'tool_reference', tool_name: 'a' }] }), 'messages.0.content.0.content.0.type'],
    ]
    for (const [message, param] of own) assert.throws(() => read([message]), { code: 'unsupported_parameter', param })
  })

  it('are refused where Anthropic would refuse them', () => {
    const wrong: readonly (readonly [JsonObject, string])[] = [
      [user({}), 'messages.0.content.0.type'],
      [user({ type: 'video' }), 'messages.0.content.0.type'],
      [user({ type: 'tool_use' }), 'messages.0.content.0.type'],
      [user({ type: 'image' }), 'messages.0.content.0.source'],
      [user({ type: 'image', source: { type: 'base64', data: 'x' } }), 'messages.0.content.0.source.media_type'],
      [user({ type: 'document', source: { type: 'content', content: 1 } }), 'messages.0.content.0.source.content'],
      [user({ type: 'tool_result' }), 'messages.0.content.0.tool_use_id'],
      [user({ type: 'tool_result', tool_use_id: 'a', content: 1 }), 'messages.0.content.0.content'],
      [user({ type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '2h' } }), 'messages.0.content.0.cache_control.ttl'],
      [assistant({ type: 'image' }), 'messages.0.content.0.type'],
      [assistant({ type: 'thinking', thinking: 'a' }), 'messages.0.content.0.signature'],
      [assistant({ type: 'tool_use', id: 'a', name: 'b', input: '{}' }), 'messages.0.content.0.input'],
    ]
    for (const [message, param] of wrong) assert.throws(() => read([message]), { code: 'malformed_request', param })
  })
})
