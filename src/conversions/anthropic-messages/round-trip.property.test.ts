// Anthropic → ours → Anthropic keeps everything, for streams and for whole messages, and costs no more than it may.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { createConversion } from '../conversion.ts'
import { anthropicMessagesClient, anthropicMessagesProvider } from './index.ts'

const context = { clientModel: 'claude', exchangeId: 'x1', createdSeconds: 0, usageAsked: false }
const conversion = createConversion(anthropicMessagesClient, anthropicMessagesProvider)

const pieces = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 })
const block = fc.oneof(
  fc.record({ type: fc.constant('text'), pieces }),
  fc.record({ type: fc.constant('thinking'), pieces }),
  fc.record({ type: fc.constant('tool_use'), pieces: fc.json().map((json) => [...JSON.stringify({ value: json }).match(/[^]{1,5}/gu) ?? []]) }),
)
const messages = fc.array(block, { maxLength: 5 })
type Block = { readonly type: string; readonly pieces: readonly string[] }

function sseOf(blocks: readonly Block[]): Buffer {
  const events: JsonObject[] = [{ type: 'message_start', message: { id: 'msg_1', model: 'm', usage: { input_tokens: 3, output_tokens: 1 } } }]
  for (const [index, { type, pieces: texts }] of blocks.entries()) {
    const empty: Readonly<Record<string, JsonObject>> = { text: { text: '' }, thinking: { thinking: '', signature: '' }, tool_use: { id: `toolu_${index}`, name: 'f', input: {} } }
    events.push({ type: 'content_block_start', index, content_block: { type, ...empty[type] } })
    for (const piece of texts) {
      const deltas: Readonly<Record<string, JsonObject>> = { text: { type: 'text_delta', text: piece }, thinking: { type: 'thinking_delta', thinking: piece }, tool_use: { type: 'input_json_delta', partial_json: piece } }
      events.push({ type: 'content_block_delta', index, delta: deltas[type] ?? {} })
    }
    if (type === 'thinking') events.push({ type: 'content_block_delta', index, delta: { type: 'signature_delta', signature: `s${index}` } })
    events.push({ type: 'content_block_stop', index })
  }
  const reason = blocks.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn'
  events.push({ type: 'message_delta', delta: { stop_reason: reason, stop_sequence: null }, usage: { output_tokens: 5 } }, { type: 'message_stop' })
  return Buffer.from(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''))
}

/** The blocks of a stream, put together. */
function blocksOf(sse: string): readonly unknown[] {
  const blocks: { type: string; text: string; signature: string }[] = []
  for (const [, data = ''] of sse.matchAll(/^data: (.*)$/gm)) {
    const event = JSON.parse(data)
    if (event.type === 'content_block_start') blocks[event.index] = { type: event.content_block.type, text: '', signature: '' }
    const open = blocks[event.index]
    if (event.type !== 'content_block_delta' || open === undefined) continue
    open.text += event.delta.text ?? event.delta.thinking ?? event.delta.partial_json ?? ''
    open.signature += event.delta.signature ?? ''
  }
  return blocks
}

describe('from Anthropic to Anthropic', () => {
  it('a stream keeps its blocks, in any split of its bytes', () => {
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }), (blocks, sizes) => {
        const bytes = sseOf(blocks)
        const stream = conversion.convertStream?.(context)
        let written = ''
        for (let from = 0, turn = 0; from < bytes.length; turn += 1) {
          const to = Math.min(bytes.length, from + (sizes[turn % sizes.length] ?? 1))
          written += stream?.push(bytes.subarray(from, to), to === bytes.length).toString() ?? ''
          from = to
        }
        const expected = blocks.map(({ type, pieces: texts }, index) => ({ type, text: texts.join(''), signature: type === 'thinking' ? `s${index}` : '' }))
        assert.deepEqual(blocksOf(written), expected)
        assert.ok(written.endsWith('event: message_stop\ndata: {"type":"message_stop"}\n\n'))
        assert.deepEqual([stream?.finished, stream?.failed, stream?.usage?.inputTokens, stream?.usage?.outputTokens], [true, false, 3, 5])
      }),
    )
  })

  it('a hostile stream never throws', () => {
    const event = fc.record({
      type: fc.constantFrom('message_start', 'content_block_start', 'content_block_delta', 'content_block_stop', 'message_delta', 'message_stop', 'ping', 'error', 'x'),
      index: fc.constantFrom(0, 1, null, 'x', -1, 1e300),
      content_block: fc.constantFrom({ type: 'text', text: '' }, { type: 'tool_use', id: 'a', name: 'b', input: 7 }, { type: 'thinking' }, null, 7),
      delta: fc.constantFrom({ type: 'text_delta', text: 'a' }, { type: 'input_json_delta', partial_json: 7 }, { type: 'signature_delta', signature: 's' }, { stop_reason: 'end_turn' }, null, []),
      message: fc.constantFrom({ id: 'a', usage: { input_tokens: -1 } }, null, 'x'),
      usage: fc.constantFrom({ output_tokens: 'x' }, null, 7),
      error: fc.constantFrom({ type: 'a', message: 'b' }, null, 'x'),
    })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const stream = conversion.convertStream?.(context)
        const written = stream?.push(Buffer.from(events.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')), true).toString() ?? ''
        const endings = (written.match(/^event: (?:message_stop|error)$/gm) ?? []).length
        assert.deepEqual([endings, stream?.finished !== stream?.failed], [1, true])
      }),
    )
  })

  it('a request says the same again', () => {
    const request = {
      model: 'claude-sonnet-4-5',
      max_tokens: 4_096,
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Weather?' }, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }] },
        { role: 'assistant', content: [{ type: 'thinking', thinking: 'Hm.', signature: 'sig' }, { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Paris' } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: '20' }], is_error: true }] },
      ],
      tools: [{ name: 'weather', description: 'The weather', input_schema: { type: 'object', properties: {} }, cache_control: { type: 'ephemeral' } }],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      thinking: { type: 'enabled', budget_tokens: 2_000 },
      stop_sequences: ['END'],
      metadata: { user_id: 'u' },
      stream: true,
    }
    const { body, dropped } = conversion.convertRequest(Buffer.from(JSON.stringify(request)), { upstreamModel: 'claude-sonnet-4-5' })
    assert.deepEqual(body, request)
    assert.deepEqual(dropped, [])
  })

  it('a message says the same again', () => {
    const content: JsonValue = [{ type: 'thinking', thinking: 'Hm.', signature: 'sig' }, { type: 'redacted_thinking', data: 'x' }, { type: 'text', text: 'a' }, { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } }]
    const usage = { input_tokens: 1, cache_creation_input_tokens: 2, cache_read_input_tokens: 3, output_tokens: 4 }
    const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', content, stop_reason: 'tool_use', stop_sequence: null, usage }
    assert.deepEqual(JSON.parse(conversion.convertAnswer(Buffer.from(JSON.stringify(message)), context).body.toString()), message)
  })
})
