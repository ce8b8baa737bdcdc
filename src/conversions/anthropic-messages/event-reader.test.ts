import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AnswerEvent } from '../answer.ts'
import type { JsonObject } from '../conversation.ts'
import { answerToolName } from '../structured-output.ts'
import { anthropicMessagesProvider } from './index.ts'

const start = { type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-5', content: [], usage: { input_tokens: 10, cache_read_input_tokens: 5, output_tokens: 1 } } }
const blockStart = (index: number, block: JsonObject): JsonObject => ({ type: 'content_block_start', index, content_block: block })
const delta = (index: number, value: JsonObject): JsonObject => ({ type: 'content_block_delta', index, delta: value })
const text = (index: number, value: string): JsonObject => delta(index, { type: 'text_delta', text: value })
const json = (index: number, value: string): JsonObject => delta(index, { type: 'input_json_delta', partial_json: value })
const blockStop = (index: number): JsonObject => ({ type: 'content_block_stop', index })
const messageDelta = (reason: string | null, usage: JsonObject = { output_tokens: 7 }): JsonObject => ({ type: 'message_delta', delta: { stop_reason: reason, stop_sequence: null }, usage })
const stop = { type: 'message_stop' }
const toolUse = (name: string, input: JsonObject = {}): JsonObject => ({ type: 'tool_use', id: 'toolu_1', name, input })

function read(...events: readonly (JsonObject | string)[]): readonly AnswerEvent[] {
  const reader = anthropicMessagesProvider.createEventReader()
  return [...events.flatMap((event) => reader.read('', typeof event === 'string' ? event : JSON.stringify(event))), ...reader.close()]
}
/** What the blocks of an otherwise plain stream mean. */
const middle = (...events: readonly JsonObject[]): readonly AnswerEvent[] => read(start, ...events).slice(2)
const lastOf = (...events: readonly (JsonObject | string)[]): string | undefined => {
  const last = read(...events).at(-1)
  return last?.kind === 'error' ? last.error.message : undefined
}

describe('a stream of Anthropic', () => {
  it('is read from its start to its end, with all counts known so far', () => {
    const events = read(start, { type: 'ping' }, blockStart(0, { type: 'text', text: '' }), text(0, 'Hel'), text(0, 'lo'), blockStop(0), messageDelta('end_turn'), stop)
    const input = { inputTokens: 15, cachedInputTokens: 5, cacheCreationInputTokens: undefined, reasoningTokens: undefined }
    assert.deepEqual(events, [
      { kind: 'start', id: 'msg_1', model: 'claude-sonnet-5' },
      { kind: 'usage', usage: { ...input, outputTokens: undefined } },
      { kind: 'part_start', index: 0, part: { kind: 'text' } },
      { kind: 'text', index: 0, text: 'Hel' },
      { kind: 'text', index: 0, text: 'lo' },
      { kind: 'part_end', index: 0 },
      { kind: 'finish', reason: 'stop', stopSequence: undefined },
      { kind: 'usage', usage: { ...input, outputTokens: 7 } },
      { kind: 'end' },
    ])
  })

  it('has thoughts, their signature, and hidden ones', () => {
    const events = middle(
      blockStart(0, { type: 'thinking', thinking: '', signature: '' }),
      delta(0, { type: 'thinking_delta', thinking: 'Hm.' }),
      delta(0, { type: 'signature_delta', signature: 'sig' }),
      blockStop(0),
      blockStart(1, { type: 'redacted_thinking', data: 'xx' }),
      blockStop(1),
    )
    assert.deepEqual(events, [
      { kind: 'part_start', index: 0, part: { kind: 'reasoning' } },
      { kind: 'text', index: 0, text: 'Hm.' },
      { kind: 'signature', index: 0, signature: 'sig' },
      { kind: 'part_end', index: 0 },
      { kind: 'part_start', index: 1, part: { kind: 'reasoning', redacted: 'xx' } },
      { kind: 'part_end', index: 1 },
    ])
  })

  it('has calls, whose arguments may come with the start', () => {
    const events = middle(blockStart(0, toolUse('weather')), json(0, ''), json(0, '{"city":'), json(0, '"Paris"}'), blockStop(0), blockStart(1, toolUse('time', { zone: 'CET' })), blockStop(1), blockStart(2, toolUse('now')), blockStop(2), messageDelta('tool_use'))
    assert.deepEqual(events.slice(0, -1), [
      { kind: 'part_start', index: 0, part: { kind: 'tool_call', id: 'toolu_1', name: 'weather' } },
      { kind: 'arguments', index: 0, json: '{"city":' },
      { kind: 'arguments', index: 0, json: '"Paris"}' },
      { kind: 'part_end', index: 0 },
      { kind: 'part_start', index: 1, part: { kind: 'tool_call', id: 'toolu_1', name: 'time' } },
      { kind: 'arguments', index: 1, json: '{"zone":"CET"}' },
      { kind: 'part_end', index: 1 },
      { kind: 'part_start', index: 2, part: { kind: 'tool_call', id: 'toolu_1', name: 'now' } },
      { kind: 'part_end', index: 2 },
      { kind: 'finish', reason: 'tool_calls', stopSequence: undefined },
    ])
  })

  it('has a structured answer as text, once', () => {
    const events = middle(blockStart(0, toolUse(answerToolName)), json(0, '{"a"'), json(0, ':1}'), blockStop(0), blockStart(1, toolUse(answerToolName)), json(1, '{}'), blockStop(1), messageDelta('tool_use'))
    assert.deepEqual(events.slice(0, -1), [
      { kind: 'part_start', index: 0, part: { kind: 'text' } },
      { kind: 'text', index: 0, text: '{"a"' },
      { kind: 'text', index: 0, text: ':1}' },
      { kind: 'part_end', index: 0 },
      { kind: 'finish', reason: 'stop', stopSequence: undefined },
    ])
    assert.deepEqual(middle(blockStart(0, toolUse(answerToolName)), blockStop(0))[1], { kind: 'text', index: 0, text: '{}' })
  })

  it('passes over what Anthropic runs itself and what is not known yet', () => {
    const events = middle(
      blockStart(0, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
      json(0, '{"query":"x"}'),
      blockStop(0),
      blockStart(1, { type: 'web_search_tool_result', tool_use_id: 's', content: [] }),
      blockStop(1),
      { type: 'event_of_tomorrow', index: 9 },
      blockStart(2, { type: 'text', text: 'So' }),
      delta(2, { type: 'citations_delta', citation: {} }),
      blockStop(2),
    )
    assert.deepEqual(events, [
      { kind: 'part_start', index: 0, part: { kind: 'text' } },
      { kind: 'text', index: 0, text: 'So' },
      { kind: 'part_end', index: 0 },
    ])
  })

  it('ends what is open where the end is told', () => {
    assert.deepEqual(middle(blockStart(0, { type: 'text', text: '' }), text(0, 'cut'), messageDelta('max_tokens')).slice(2, 4), [
      { kind: 'part_end', index: 0 },
      { kind: 'finish', reason: 'length', stopSequence: undefined },
    ])
    const stopped = middle({ type: 'message_delta', delta: { stop_reason: 'stop_sequence', stop_sequence: 'END' }, usage: null })
    assert.deepEqual(stopped, [{ kind: 'finish', reason: 'stop_sequence', stopSequence: 'END' }])
  })

  it('believes later counts, but not the zeros of imitators', () => {
    const events = read(start, messageDelta('end_turn', { input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 9 }), messageDelta(null, { input_tokens: 20, cache_read_input_tokens: 0, output_tokens: 9 }))
    const counts = events.flatMap((event) => (event.kind === 'usage' ? [[event.usage.inputTokens, event.usage.outputTokens]] : []))
    assert.deepEqual(counts, [[15, undefined], [15, 9], [20, 9]])
  })

  it('gives the error that it is told', () => {
    const events = read(start, { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, text(0, 'x'))
    assert.deepEqual(events.at(-1), { kind: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })
  })

  it('is an error where it cannot be one of Anthropic, and nothing after that', () => {
    const begun = [start, blockStart(0, { type: 'text', text: '' })]
    assert.match(lastOf('{"type":') ?? '', /not JSON/)
    assert.match(lastOf('7') ?? '', /not an object/)
    assert.match(lastOf(start, start) ?? '', /message_start/)
    assert.match(lastOf(text(0, 'x')) ?? '', /content_block_delta/)
    assert.match(lastOf(start, text(0, 'x')) ?? '', /not started/)
    assert.match(lastOf(...begun, blockStart(0, { type: 'text', text: '' })) ?? '', /twice/)
    assert.match(lastOf(...begun, blockStop(0), text(0, 'x')) ?? '', /not started/)
    assert.match(lastOf(...begun, blockStop(1)) ?? '', /not started/)
    assert.match(lastOf(...begun, json(0, '{}')) ?? '', /another kind/)
    assert.match(lastOf(start, blockStart(0, toolUse('a')), text(0, 'x')) ?? '', /another kind/)
    assert.match(lastOf(...begun, blockStop(0), stop) ?? '', /without saying why/)
    assert.match(lastOf(...begun, messageDelta('end_turn'), text(0, 'x')) ?? '', /no place/)
    assert.match(lastOf(messageDelta('end_turn')) ?? '', /no place/)
    assert.match(lastOf(start, { type: 'content_block_start' }) ?? '', /number/)
    assert.match(lastOf(start, ...Array.from({ length: 65 }, (_, index) => blockStart(index, { type: 'text', text: '' }))) ?? '', /too many/)
    assert.equal(read(start, start, stop).filter((event) => event.kind === 'error').length, 1)
  })

  it('owes nothing when it is cut', () => {
    assert.deepEqual(read(start, blockStart(0, { type: 'text', text: '' }), text(0, 'x')).at(-1), { kind: 'text', index: 0, text: 'x' })
  })
})
