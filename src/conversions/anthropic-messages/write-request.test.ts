import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { emptyConversation } from '../../../test/support/empty-conversation.ts'
import type { Conversation, JsonObject } from '../conversation.ts'
import type { WrittenRequest } from '../dialect.ts'
import { anthropicMessagesProvider } from './index.ts'

const hello: Conversation = { ...emptyConversation, messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Hello' }] }] }
const helloMessages = [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }]

function write(changes: Partial<Conversation>, upstreamModel = 'claude-sonnet-4-0'): WrittenRequest {
  return anthropicMessagesProvider.writeRequest({ ...hello, ...changes }, { upstreamModel })
}
function body(changes: Partial<Conversation>, upstreamModel?: string): JsonObject {
  return write(changes, upstreamModel).body
}

describe('the body of a request to Anthropic', () => {
  it('has the length that the API demands, and nothing else that was not asked for', () => {
    assert.deepEqual(write({}), { body: { model: 'claude-sonnet-4-0', max_tokens: 32_000, messages: helloMessages }, dropped: [] })
    assert.equal(body({ maxOutputTokens: 100 })['max_tokens'], 100)
    assert.equal(body({ maxOutputTokens: 16_384 }, 'claude-3-haiku-20240307')['max_tokens'], 4_096)
    assert.equal(body({ maxOutputTokens: 500_000 }, 'some-look-alike')['max_tokens'], 500_000)
    assert.equal(body({ stream: true })['stream'], true)
  })

  it('has the system messages as blocks with their marks, without the empty ones', () => {
    const system = [{ kind: 'text', text: 'Be brief.', cache: { ttl: '1h' } }, { kind: 'text', text: ' ' }, { kind: 'text', text: 'Be kind.' }] as const
    assert.deepEqual(body({ system })['system'], [
      { type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral', ttl: '1h' } },
      { type: 'text', text: 'Be kind.' },
    ])
  })

  it('has instructions alone as what the user says', () => {
    const written = body({ system: [{ kind: 'text', text: 'Say hi.' }], messages: [] })
    assert.deepEqual([written['system'], written['messages']], [undefined, [{ role: 'user', content: [{ type: 'text', text: 'Say hi.' }] }]])
  })

  it('samples as it was told to where the model lets it', () => {
    const sampling = { temperature: 0.5, topP: 0.9, topK: 40 }
    const { model: _model, max_tokens: _max, messages: _messages, ...rest } = body(sampling)
    assert.deepEqual(rest, { temperature: 0.5, top_p: 0.9, top_k: 40 })
    const one = write(sampling, 'claude-sonnet-4-5')
    assert.deepEqual([one.body['temperature'], one.body['top_p'], one.dropped], [0.5, undefined, ['top_p']])
    assert.equal(body({ topP: 0.9 }, 'claude-sonnet-4-5')['top_p'], 0.9)
    const none = write(sampling, 'claude-opus-4-7')
    assert.deepEqual([none.body['temperature'], none.body['top_p'], none.body['top_k']], [undefined, undefined, undefined])
    assert.deepEqual(none.dropped, ['temperature', 'top_p', 'top_k'])
    assert.deepEqual(write({ temperature: 1, topP: 1 }, 'claude-opus-4-7').dropped, [])
  })

  it('has no temperature above 1, and says so', () => {
    const { body: written, dropped } = write({ temperature: 1.5 })
    assert.deepEqual([written['temperature'], dropped], [1, ['temperature']])
  })

  it('has stop sequences that are more than white space', () => {
    const { body: written, dropped } = write({ stop: ['END', '\n'] })
    assert.deepEqual([written['stop_sequences'], dropped], [['END'], ['stop']])
    assert.equal(body({ stop: ['\n\n'] })['stop_sequences'], undefined)
  })

  it('names the user, by a hash where the name is too long', () => {
    assert.deepEqual(body({ user: 'alice' })['metadata'], { user_id: 'alice' })
    assert.match(JSON.stringify(body({ user: 'a'.repeat(257) })['metadata']), /^\{"user_id":"[0-9a-f]{64}"\}$/)
  })

  it('names what it leaves out, but not what changes nothing', () => {
    const { dropped } = write({ presencePenalty: 1, frequencyPenalty: 1, seed: 1, metadata: { a: 'b' } })
    assert.deepEqual(dropped, ['presence_penalty', 'frequency_penalty', 'seed', 'metadata'])
    assert.deepEqual(write({ presencePenalty: 0, frequencyPenalty: 0 }).dropped, [])
  })

  it('keeps the last four cache marks', () => {
    const cache = { ttl: undefined }
    const part = (text: string) => ({ kind: 'text', text, cache }) as const
    const tools = [{ name: 'a', description: undefined, parameters: undefined, strict: undefined, cache }]
    const result = { kind: 'tool_result', callId: 'c', name: 'a', parts: [part('r')], isError: false, cache } as const
    const messages = [{ role: 'user', parts: [result, part('3')] } as const]
    const { body: written, dropped } = write({ tools, system: [part('1'), part('2')], messages })
    const mark = { cache_control: { type: 'ephemeral' } }
    assert.deepEqual(dropped, ['cache_control'])
    assert.deepEqual(written['tools'], [{ name: 'a', input_schema: { type: 'object' } }])
    assert.deepEqual(written['system'], [{ type: 'text', text: '1' }, { type: 'text', text: '2', ...mark }])
    assert.equal(JSON.stringify(written).split('cache_control').length, 1 + 4)
    assert.deepEqual(write({ system: [part('1')] }).dropped, [])
  })
})
