import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import OpenAI from 'openai'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import type { Answer, AnswerEvent, FinishReason } from '../answer.ts'
import { withSignature } from '../tool-call-signature.ts'
import { writeEncryptedContent } from './encrypted-content.ts'
import { mostKeptCharacters, ResponseEventWriter } from './event-writer.ts'
import { writeAnswer } from './write-answer.ts'

const context = { clientModel: 'gpt-4o', exchangeId: 'ex1', createdSeconds: 1_700_000_000, usageAsked: false }
const start: AnswerEvent = { kind: 'start', id: 'a1', model: 'claude' }
const end: AnswerEvent = { kind: 'end' }
const finish = (reason: FinishReason): AnswerEvent => ({ kind: 'finish', reason, stopSequence: undefined })
const text = (index: number, words: string): AnswerEvent => ({ kind: 'text', index, text: words })
const partEnd = (index: number): AnswerEvent => ({ kind: 'part_end', index })
const usage: AnswerEvent = { kind: 'usage', usage: { inputTokens: 5, outputTokens: 3 } }
const begin = (index: number, kind: 'text' | 'refusal' | 'reasoning'): AnswerEvent => ({ kind: 'part_start', index, part: { kind } })
const beginCall = (index: number, id = 'c1', name = 'f'): AnswerEvent => ({ kind: 'part_start', index, part: { kind: 'tool_call', id, name } })
const json = (index: number, piece: string): AnswerEvent => ({ kind: 'arguments', index, json: piece })

function written(events: readonly AnswerEvent[]): string {
  const writer = new ResponseEventWriter(context)
  return events.map((event) => writer.write(event)).join('')
}

function client(events: readonly AnswerEvent[]): OpenAI {
  const body = written(events)
  return new OpenAI({ apiKey: 'k', baseURL: 'http://mock', fetch: async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }) })
}

async function streamed(events: readonly AnswerEvent[]): Promise<ResponseStreamEvent[]> {
  const stream = await client(events).responses.create({ model: 'gpt-4o', input: 'hi', stream: true })
  const seen: ResponseStreamEvent[] = []
  for await (const event of stream) seen.push(event)
  return seen
}

const final = (...events: AnswerEvent[]) => client(events).responses.stream({ model: 'gpt-4o', input: 'hi' }).finalResponse()
const typesOf = (events: readonly ResponseStreamEvent[]) => events.map(({ type }) => type.replace('response.', ''))

describe('writing a Responses stream', () => {
  it('says a text in the published order, numbered without a gap', async () => {
    const events = await streamed([start, begin(0, 'text'), text(0, 'Hel'), text(0, 'lo "é'), partEnd(0), finish('stop'), usage, end])
    const opening = ['created', 'in_progress', 'output_item.added', 'content_part.added', 'output_text.delta', 'output_text.delta']
    assert.deepEqual(typesOf(events), [...opening, 'output_text.done', 'content_part.done', 'output_item.done', 'completed'])
    assert.deepEqual(events.map((event) => event.sequence_number), [...events.keys()])
    const places = events.flatMap((event) => ('content_index' in event ? [[event.item_id, event.output_index, event.content_index]] : []))
    assert.deepEqual(places, Array.from({ length: 5 }, () => ['msg_ex1_0', 0, 0]))
  })

  it('names every event on its event line', () => {
    const lines = written([start, end]).split('\n\n').slice(0, -1).map((event) => event.split('\n'))
    assert.deepEqual(lines.map(([name, data]) => [name?.slice(7), JSON.parse(data?.slice(6) ?? '')?.type]), [
      ['response.created', 'response.created'],
      ['response.in_progress', 'response.in_progress'],
      ['response.completed', 'response.completed'],
    ])
  })

  it('ends with the response that a whole answer is', async () => {
    const response = await final(
      start, begin(0, 'reasoning'), text(0, 'h'), text(0, 'm'), { kind: 'signature', index: 0, signature: 's' } as const, partEnd(0),
      begin(1, 'text'), text(1, 'So'), partEnd(1), begin(2, 'text'), text(2, ' be it'), partEnd(2),
      beginCall(3), json(3, '{"a":"\\'), json(3, 'u00e9"}'), partEnd(3), finish('tool_calls'), usage, end,
    )
    const parts: Answer['parts'] = [
      { kind: 'reasoning', text: 'hm', signature: 's' },
      { kind: 'text', text: 'So' },
      { kind: 'text', text: ' be it' },
      { kind: 'tool_call', id: 'c1', name: 'f', arguments: '{"a":"\\u00e9"}' },
    ]
    const answer: Answer = { id: 'a1', model: 'claude', parts, finish: 'tool_calls', stopSequence: undefined, usage: { inputTokens: 5, outputTokens: 3 } }
    const { output_text, ...rest } = response
    assert.equal(output_text, 'So be it')
    // The helper adds what it parsed.
    const plain: unknown = JSON.parse(JSON.stringify(rest, (name, value: unknown) => (name.includes('parsed') ? undefined : value)))
    assert.deepEqual(plain, writeAnswer(answer, context))
  })

  it('shows thoughts as a summary and hands out their signature when they are done', async () => {
    const events = await streamed([start, begin(0, 'reasoning'), text(0, 'hm'), { kind: 'signature', index: 0, signature: 's' }, partEnd(0), finish('stop'), end])
    const summary = ['part.added', 'text.delta', 'text.done', 'part.done'].map((name) => `reasoning_summary_${name}`)
    assert.deepEqual(typesOf(events).slice(2, -1), ['output_item.added', ...summary, 'output_item.done'])
    const done = events.find((event) => event.type === 'response.output_item.done')
    const encrypted_content = writeEncryptedContent({ text: 'hm', signature: 's' })
    assert.deepEqual(done?.item, { id: 'rs_ex1_0', type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content })
  })

  it('keeps hidden thoughts', async () => {
    const { output } = await final(start, { kind: 'part_start', index: 0, part: { kind: 'reasoning', redacted: 'AAA' } }, partEnd(0), finish('stop'), end)
    assert.deepEqual(output, [{ id: 'rs_ex1_0', type: 'reasoning', summary: [], encrypted_content: writeEncryptedContent({ text: '', redacted: 'AAA' }) }])
  })

  it('tells parts that grow at the same time apart', async () => {
    const events = [start, begin(0, 'text'), text(0, 'a'), beginCall(1), json(1, '{'), text(0, 'b'), beginCall(2, 'c2', 'g'), json(2, '{"x":1}'), json(1, '}')]
    const { output } = await final(...events, partEnd(2), partEnd(0), partEnd(1), finish('tool_calls'), end)
    assert.deepEqual(output.map((item) => (item.type === 'function_call' ? [item.name, item.arguments] : item.type)), ['message', ['f', '{}'], ['g', '{"x":1}']])
    assert.match(JSON.stringify(output[0]), /"text":"ab"/)
  })

  it('puts a call’s signature into its id, and empty arguments where there are none', async () => {
    const { output } = await final(start, beginCall(0), { kind: 'signature', index: 0, signature: 'sig' }, partEnd(0), beginCall(1, 'c2'), finish('tool_calls'), end)
    assert.deepEqual(output.map((item) => (item.type === 'function_call' ? [item.call_id, item.arguments, item.status] : [])), [
      [withSignature('c1', 'sig'), '{}', 'completed'],
      ['c2', '{}', 'completed'],
    ])
  })

  it('gives the arguments of a call whole when they are done', async () => {
    const events = await streamed([start, beginCall(0), json(0, '{"a"'), json(0, ':1}'), partEnd(0), finish('tool_calls'), end])
    assert.deepEqual(typesOf(events).slice(2, -1), ['output_item.added', 'function_call_arguments.delta', 'function_call_arguments.delta', 'function_call_arguments.done', 'output_item.done'])
    const done = events.find((event) => event.type === 'response.function_call_arguments.done')
    assert.deepEqual([done?.arguments, done?.name, done?.item_id], ['{"a":1}', 'f', 'fc_ex1_0'])
  })

  it('refuses, in its own words when there are no others', async () => {
    const events = await streamed([start, begin(0, 'refusal'), text(0, 'No.'), partEnd(0), finish('refusal'), end])
    assert.deepEqual(typesOf(events).slice(3, -2), ['content_part.added', 'refusal.delta', 'refusal.done', 'content_part.done'])
    const silent = await final(start, finish('refusal'), end)
    assert.match(JSON.stringify(silent.output), /"refusal":"The model refused to answer\."/)
  })

  it('is incomplete when it was cut, and so is its last item only', async () => {
    const cut = [start, begin(0, 'reasoning'), text(0, 'hm'), partEnd(0), begin(1, 'text'), text(1, 'Once'), partEnd(1)]
    const events = await streamed([...cut, finish('length'), usage, end])
    assert.equal(events.at(-1)?.type, 'response.incomplete')
    const response = await final(...cut, finish('length'), usage, end)
    assert.deepEqual([response.status, response.incomplete_details, response.usage?.total_tokens], ['incomplete', { reason: 'max_output_tokens' }, 8])
    assert.deepEqual(response.output.map((item) => ('status' in item ? item.status : undefined)), [undefined, 'incomplete'])
    const filtered = await final(start, finish('content_filter'), end)
    assert.deepEqual(filtered.incomplete_details, { reason: 'content_filter' })
  })

  it('makes the official clients throw on an error, wherever it comes', async () => {
    const error: AnswerEvent = { kind: 'error', error: { message: 'Overloaded', type: 'overloaded_error' } }
    for (const events of [[error], [start, error], [start, begin(0, 'text'), text(0, 'Hel'), error, text(0, 'lo'), end]]) {
      await assert.rejects(streamed(events), (thrown) => thrown instanceof OpenAI.APIError && thrown.code === 'overloaded_error' && thrown.message.includes('Overloaded'))
      await assert.rejects(final(...events), OpenAI.APIError)
    }
  })

  it('fails the response behind the error, and says no more', () => {
    const error: AnswerEvent = { kind: 'error', error: { message: 'slow down', type: 'rate_limit_error' } }
    const events = written([start, error, end]).split('\n\n').slice(0, -1)
    const [failed, last] = events.slice(-2).map((event) => JSON.parse(event.slice(event.indexOf('{'))) as Record<string, unknown>)
    assert.deepEqual([failed?.['type'], failed?.['code'], failed?.['message'], failed?.['sequence_number']], ['error', 'rate_limit_error', 'slow down', 2])
    assert.equal(last?.['type'], 'response.failed')
    assert.match(JSON.stringify(last), /"status":"failed".*"error":\{"code":"rate_limit_exceeded","message":"slow down"\}/)
  })

  it('closes what its provider left open', async () => {
    const { output } = await final(start, begin(0, 'text'), text(0, 'a'), beginCall(1), end)
    assert.deepEqual(output.map((item) => item.type), ['message', 'function_call'])
  })

  it('keeps no more than it says', () => {
    const writer = new ResponseEventWriter(context)
    for (const event of [start, begin(0, 'text')]) writer.write(event)
    const piece = 'x'.repeat(mostKeptCharacters / 4)
    for (let count = 0; count < 4; count += 1) assert.match(writer.write(text(0, piece)).slice(0, 60), /output_text\.delta/)
    assert.match(writer.write(text(0, 'x')), /"type":"error".*too long/)
    assert.equal(writer.write(end), '')
  })
})
