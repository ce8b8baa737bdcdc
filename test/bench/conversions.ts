// What a conversion costs, as a multiple of JSON.parse and JSON.stringify of the same bytes: the least that anything costs that looks at them.
// Usage: npx tsx test/bench/conversions.ts [--rounds 200]

import { conversionFor } from '../../src/conversions/index.ts'
import { eventFrame } from '../../src/mock/event-stream-frame.ts'
import type { AnswerContext } from '../../src/conversions/dialect.ts'

const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1] ?? 0) || 200
const context: AnswerContext = { clientModel: 'gpt-4o', exchangeId: 'bench', createdSeconds: 1_764_000_000, usageAsked: true }
const clients = ['openai-chat', 'openai-responses', 'anthropic-messages'] as const
const targets = [
  ['openai-chat', 'gpt-4o'],
  ['anthropic-messages', 'claude-sonnet-4-5'],
  ['bedrock-converse', 'anthropic.claude-sonnet-4-5-20250929-v1:0'],
  ['gemini', 'gemini-2.5-pro'],
] as const

const sentence = 'The quick brown fox jumps over the lazy dog, and “quotes”, \\ and \n newlines too. '

/** A conversation of 200 turns, half a kilobyte each. */
function requestOf(client: (typeof clients)[number]): Buffer {
  const text = sentence.repeat(6)
  const turns = Array.from({ length: 200 }, (_, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content: text }))
  const messages = [...turns, { role: 'user', content: 'And now?' }]
  const tools = { name: 'get_weather', description: 'The weather of a city', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } }
  const bodies = {
    'openai-chat': { model: 'm', messages: [{ role: 'system', content: text }, ...messages], tools: [{ type: 'function', function: tools }], temperature: 0.5, max_tokens: 500 },
    'openai-responses': { model: 'm', instructions: text, input: messages, tools: [{ type: 'function', ...tools }], temperature: 0.5, max_output_tokens: 500 },
    'anthropic-messages': { model: 'm', system: text, messages, tools: [{ name: tools.name, input_schema: tools.parameters }], temperature: 0.5, max_tokens: 500 },
  }
  return Buffer.from(JSON.stringify(bodies[client]))
}

interface StreamEvent {
  readonly bytes: Buffer
  /** '' for what is no JSON. */
  readonly json: string
}

/** 200 events with content, as each provider sends them. */
function streamOf(target: (typeof targets)[number][0]): readonly StreamEvent[] {
  const words = Array.from({ length: 200 }, (_, index) => `word${index} and more `)
  const sse = (name: string, value: unknown): StreamEvent => ({ bytes: Buffer.from(`${name === '' ? '' : `event: ${name}\n`}data: ${JSON.stringify(value)}\n\n`), json: JSON.stringify(value) })
  const frame = (name: string, value: unknown): StreamEvent => ({ bytes: eventFrame(name, value), json: JSON.stringify(value) })
  switch (target) {
    case 'openai-chat': {
      const chunk = (choices: unknown, more = {}) => sse('', { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', choices, ...more })
      const delta = (value: unknown, reason: string | null = null) => chunk([{ index: 0, delta: value, finish_reason: reason }])
      const usage = { prompt_tokens: 10, completion_tokens: 200, total_tokens: 210 }
      return [delta({ role: 'assistant', content: '' }), ...words.map((content) => delta({ content })), delta({}, 'stop'), chunk([], { usage }), { bytes: Buffer.from('data: [DONE]\n\n'), json: '' }]
    }
    case 'anthropic-messages': {
      const event = (value: { type: string }) => sse(value.type, value)
      const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 10, output_tokens: 1 } }
      const deltas = words.map((text) => event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } } as { type: string }))
      const start = [{ type: 'message_start', message }, { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }]
      const end = [{ type: 'content_block_stop', index: 0 }, { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 200 } }, { type: 'message_stop' }]
      return [...start.map(event), ...deltas, ...end.map(event)]
    }
    case 'gemini': {
      const chunk = (text: string, more = {}) => sse('', { candidates: [{ content: { role: 'model', parts: [{ text }] }, index: 0, ...more }], modelVersion: 'gemini', responseId: 'r', usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 200, totalTokenCount: 210 } })
      return [...words.map((text) => chunk(text)), chunk('', { finishReason: 'STOP' })]
    }
    case 'bedrock-converse': {
      const deltas = words.map((text) => frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text } }))
      const end = [frame('contentBlockStop', { contentBlockIndex: 0 }), frame('messageStop', { stopReason: 'end_turn' })]
      return [frame('messageStart', { role: 'assistant' }), ...deltas, ...end, frame('metadata', { usage: { inputTokens: 10, outputTokens: 200, totalTokens: 210 }, metrics: { latencyMs: 1 } })]
    }
  }
}

/** Microseconds of CPU time per call; the best of five rounds, so that a busy machine counts least. */
function measure(work: () => void): number {
  work()
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round += 1) {
    const before = process.cpuUsage()
    for (let index = 0; index < rounds; index += 1) work()
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, (user + system) / rounds)
  }
  return best
}

const print = (...cells: readonly string[]): boolean => process.stdout.write(`${cells.map((cell, index) => (index < 2 ? cell.padEnd(20) : cell.padStart(14))).join(' ')}\n`)

print('client', 'provider', 'request kB', 'parse+write µs', 'convert µs', 'ratio')
for (const client of clients) {
  const body = requestOf(client)
  const baseline = measure(() => Buffer.from(JSON.stringify(JSON.parse(body.toString('utf8')))))
  for (const [dialect, upstreamModel] of targets) {
    const conversion = conversionFor(client, { dialect, envelope: 'none' })
    if (conversion === undefined) continue
    const taken = measure(() => Buffer.from(JSON.stringify(conversion.convertRequest(body, { upstreamModel }).body)))
    print(client, dialect, (body.length / 1000).toFixed(0), baseline.toFixed(0), taken.toFixed(0), (taken / baseline).toFixed(2))
  }
}

print('client', 'provider', 'stream events', 'parse+write µs', 'convert µs', 'ratio')
for (const [dialect] of targets) {
  const events = streamOf(dialect)
  // Of a frame too, the JSON is what parsing and writing would have to do with.
  const texts = events.map(({ json }) => json).filter((json) => json !== '')
  const baseline = measure(() => {
    for (const text of texts) Buffer.from(JSON.stringify(JSON.parse(text)))
  })
  for (const client of clients) {
    const createStream = conversionFor(client, { dialect, envelope: 'none' })?.convertStream
    if (createStream === undefined) continue
    const taken = measure(() => {
      const stream = createStream(context)
      for (const { bytes } of events) stream.push(bytes, false)
      stream.push(Buffer.alloc(0), true)
      if (!stream.finished) throw new Error(`The stream of ${dialect} was not read to its end.`)
    })
    print(client, dialect, String(events.length), baseline.toFixed(0), taken.toFixed(0), (taken / baseline).toFixed(2))
  }
}
