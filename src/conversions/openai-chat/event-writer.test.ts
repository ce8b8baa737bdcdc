// The streams that we write, as the official SDK reads them: its own parser, its stream helper and its tool runner.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import OpenAI, { APIError } from 'openai'
import type { AnswerEvent } from '../answer.ts'
import type { JsonObject } from '../conversation.ts'
import { withSignature } from '../tool-call-signature.ts'
import { ChatEventWriter, mostThoughtCharacters } from './event-writer.ts'
import { readRequest } from './read-request.ts'

const ask = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'hi' }] }
const start: AnswerEvent = { kind: 'start', id: 'msg_1', model: 'claude' }
const finish = (reason: 'stop' | 'tool_calls' | 'refusal' | 'length' = 'stop'): AnswerEvent => ({ kind: 'finish', reason, stopSequence: undefined })
const end: AnswerEvent = { kind: 'end' }
const usage: AnswerEvent = { kind: 'usage', usage: { inputTokens: 10, outputTokens: 5, cachedInputTokens: 4 } }

function text(index: number, ...texts: string[]): AnswerEvent[] {
  return [{ kind: 'part_start', index, part: { kind: 'text' } }, ...texts.map((each): AnswerEvent => ({ kind: 'text', index, text: each })), { kind: 'part_end', index }]
}

function call(index: number, id: string, ...pieces: string[]): AnswerEvent[] {
  const json = pieces.map((piece): AnswerEvent => ({ kind: 'arguments', index, json: piece }))
  return [{ kind: 'part_start', index, part: { kind: 'tool_call', id, name: 'look' } }, ...json, { kind: 'part_end', index }]
}

function thought(index: number, signature: string | undefined, ...texts: string[]): AnswerEvent[] {
  const signed: AnswerEvent[] = signature === undefined ? [] : [{ kind: 'signature', index, signature }]
  const pieces = texts.map((each): AnswerEvent => ({ kind: 'text', index, text: each }))
  return [{ kind: 'part_start', index, part: { kind: 'reasoning' } }, ...pieces, ...signed, { kind: 'part_end', index }]
}

function write(events: readonly AnswerEvent[], usageAsked = false): string {
  const writer = new ChatEventWriter({ clientModel: 'gpt-4o', exchangeId: 'x1', createdSeconds: 7, usageAsked })
  return events.map((event) => writer.write(event)).join('')
}

const [callStart = end, ...callRest] = call(1, 'c1', '{"city":"Paris"}')
const thoughtfulCall: AnswerEvent[] = [
  start,
  ...thought(0, 's1', 'I need ', 'the weather'),
  callStart,
  { kind: 'signature', index: 1, signature: 'sig' },
  ...callRest,
  finish('tool_calls'),
  end,
]
const called = { kind: 'tool_call', id: 'c1', name: 'look', arguments: '{"city":"Paris"}', signature: 'sig' }

/** Answers each request with the next stream. */
function client(...streams: string[]): { openai: OpenAI; requests: JsonObject[] } {
  const requests: JsonObject[] = []
  const openai = new OpenAI({
    apiKey: 'k',
    maxRetries: 0,
    fetch: (_url, init) => {
      requests.push(JSON.parse(typeof init?.body === 'string' ? init.body : ''))
      return Promise.resolve(new Response(streams.shift(), { headers: { 'content-type': 'text/event-stream' } }))
    },
  })
  return { openai, requests }
}

const final = (events: readonly AnswerEvent[]) => client(write(events)).openai.chat.completions.stream(ask).finalChatCompletion()

async function chunks(events: readonly AnswerEvent[], usageAsked = false): Promise<OpenAI.ChatCompletionChunk[]> {
  const read: OpenAI.ChatCompletionChunk[] = []
  for await (const chunk of await client(write(events, usageAsked)).openai.chat.completions.create({ ...ask, stream: true })) read.push(chunk)
  return read
}

describe('a streamed answer, read by the official SDK', () => {
  it('is the text', async () => {
    const completion = await final([start, ...text(0, 'Grüße, ', '世界', ' 👋\u2028"\\\n'), finish(), end])
    assert.equal(completion.choices[0]?.message.content, 'Grüße, 世界 👋\u2028"\\\n')
    assert.deepEqual([completion.id, completion.model, completion.created, completion.choices[0]?.finish_reason], ['msg_1', 'gpt-4o', 7, 'stop'])
  })

  it('begins with the role and ends with an empty delta', async () => {
    const read = await chunks([start, ...text(0, 'a'), finish('length'), end])
    const choice = (delta: object, finish_reason: string | null) => ({ index: 0, delta, logprobs: null, finish_reason })
    assert.deepEqual(read.map((chunk) => chunk.choices[0]), [choice({ role: 'assistant', content: '', refusal: null }, null), choice({ content: 'a' }, null), choice({}, 'length')])
    assert.ok(read.every((chunk) => chunk.object === 'chat.completion.chunk' && !('usage' in chunk)))
  })

  it('tells the usage last, in a chunk without choices, and only when asked', async () => {
    const read = await chunks([start, usage, ...text(0, 'a'), finish(), end], true)
    assert.deepEqual(read.slice(0, -1).map((chunk) => chunk.usage), [null, null, null])
    assert.deepEqual([read.at(-1)?.choices, read.at(-1)?.usage], [[], { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, prompt_tokens_details: { cached_tokens: 4 } }])
    assert.match(write([start, finish(), end]), /\n\ndata: \[DONE\]\n\n$/)
  })

  it('holds tool calls, numbered among themselves, with the arguments of each', async () => {
    const completion = await final([start, ...thought(0, undefined, 'hm'), ...text(1, 'let me see'), ...call(2, 'c1', '{"a":', '1}'), ...call(3, 'c2', '{"b":"\\u00', 'e9"}'), finish('stop'), end])
    const { message, finish_reason } = completion.choices[0] ?? assert.fail('no choice')
    assert.equal(finish_reason, 'tool_calls')
    assert.equal(message.content, 'let me see')
    const made = (id: string, json: string) => ({ id, type: 'function', function: { name: 'look', arguments: json } })
    assert.deepEqual(message.tool_calls?.map(({ id, type, ...rest }) => ({ id, type, function: 'function' in rest ? { name: rest.function.name, arguments: rest.function.arguments } : undefined })), [
      made('c1', '{"a":1}'),
      made('c2', '{"b":"\\u00e9"}'),
    ])
  })

  it('keeps calls apart whose arguments come in turns', async () => {
    const [start1 = end, piece1 = end, end1 = end] = call(0, 'c1', '{"a":1}')
    const [start2 = end, piece2 = end, end2 = end] = call(1, 'c2', '{"b":2}')
    const rest1: AnswerEvent = { kind: 'arguments', index: 0, json: ' ' }
    const completion = await final([start, start1, start2, piece1, piece2, rest1, end2, end1, finish('tool_calls'), end])
    const calls = completion.choices[0]?.message.tool_calls ?? []
    assert.deepEqual(calls.map((each) => [each.id, each.type === 'function' ? each.function.arguments : '']), [['c1', '{"a":1} '], ['c2', '{"b":2}']])
  })

  it('gives a call without arguments an empty object', async () => {
    const completion = await final([start, ...call(0, 'c1'), finish('tool_calls'), end])
    const [only] = completion.choices[0]?.message.tool_calls ?? []
    assert.equal(only?.type === 'function' ? only.function.arguments : '', '{}')
  })

  it('carries the signature of a call in its id, which comes once', () => {
    const [callStart = end, ...rest] = call(0, 'c1', '{}')
    const signed = write([start, callStart, { kind: 'signature', index: 0, signature: 'sig' }, ...rest, finish('tool_calls'), end])
    assert.deepEqual([...signed.matchAll(/"id":"(c1[^"]*)"/g)].map((match) => match[1]), [withSignature('c1', 'sig')])
    assert.deepEqual([...write([start, callStart, ...rest, finish(), end]).matchAll(/"id":"(c1[^"]*)"/g)].map((match) => match[1]), ['c1'])
  })

  it('shows thoughts as they come, and their signatures together at the end', async () => {
    const redacted: AnswerEvent[] = [{ kind: 'part_start', index: 1, part: { kind: 'reasoning', redacted: 'xx' } }, { kind: 'part_end', index: 1 }]
    const read = await chunks([start, ...thought(0, 's1', 'hm', ' so'), ...redacted, ...text(2, 'a'), ...thought(3, 's2', 'but'), finish(), end])
    const deltas = read.map((chunk): object => chunk.choices[0]?.delta ?? {})
    assert.deepEqual(deltas.slice(1, -1), [
      { reasoning_content: 'hm' },
      { reasoning_content: ' so' },
      { content: 'a' },
      { reasoning_content: 'but' },
      { thinking_blocks: [{ type: 'thinking', thinking: 'hm so', signature: 's1' }, { type: 'redacted_thinking', data: 'xx' }, { type: 'thinking', thinking: 'but', signature: 's2' }] },
    ])
  })

  it('leaves signatures out when the thoughts are too long to be kept', () => {
    const long = 'x'.repeat(mostThoughtCharacters)
    assert.match(write([start, ...thought(0, 's', long), finish(), end]), /thinking_blocks/)
    assert.doesNotMatch(write([start, ...thought(0, 's', long, 'y'), finish(), end]), /thinking_blocks/)
  })

  it('refuses in the words of the model, or in ours', async () => {
    const refusal: AnswerEvent[] = [{ kind: 'part_start', index: 0, part: { kind: 'refusal' } }, { kind: 'text', index: 0, text: 'No.' }, { kind: 'part_end', index: 0 }]
    for (const [events, words] of [[refusal, 'No.'], [[], 'The model refused to answer.']] as const) {
      const completion = await final([start, ...events, finish('refusal'), end])
      assert.deepEqual([completion.choices[0]?.message.refusal, completion.choices[0]?.finish_reason], [words, 'stop'])
    }
  })

  it('breaks off with an error that the SDK throws', async () => {
    const stream = write([start, ...text(0, 'a'), { kind: 'error', error: { message: 'Overloaded', type: 'overloaded_error' } }, ...text(1, 'b'), end])
    assert.doesNotMatch(stream, /"b"|DONE/)
    await assert.rejects(client(stream).openai.chat.completions.stream(ask).finalChatCompletion(), (error) => {
      assert.ok(error instanceof APIError)
      assert.deepEqual([error.message, error.type], ['Overloaded', 'overloaded_error'])
      return true
    })
  })

  it('runs tools to the end; what the runner sends back has the signature of the call', async () => {
    const { openai, requests } = client(write(thoughtfulCall), write([start, ...text(0, 'Sunny'), finish(), end]))
    const asked: unknown[] = []
    const look = { name: 'look', description: 'looks', parameters: { type: 'object' }, parse: JSON.parse, function: (where: unknown) => (asked.push(where), 'sun') }
    const runner = openai.chat.completions.runTools({ ...ask, stream: true, tools: [{ type: 'function', function: look }] })
    assert.equal(await runner.finalContent(), 'Sunny')
    assert.deepEqual(asked, [{ city: 'Paris' }])
    const { messages } = readRequest(requests[1] ?? assert.fail('no second request'))
    assert.deepEqual(messages.slice(1), [
      { role: 'assistant', parts: [called] },
      { role: 'user', parts: [{ kind: 'tool_result', callId: 'c1', name: 'look', parts: [{ kind: 'text', text: 'sun' }], isError: false }] },
    ])
  })

  it('can be sent back as the helper has it, thoughts and signatures included', async () => {
    const completion = await final(thoughtfulCall)
    const message = completion.choices[0]?.message ?? assert.fail('no message')
    const again: JsonObject = JSON.parse(JSON.stringify({ ...ask, messages: [...ask.messages, message, { role: 'tool', tool_call_id: message.tool_calls?.[0]?.id, content: 'sun' }] }))
    const { messages, dropped } = readRequest(again)
    assert.deepEqual(messages[1]?.parts, [{ kind: 'reasoning', text: 'I need the weather', signature: 's1' }, called])
    assert.deepEqual(dropped, [])
  })
})
