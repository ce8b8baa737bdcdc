// What several Tollgates on one Redis learn, each of them knows. Each appends what it has learned since last time to one stream, and reads on where it
// stopped; now and then somebody writes down all it knows, for those that start later. No request waits for any of it.

import { isObject } from '../core/is-object.ts'
import type { Log } from '../core/log.ts'
import type { Estimator } from './estimator.ts'
import { createHabits, type HabitsJson, type ObservedAnswer } from './habits.ts'
import { createRecentMap } from './recent-map.ts'

/** The part of a Redis client that is used. */
export interface LearningBoard {
  xadd(key: string, maxLength: 'MAXLEN', about: '~', length: number, id: '*', field: string, value: string): Promise<unknown>
  xrange(key: string, start: string, end: '+', count: 'COUNT', entries: number): Promise<readonly (readonly [id: string, fields: readonly string[]])[]>
  get(key: string): Promise<string | null>
  set(key: string, value: string, unit: 'PX', milliseconds: number): Promise<unknown>
  pexpire(key: string, milliseconds: number): Promise<unknown>
}

/** How late the others hear of an answer: habits change slowly. */
export const LEARNING_INTERVAL_MS = 5_000

export interface SharedLearning {
  /** Will be told to the others. */
  learned(answer: ObservedAnswer): void
  /** Tells the others and learns what they told: one round trip, two the first time. Never rejects; does nothing while the last one is not over. */
  exchange(): Promise<void>
}

export interface SharedLearningOptions {
  readonly board: LearningBoard
  readonly estimator: Pick<Estimator, 'merge' | 'toJson'>
  /** Names this process among all that are alive, as a new random text does. */
  readonly writer: string
  readonly log: Log
}

// Budgets and what belongs to them are on one node of a cluster.
const STREAM = '{tollgate-budgets}:learned'
const SUMMARY = '{tollgate-budgets}:learned:summary'

/** Entries kept, about: of ten processes, those of more than four minutes. Who looks away for longer misses some. */
const STREAM_LENGTH = 512
/** An entry of so many callers has 20 to 80 KB. More callers wait for the next one, or for the next summary, before which all are told. */
const CALLERS_PER_ENTRY = 500
/** Callers that may wait, also while Redis is away. Of others only what they taught about their model is told. */
const MAX_WAITING_CALLERS = 5_000
const ENTRIES_PER_LOOK = 256
/** The stream is gone a day after the last answer, what was known a week after it. */
const STREAM_TTL_MS = 24 * 60 * 60 * 1_000
const SUMMARY_TTL_MS = 7 * STREAM_TTL_MS
/** Once a minute, when there is something new. */
const EXCHANGES_PER_SUMMARY = 12
/** About 200 KB. Others begin again with what is usual for their model. */
const CALLERS_IN_SUMMARY = 2_000
/** Processes whose place in the stream is remembered; there are as many as were started lately. */
const MAX_WRITERS = 1_000

/** What is told at once. Told again under the same number when it is not known whether it arrived. */
interface Entry {
  readonly writer: string
  /** One more than that of the writer's last one. */
  readonly number: number
  readonly habits: HabitsJson
}

export function shareLearning({ board, estimator, writer, log }: SharedLearningOptions): SharedLearning {
  const waiting = createHabits({ maxCallers: MAX_WAITING_CALLERS })
  /** The last number of each writer that has been learned here, our own among them. */
  const known = createRecentMap<number>(MAX_WRITERS)
  let outgoing: Entry | undefined
  let number = 0
  /** The id of the entry that was read last; undefined: what was written down has not been read yet. */
  let position: string | undefined
  let isBusy = false
  let isRefused = false
  let isNew = false
  let exchanges = 0

  async function begin(): Promise<string> {
    const summary = parse(await board.get(SUMMARY))
    const { position: last, known: numbers, habits } = isObject(summary) ? summary : {}
    for (const [name, value] of isObject(numbers) ? Object.entries(numbers) : []) if (typeof value === 'number') known.set(name, value)
    estimator.merge(habits)
    return typeof last === 'string' && /^\d+-\d+$/.test(last) ? last : '0-0'
  }

  /** Takes what is waiting, unless an earlier entry is still to be told. */
  function prepare(maxCallers: number): Entry | undefined {
    if (outgoing !== undefined) return outgoing
    const habits = waiting.take({ maxCallers })
    if (habits === undefined) return undefined
    number += 1
    known.set(writer, number)
    isNew = true
    return { writer, number, habits }
  }

  /** All that is known here, with the place in the stream up to which that is so; undefined while some of it has no place yet. */
  function summarize(from: string): string | undefined {
    if (!isNew || !waiting.isEmpty) return undefined
    isNew = false
    return JSON.stringify({ position: from, known: Object.fromEntries(known.latest(MAX_WRITERS)), habits: estimator.toJson({ maxCallers: CALLERS_IN_SUMMARY }) })
  }

  function learnFrom(text: string | undefined): void {
    const entry = parse(text)
    if (!isObject(entry) || typeof entry['writer'] !== 'string' || typeof entry['number'] !== 'number') return
    if (entry['number'] <= (known.get(entry['writer']) ?? 0)) return
    known.set(entry['writer'], entry['number'])
    isNew = true
    estimator.merge(entry['habits'])
  }

  async function tell(entry: Entry): Promise<void> {
    await Promise.all([board.xadd(STREAM, 'MAXLEN', '~', STREAM_LENGTH, '*', 'entry', JSON.stringify(entry)), board.pexpire(STREAM, STREAM_TTL_MS)])
    outgoing = undefined
  }

  // All commands are given at once, so that they are one round trip.
  async function exchangeOnce(): Promise<void> {
    const from = (position ??= await begin())
    exchanges += 1
    const isDue = exchanges % EXCHANGES_PER_SUMMARY === 0
    outgoing = prepare(isDue ? MAX_WAITING_CALLERS : CALLERS_PER_ENTRY)
    const summary = isDue ? summarize(from) : undefined
    const [entries] = await Promise.all([
      board.xrange(STREAM, nextId(from), '+', 'COUNT', ENTRIES_PER_LOOK),
      outgoing === undefined ? undefined : tell(outgoing),
      summary === undefined ? undefined : board.set(SUMMARY, summary, 'PX', SUMMARY_TTL_MS),
    ])
    for (const [id, fields] of entries) {
      position = id
      learnFrom(fields[1])
    }
  }

  return {
    learned: (answer) => waiting.learn(answer),
    async exchange() {
      if (isBusy) return
      isBusy = true
      try {
        await exchangeOnce()
      } catch (err) {
        const message = 'What answers have taught could not be shared with other Tollgates.'
        // Redis is there and says no: it will go on saying so until somebody gives us the right.
        const isRefusal = err instanceof Error && err.name === 'ReplyError'
        if (isRefusal && !isRefused) log.warn({ err }, message)
        else log.debug({ err }, message)
        isRefused ||= isRefusal
      } finally {
        isBusy = false
      }
    },
  }
}

/** The smallest id behind `id`: a range that leaves out its start needs Redis 6.2. */
function nextId(id: string): string {
  const [milliseconds = '0', sequence = '0'] = id.split('-')
  return `${milliseconds}-${BigInt(sequence) + 1n}`
}

/** Undefined for what is no JSON: others may have written there, and a later version may write otherwise. */
function parse(text: string | null | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return undefined
  }
}
