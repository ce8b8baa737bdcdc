// The clients of the accuracy benchmark: who learns, who comes all at once, who comes now and then, and who leaves in the middle.

import { setTimeout as pause } from 'node:timers/promises'
import { type Answer, type Client, createClient, inParallel } from '../../e2e/support/send.ts'
import { until } from '../../e2e/support/until.ts'
import { drawLogNormal } from '../../support/random.ts'
import { type Arm, AVERAGE_REQUEST, CROWD_LIMIT, HALF_LIMIT, HOLD_TTL_MS, INPUT_TOKENS, MEAN_OUTPUT_TOKENS, type Mode, SIGMA } from './accuracy-arms.ts'

export const CROWD = 500
export const LEARNING_REQUESTS = 1_000
/** Bound of those who reserve the worst case: four average answers. What would be longer ends there. */
const MAX_TOKENS = 1_600
/** An answer of 400 tokens takes 0.8 s: ten times as fast as a model writes, so that a run ends. */
const MS_PER_TOKEN = 2
const LONGEST_ANSWER_MS = 4_000
const HALF_REQUESTS = 100
const LEAVING = 20

/** One budget and all that came to it. Tokens. */
export interface Round {
  readonly mode: Mode
  readonly asked: number
  readonly admitted: number
  readonly denied: number
  /** Neither answered nor refused for want of room. */
  readonly failed: number
  /** By the usage that the answers tell. */
  readonly spent: number
  /** What would have been spent had nobody been refused. */
  readonly wanted: number
  readonly limit: number
  /** Requests at a time, on average, while any was under way. */
  readonly inFlight: number
  /** By the counter of the budget, once nothing is held; undefined for the rate limit service. */
  readonly counted: number | undefined
}

interface Draw {
  readonly tokens: number
  readonly mode: Mode
  readonly user: string
}

export interface ClientsOptions {
  readonly arm: Arm
  readonly random: () => number
}

/** Teaches the estimates what answers are like. Counted to no budget. */
export async function learn({ arm, random }: ClientsOptions): Promise<void> {
  await withClients(arm, 16, async (clientOf) => {
    await inParallel(LEARNING_REQUESTS, 16, async (index) => {
      const { status } = await send(clientOf(index), { tokens: draw(random), mode: 'none', user: 'learner' }, 0)
      if (status !== 200) throw new Error(`a learning request got ${String(status)}`)
    })
  })
}

/** All at once, on a budget for CROWD_LIMIT average requests. */
export async function crowd({ arm, random }: ClientsOptions, mode: Mode, user: string): Promise<Round> {
  const draws = Array.from({ length: CROWD }, (): Draw => ({ tokens: drawFor(mode, random), mode, user }))
  const sent = await withClients(arm, CROWD, async (clientOf) => Promise.all(draws.map(async (each, index) => timed(send(clientOf(index), each)))))
  return sumUp(arm, { draws, sent, mode, user, limit: CROWD_LIMIT * AVERAGE_REQUEST })
}

/** At random times within `windowMs`, about half of what the budget has; ten at a time on average. */
export async function halfLoad({ arm, random }: ClientsOptions, mode: Mode, user: string, windowMs: number): Promise<Round> {
  const draws = Array.from({ length: HALF_REQUESTS }, (): Draw => ({ tokens: drawFor(mode, random), mode, user }))
  const arrivals = poissonArrivals(random, windowMs)
  const msPerToken = windowMs / 10 / MEAN_OUTPUT_TOKENS
  const sent = await withClients(arm, HALF_REQUESTS, async (clientOf) =>
    Promise.all(
      draws.map(async (each, index) => {
        await pause(arrivals[index])
        return timed(send(clientOf(index), each, msPerToken))
      }),
    ),
  )
  return sumUp(arm, { draws, sent, mode, user, limit: HALF_LIMIT * AVERAGE_REQUEST })
}

/** Streams whose clients go away in the middle: their holds must not stay. */
export async function leaveInTheMiddle({ arm }: ClientsOptions, user: string): Promise<void> {
  const headers = { 'x-user-id': user, 'x-mock-output-tokens': '300', 'x-mock-chunks': '60', 'x-mock-chunk-delay-ms': '20' }
  await withClients(arm, LEAVING, async (clientOf) => {
    const leaving = Array.from({ length: LEAVING }, async (_, index) => clientOf(index).leave('/v1/chat/completions', { ...bodyOf('worst_case'), stream: true }, { headers, afterBytes: index % 2 === 0 ? 0 : 1_000 }))
    await Promise.all(leaving)
  })
}

/** What all counters hold, now and when every hold that nobody renews has run out. */
export async function holdsLeft(arm: Arm): Promise<{ readonly atOnce: number; readonly afterHoldTime: number }> {
  const atOnce = await heldBy(arm, '')
  // One second for those that are charged every second, one for a machine that is busy.
  await pause(HOLD_TTL_MS + 2_000)
  return { atOnce, afterHoldTime: await heldBy(arm, '') }
}

function draw(random: () => number): number {
  return drawLogNormal(random, { mean: MEAN_OUTPUT_TOKENS, sigma: SIGMA })
}

function drawFor(mode: Mode, random: () => number): number {
  return mode === 'worst_case' ? Math.min(draw(random), MAX_TOKENS) : draw(random)
}

function poissonArrivals(random: () => number, windowMs: number): readonly number[] {
  let atMs = 0
  return Array.from({ length: HALF_REQUESTS }, () => {
    atMs += (-Math.log(1 - random()) * windowMs) / HALF_REQUESTS
    return atMs
  })
}

function bodyOf(mode: Mode): object {
  return { model: 'gpt', messages: [{ role: 'user', content: 'Tell me how many answers fit into this budget.' }], ...(mode === 'worst_case' ? { max_tokens: MAX_TOKENS } : {}) }
}

async function send(client: Client, { tokens, mode, user }: Draw, msPerToken = MS_PER_TOKEN): Promise<Answer> {
  return client.post('/v1/chat/completions', bodyOf(mode), {
    'x-user-id': user,
    'x-mock-input-tokens': String(INPUT_TOKENS),
    'x-mock-output-tokens': String(tokens),
    'x-mock-latency-ms': String(Math.min(LONGEST_ANSWER_MS, Math.round(tokens * msPerToken))),
  })
}

interface Sent {
  readonly answer: Answer
  readonly fromMs: number
  readonly untilMs: number
}

async function timed(pending: Promise<Answer>): Promise<Sent> {
  const fromMs = performance.now()
  return { answer: await pending, fromMs, untilMs: performance.now() }
}

/** A connection for each; those of two replicas take turns. */
async function withClients<Result>(arm: Arm, connections: number, work: (clientOf: (index: number) => Client) => Promise<Result>): Promise<Result> {
  const clients = arm.gateways.map(({ url }) => createClient(url, { connections: Math.ceil(connections / arm.gateways.length) }))
  const clientOf = (index: number): Client => {
    const client = clients[index % clients.length]
    if (client === undefined) throw new Error('an arm without a gateway')
    return client
  }
  try {
    return await work(clientOf)
  } finally {
    for (const client of clients) client.close()
  }
}

interface Asked {
  readonly draws: readonly Draw[]
  readonly sent: readonly Sent[]
  readonly mode: Mode
  readonly user: string
  readonly limit: number
}

async function sumUp(arm: Arm, { draws, sent, mode, user, limit }: Asked): Promise<Round> {
  const answers = sent.map(({ answer }) => answer)
  const passedMs = Math.max(...sent.map(({ untilMs }) => untilMs)) - Math.min(...sent.map(({ fromMs }) => fromMs))
  const count = (isMeant: (status: number) => boolean): number => answers.filter(({ status }) => isMeant(status)).length
  const spent = answers.reduce((sum, { status, body }) => sum + (status === 200 ? (JSON.parse(body) as { usage: { total_tokens: number } }).usage.total_tokens : 0), 0)
  if (mode !== 'limits') await until('everything is settled', async () => (await heldBy(arm, `?user=${user}`)) === 0)
  return {
    mode,
    asked: draws.length,
    admitted: count((status) => status === 200),
    denied: count((status) => status === 429),
    failed: count((status) => status !== 200 && status !== 429),
    spent,
    wanted: draws.reduce((sum, { tokens }) => sum + INPUT_TOKENS + tokens, 0),
    limit,
    inFlight: sent.reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0) / passedMs,
    counted: mode === 'limits' ? undefined : (await countersOf(arm, `?user=${user}`)).reduce((sum, { used }) => sum + used, 0),
  }
}

interface ShownCounter {
  readonly used: number
  readonly held: number
}

async function heldBy(arm: Arm, query: string): Promise<number> {
  return (await countersOf(arm, query)).reduce((sum, { held }) => sum + held, 0)
}

/** Replicas have the same counters. */
async function countersOf({ gateways: [gateway] }: Arm, query: string): Promise<readonly ShownCounter[]> {
  const answer = await fetch(`${gateway?.adminUrl ?? ''}/budgets${query === '' ? '?' : `${query}&`}limit=1000`)
  return ((await answer.json()) as { budgets: readonly ShownCounter[] }).budgets
}
