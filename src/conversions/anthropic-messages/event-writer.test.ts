import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import type { AnswerEvent, StartedPart } from '../answer.ts'
import { splitSignature } from '../tool-call-signature.ts'
import { anthropicMessagesClient } from './index.ts'

const context = { clientModel: 'claude', exchangeId: 'x1', createdSeconds: 0, usageAsked: false }
const begin: AnswerEvent = { kind: 'start', id: 'a1', model: 'gpt' }
const part = (index: number, started: StartedPart): AnswerEvent => ({ kind: 'part_start', index, part: started })
const text = (index: number, value: string): AnswerEvent => ({ kind: 'text', index, text: value })
const json = (index: number, value: string): AnswerEvent => ({ kind: 'arguments', index, json: value })
const close = (index: number): AnswerEvent => ({ kind: 'part_end', index })
const finish: AnswerEvent = { kind: 'finish', reason: 'stop', stopSequence: undefined }
const usage: AnswerEvent = { kind: 'usage', usage: { inputTokens: 9, cachedInputTokens: 4, outputTokens: 2 } }
const end: AnswerEvent = { kind: 'end' }
const call = (index: number, name: string): AnswerEvent => part(index, { kind: 'tool_call', id: `c${index}`, name })

function write(...events: readonly AnswerEvent[]): string {
  const writer = anthropicMessagesClient.createEventWriter(context)
  return events.map((event) => writer.write(event)).join('')
}

/** The types of the events, with the number of their block. */
function outline(sse: string): readonly string[] {
  return [...sse.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => {
    const { type, index } = JSON.parse(data)
    return index === undefined ? type : `${type} ${index}`
  })
}

/** What the official SDK makes of these bytes. */
async function accumulate(sse: string): Promise<Anthropic.Message> {
  const client = new Anthropic({
    apiKey: 'k',
    maxRetries: 0,
    fetch: () => Promise.resolve(new Response(sse, { headers: { 'content-type': 'text/event-stream' } })),
  })
  return client.messages.stream({ model: 'claude', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] }).finalMessage()
}

describe('a stream in the words of the Messages API', () => {
  it('has Anthropic’s events in Anthropic’s order, usage at the end', async () => {
    const sse = write(begin, part(0, { kind: 'text' }), text(0, 'Hel'), text(0, 'lo "\n'), close(0), finish, usage, end)
    assert.deepEqual(outline(sse), ['message_start', 'content_block_start 0', 'content_block_delta 0', 'content_block_delta 0', 'content_block_stop 0', 'message_delta', 'message_stop'])
    const names = [...sse.matchAll(/^event: (.*)\ndata: \{"type":"(.*?)"/gm)]
    assert.equal(names.length, 7)
    for (const [, name, type] of names) assert.equal(name, type)
    const message = await accumulate(sse)
    assert.deepEqual([message.id, message.model, message.stop_reason, message.stop_sequence], ['a1', 'claude', 'end_turn', null])
    assert.deepEqual(message.content, [{ type: 'text', text: 'Hello "\n' }])
    assert.deepEqual(message.usage, { input_tokens: 5, cache_creation_input_tokens: 0, cache_read_input_tokens: 4, output_tokens: 2 })
  })

  it('has thoughts with their signature, hidden ones, and calls', async () => {
    const sse = write(
      begin,
      part(0, { kind: 'reasoning' }),
      text(0, 'Hm.'),
      { kind: 'signature', index: 0, signature: 'sig' },
      close(0),
      part(1, { kind: 'reasoning', redacted: 'xx' }),
      close(1),
      call(2, 'weather'),
      { kind: 'signature', index: 2, signature: 'of the call' },
      json(2, '{"city":'),
      json(2, '"Paris"}'),
      close(2),
      call(3, 'now'),
      close(3),
      { ...finish, reason: 'tool_calls' },
      end,
    )
    const message = await accumulate(sse)
    assert.equal(message.stop_reason, 'tool_use')
    const [, , first] = message.content
    assert.equal(first?.type, 'tool_use')
    assert.deepEqual(splitSignature(String(Reflect.get(first ?? {}, 'id'))), { id: 'c2', signature: 'of the call' })
    assert.deepEqual(message.content.map((block) => (block.type === 'tool_use' ? [block.name, block.input] : block)), [
      { type: 'thinking', thinking: 'Hm.', signature: 'sig' },
      { type: 'redacted_thinking', data: 'xx' },
      ['weather', { city: 'Paris' }],
      ['now', {}],
    ])
  })

  it('never has two blocks open: a text goes on in another, a second call waits for the first', async () => {
    const sse = write(
      begin,
      part(0, { kind: 'text' }),
      text(0, 'a'),
      part(1, { kind: 'reasoning' }),
      text(1, 'b'),
      text(0, 'c'),
      call(2, 'first'),
      json(2, '{"n":'),
      call(3, 'second'),
      json(3, '{"n":2'),
      text(0, 'd'),
      json(2, '1}'),
      close(0),
      close(2),
      json(3, '}'),
      finish,
      end,
    )
    const blocks = outline(sse).filter((name) => /start|stop/.test(name)).slice(1, -1)
    assert.deepEqual(blocks, Array.from({ length: 6 }, (_, index) => [`content_block_start ${index}`, `content_block_stop ${index}`]).flat())
    const message = await accumulate(sse)
    assert.deepEqual(message.content.map((block) => (block.type === 'text' ? block.text : block.type === 'thinking' ? block.thinking : block.type === 'tool_use' ? block.input : '')), ['a', 'b', 'c', { n: 1 }, { n: 2 }, 'd'])
  })

  it('writes at once what need not wait', () => {
    const writer = anthropicMessagesClient.createEventWriter(context)
    const sizes = [begin, part(0, { kind: 'text' }), text(0, 'a'), call(1, 'first'), json(1, '{'), call(2, 'second'), json(2, '{}'), json(1, '}'), close(1)].map((event) => writer.write(event).length > 0)
    assert.deepEqual(sizes, [true, false, true, true, true, false, false, true, true])
  })

  it('has no blocks of nothing', () => {
    const sse = write(begin, part(0, { kind: 'text' }), close(0), part(1, { kind: 'reasoning' }), text(1, ''), close(1), finish, end)
    assert.deepEqual(outline(sse), ['message_start', 'message_delta', 'message_stop'])
  })

  it('has refusals as text', async () => {
    const message = await accumulate(write(begin, part(0, { kind: 'refusal' }), text(0, 'No.'), close(0), finish, end))
    assert.deepEqual([message.content, message.stop_reason], [[{ type: 'text', text: 'No.' }], 'refusal'])
  })

  it('says which stop sequence it was', async () => {
    const message = await accumulate(write(begin, { kind: 'finish', reason: 'stop_sequence', stopSequence: 'END' }, end))
    assert.deepEqual([message.stop_reason, message.stop_sequence], ['stop_sequence', 'END'])
  })

  it('breaks off as the SDK expects, and says nothing after that', async () => {
    const sse = write(begin, part(0, { kind: 'text' }), text(0, 'a'), { kind: 'error', error: { type: 'ThrottlingException', message: 'Too "fast"' } }, text(0, 'b'), end)
    assert.deepEqual(outline(sse).at(-1), 'error')
    await assert.rejects(accumulate(sse), (thrown: unknown) => thrown instanceof Anthropic.APIError && thrown.message.includes('rate_limit_error') && thrown.message.includes('Too'))
  })

  it('does not let without bound what waits for a call', () => {
    const writer = anthropicMessagesClient.createEventWriter(context)
    for (const event of [begin, call(0, 'first'), json(0, '{'), call(1, 'second')]) writer.write(event)
    const megabyte = json(1, 'x'.repeat(1024 * 1024))
    const written = Array.from({ length: 20 }, () => writer.write(megabyte)).join('')
    assert.deepEqual(outline(written), ['error'])
  })
})
