// What is asked and what is answered in the overhead benchmark. Fixed bytes, so that every arm does the same work.

export type WorkloadName = 'json-1k' | 'json-100k' | 'stream' | 'paced-stream'

export interface Workload {
  readonly title: string
  readonly requestBody: string
  readonly answer: 'json' | 'stream'
  /** Milliseconds between two chunks of a stream; 0: as fast as they can be written. */
  readonly chunkGapMs: number
}

/** Chunks with text in a streamed answer; a role chunk, a finish chunk, usage and [DONE] come on top. */
export const TEXT_CHUNKS = 200

const paragraph = 'Rivers carry more water in spring, when the snow of the hills melts; in "dry" years they do not.\nÜber den Flüssen steht dann Nebel – 霧. '
const answerText = 'A gateway counts what passes through it, and says "stop" when a limit is used up. It does so for every caller. '

function chat(messages: readonly string[], isStream: boolean): string {
  const list = messages.map((content, index) => ({ role: index === 0 ? 'system' : index % 2 === 1 ? 'user' : 'assistant', content }))
  return JSON.stringify({ model: 'bench', messages: list, temperature: 0.7, max_tokens: 512, ...(isStream ? { stream: true } : {}) })
}

const short = ['You answer briefly and politely.', paragraph.repeat(3), paragraph, paragraph.repeat(2)]
const long = ['You answer briefly and politely.', ...Array.from({ length: 47 }, (_, index) => `${index}. ${paragraph.repeat(14)}`)]

export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  'json-1k': { title: 'JSON, 1 KB request', requestBody: chat(short, false), answer: 'json', chunkGapMs: 0 },
  'json-100k': { title: 'JSON, 100 KB request', requestBody: chat(long, false), answer: 'json', chunkGapMs: 0 },
  stream: { title: 'Stream of 200 chunks, as fast as it goes', requestBody: chat(short, true), answer: 'stream', chunkGapMs: 0 },
  'paced-stream': { title: 'Stream of 200 chunks, one every 5 ms', requestBody: chat(short, true), answer: 'stream', chunkGapMs: 5 },
}

const usage = { prompt_tokens: 250, completion_tokens: 200, total_tokens: 450, prompt_tokens_details: { cached_tokens: 0 }, completion_tokens_details: { reasoning_tokens: 0 } }
const shared = { id: 'chatcmpl-Tb4nQ2yKf6Xr0pLw8VzD1aHs', created: 1760000000, model: 'bench-2026-01-01' }

export const jsonAnswer: string = JSON.stringify({
  ...shared,
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: answerText.repeat(6), refusal: null }, finish_reason: 'stop' }],
  usage,
})

/** The events of a streamed answer, each with its blank line. */
export const streamEvents: readonly string[] = [
  delta({ role: 'assistant', content: '' }),
  ...Array.from({ length: TEXT_CHUNKS }, (_, index) => delta({ content: ` word ${index}` })),
  delta({}, 'stop'),
  event({ ...shared, object: 'chat.completion.chunk', choices: [], usage }),
  'data: [DONE]\n\n',
]

function delta(content: object, finishReason: string | null = null): string {
  return event({ ...shared, object: 'chat.completion.chunk', choices: [{ index: 0, delta: content, finish_reason: finishReason }] })
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`
}
