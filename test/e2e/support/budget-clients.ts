// Clients of a gateway with budgets: answers that all cost the same, and streams that are under way while something dies.

import { request } from 'node:http'
import type { Answered } from './budget-books.ts'
import { createClient, inParallel } from './send.ts'

const INPUT_TOKENS = 30
/** Of whole answers, from which estimates learn; and of streams, so that it shows which of them are charged by an estimate. */
const WHOLE_OUTPUT_TOKENS = 240
const STREAM_OUTPUT_TOKENS = 90
export const WHOLE_TOKENS = INPUT_TOKENS + WHOLE_OUTPUT_TOKENS
export const STREAM_TOKENS = INPUT_TOKENS + STREAM_OUTPUT_TOKENS

export interface UnderWay {
  readonly id: string
  /** Resolves when it has ended: with [DONE], or cut. */
  readonly ended: Promise<{ readonly complete: boolean }>
}

const body = { model: 'gpt', messages: [{ role: 'user', content: 'Tell me something that takes a while, please.' }] }
const headersOf = (user: string, outputTokens: number): Readonly<Record<string, string>> => ({
  'content-type': 'application/json',
  'x-user-id': user,
  'x-mock-input-tokens': String(INPUT_TOKENS),
  'x-mock-output-tokens': String(outputTokens),
})

/** `id`: empty when the answer does not name it. */
export interface Asked extends Answered {
  readonly status: number
}

/** One answer after the other for each of these users, `count` in all. */
export async function ask(url: string, users: readonly string[], count: number): Promise<readonly Asked[]> {
  const client = createClient(url)
  const answers: Asked[] = []
  try {
    await inParallel(count, 8, async (index) => {
      const { status, headers } = await client.post('/v1/chat/completions', body, headersOf(users[index % users.length] ?? '', WHOLE_OUTPUT_TOKENS))
      answers.push({ status, id: String(headers['x-tollgate-exchange-id'] ?? ''), tokens: WHOLE_TOKENS })
    })
    return answers
  } finally {
    client.close()
  }
}

export interface StreamsWanted {
  readonly users: readonly string[]
  readonly count: number
  /** Chunks of the shortest and of the longest, one every `everyMs`. */
  readonly chunks: readonly [shortest: number, longest: number]
  readonly everyMs: number
}

/** Resolves when all of them have begun to answer. Rejects when one is no 200. */
export async function openStreams(url: string, { users, count, chunks: [shortest, longest], everyMs }: StreamsWanted): Promise<readonly UnderWay[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const chunks = Math.round(shortest + ((longest - shortest) * index) / Math.max(1, count - 1))
      return openStream(url, { ...headersOf(users[index % users.length] ?? '', STREAM_OUTPUT_TOKENS), 'x-mock-chunks': String(chunks), 'x-mock-chunk-delay-ms': String(everyMs) })
    }),
  )
}

function openStream(url: string, headers: Readonly<Record<string, string>>): Promise<UnderWay> {
  return new Promise((resolve, reject) => {
    const call = request(`${url}/v1/chat/completions`, { method: 'POST', agent: false, headers }, (response) => {
      if (response.statusCode !== 200) {
        reject(new Error(`a stream began with ${String(response.statusCode)}`))
        return
      }
      let tail = ''
      response.setEncoding('utf8').on('error', () => undefined)
      const ended = new Promise<{ complete: boolean }>((resolveEnd) => response.once('close', () => resolveEnd({ complete: response.complete && tail.endsWith('data: [DONE]\n\n') })))
      response.once('data', () => resolve({ id: String(response.headers['x-tollgate-exchange-id'] ?? ''), ended }))
      response.on('data', (part: string) => (tail = (tail + part).slice(-64)))
    })
    call.on('error', reject)
    call.end(JSON.stringify({ ...body, stream: true }))
  })
}

/** Which of them came to their end. */
export async function endsOf(streams: readonly UnderWay[]): Promise<{ readonly answered: readonly Answered[]; readonly cut: readonly string[] }> {
  const ends = await Promise.all(streams.map(async ({ id, ended }) => ({ id, complete: (await ended).complete })))
  const answered = ends.filter(({ complete }) => complete).map(({ id }) => ({ id, tokens: STREAM_TOKENS }))
  return { answered, cut: ends.filter(({ complete }) => !complete).map(({ id }) => id) }
}
