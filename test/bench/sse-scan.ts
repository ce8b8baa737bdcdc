// What reading a stream costs: CPU per 200-chunk stream of our readers against the obvious way, which is to decode, split and JSON.parse
// every event. Run: npx tsx test/bench/sse-scan.ts. Arms alternate in one process; the medians of the rounds are compared.

import { createAnthropicStreamReader } from '../../src/formats/anthropic-stream.ts'
import type { StreamReader } from '../../src/formats/format.ts'
import { createOpenaiStreamReader } from '../../src/formats/openai-stream.ts'
import { createResponsesStreamReader } from '../../src/formats/responses-stream.ts'

const EVENTS = 200
const STREAMS_PER_ROUND = 400
const ROUNDS = 9

const envelope = { id: 'chatcmpl-9lM8uPqk4R7fHhGJ', object: 'chat.completion.chunk', created: 1_718_345_013, model: 'gpt-4o-2024-08-06' }
const usage = { prompt_tokens: 19, completion_tokens: 200, total_tokens: 219 }

function chatEvents(usageInContent: null | undefined | typeof usage): object[] {
  const events: object[] = Array.from({ length: EVENTS }, (_, index) => ({
    ...envelope,
    system_fingerprint: 'fp_44709d6fcb',
    choices: [{ index: 0, delta: { content: ` token ${index}` }, logprobs: null, finish_reason: null }],
    usage: usageInContent,
  }))
  return [...events, { ...envelope, choices: [], usage }]
}

function anthropicEvents(): object[] {
  const texts = Array.from({ length: EVENTS }, (_, index) => ({ type: 'text_delta', text: ` token ${index}` }))
  const deltas = texts.map((delta) => ({ type: 'content_block_delta', index: 0, delta }))
  const start = { type: 'message_start', message: { id: 'msg_1', model: 'claude-sonnet-5', content: [], usage: { input_tokens: 25, output_tokens: 1 } } }
  return [start, ...deltas, { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 200 } }, { type: 'message_stop' }]
}

function responsesEvents(): object[] {
  const item = { item_id: 'msg_67c9fdcf37fc8190ba82116e33fb28c5', output_index: 0, content_index: 0 }
  const texts = Array.from({ length: EVENTS }, (_, index) => ({ ...item, delta: ` token ${index}`, sequence_number: index }))
  const deltas = texts.map((text) => ({ type: 'response.output_text.delta', ...text }))
  const response = { id: 'resp_1', model: 'gpt-4o', output: [], usage: { input_tokens: 37, output_tokens: 200, total_tokens: 237 } }
  return [{ type: 'response.created', response: { ...response, usage: null } }, ...deltas, { type: 'response.completed', response }]
}

function encode(events: readonly object[], options: { named: boolean }): Buffer[] {
  return events.map((event) => Buffer.from(`${options.named && 'type' in event ? `event: ${String(event.type)}\n` : ''}data: ${JSON.stringify(event)}\n\n`))
}

interface Workload {
  readonly name: string
  readonly chunks: readonly Buffer[]
  create(): StreamReader
}

const chat = { create: () => createOpenaiStreamReader({ removeUsageEvent: false }) }
const removing = { create: () => createOpenaiStreamReader({ removeUsageEvent: true }) }
const workloads: Workload[] = [
  { name: 'chat', chunks: encode(chatEvents(undefined), { named: false }), ...chat },
  { name: 'chat, usage event removed', chunks: encode(chatEvents(undefined), { named: false }), ...removing },
  { name: 'chat, "usage":null in every chunk', chunks: encode(chatEvents(null), { named: false }), ...removing },
  { name: 'chat, usage in every chunk', chunks: encode(chatEvents(usage), { named: false }), ...chat },
  { name: 'chat, chunks of 1,400 bytes', chunks: cut(encode(chatEvents(undefined), { named: false }), 1400), ...removing },
  { name: 'chat, one chunk', chunks: [Buffer.concat(encode(chatEvents(undefined), { named: false }))], ...removing },
  { name: 'anthropic', chunks: encode(anthropicEvents(), { named: true }), create: () => createAnthropicStreamReader({ removeUsageEvent: false }) },
  { name: 'responses', chunks: encode(responsesEvents(), { named: true }), create: () => createResponsesStreamReader({ removeUsageEvent: false }) },
]

function cut(chunks: readonly Buffer[], size: number): Buffer[] {
  const bytes = Buffer.concat(chunks)
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size))
}

function readOurs(workload: Workload): unknown {
  const reader = workload.create()
  workload.chunks.forEach((chunk, index) => reader.push(chunk, index === workload.chunks.length - 1))
  return reader.usage
}

/** The obvious way, as SSE parser packages and client SDKs do it; with `parseAll` false it parses only what mentions usage. */
function readNaively(chunks: readonly Buffer[], parseAll: boolean): unknown {
  let found: unknown
  let rest = ''
  const decoder = new TextDecoder()
  for (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true })
    const events = rest.split(/\r?\n\r?\n/)
    rest = events.pop() ?? ''
    for (const event of events) {
      const data = event.split(/\r?\n/).filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trimStart()).join('\n')
      if (data === '[DONE]' || (!parseAll && !data.includes('"usage"'))) continue
      const value: unknown = JSON.parse(data)
      if (typeof value === 'object' && value !== null && 'usage' in value) found = value.usage ?? found
    }
  }
  return found
}

function cpuMicros(work: () => unknown): number {
  const before = process.cpuUsage()
  for (let stream = 0; stream < STREAMS_PER_ROUND; stream++) work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / STREAMS_PER_ROUND
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
}

console.log(`CPU µs per stream of ${EVENTS} events, median of ${ROUNDS} rounds`)
console.log('ours   parse usage only   parse all   (ratio to ours)')
for (const workload of workloads) {
  const arms = [() => readOurs(workload), () => readNaively(workload.chunks, false), () => readNaively(workload.chunks, true)]
  const rounds = Array.from({ length: ROUNDS }, () => arms.map(cpuMicros))
  const [ours = 0, some = 0, all = 0] = arms.map((_, arm) => median(rounds.map((round) => round[arm] ?? 0)))
  const ratio = (other: number): string => `${other.toFixed(0)} (×${(other / ours).toFixed(1)})`
  console.log(`${ours.toFixed(0).padEnd(6)} ${ratio(some).padEnd(18)} ${ratio(all).padEnd(14)} ${workload.name}`)
}
