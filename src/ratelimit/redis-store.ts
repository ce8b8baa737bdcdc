// Counters in Redis, shared by any number of Tollgates and by envoyproxy/ratelimit itself: same keys, same type.

import { TollgateError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { counterScript } from './counter-script.ts'
import type { CounterChange, CounterStore } from './counter-store.ts'
import { maxCounter } from './counter-store.ts'
import type { RedisTarget } from '../redis/redis-connection.ts'
import { closeRedisAfter, connectRedis } from '../redis/redis-connection.ts'

export interface RedisStoreOptions {
  /** The part of the configuration that says where Redis is. */
  readonly store: RedisTarget
  readonly log: Log
  /** 0 … 1, for the jitter of expiries. */
  readonly random?: () => number
  /** How long one call may take before it fails; 1 s unless given. */
  readonly commandTimeoutMs?: number
  /** Counters outlive their window by up to this, so that those of one window do not all expire in one second; 300 s as in the original. */
  readonly expiryJitterSeconds?: number
}

/** What the log calls our connection. */
const USED_FOR = 'rate limits'

/** What `defineCommand` adds to a client. */
interface Counting {
  tollgateCount(...keysAndArguments: readonly (string | number)[]): Promise<unknown>
  tollgateCountOne(key: string, ...changes: readonly string[]): Promise<unknown>
}

/** Connects in the background: `ready()` tells when. On a single Redis a request is one script, so it is atomic. */
export function createRedisStore(options: RedisStoreOptions): CounterStore {
  const { store, log, random = Math.random, commandTimeoutMs = 1000, expiryJitterSeconds = 300 } = options
  const client = connectRedis({ target: store, usedFor: USED_FOR, log, commandTimeoutMs })
  client.defineCommand('tollgateCount', { lua: counterScript })
  // On a cluster ioredis must see the key as first argument to find the node.
  client.defineCommand('tollgateCountOne', { lua: counterScript, numberOfKeys: 1 })
  // defineCommand adds methods that the client's type cannot know.
  const counting = client as unknown as Counting
  const inFlight = new Set<Promise<unknown>>()

  function scriptArguments({ kind, hits, windowSeconds }: CounterChange): readonly string[] {
    // More than a counter can hold brings it to 0 in any case, and Redis would not take the number.
    const taken = kind === 'refund' && hits > maxCounter ? maxCounter : hits
    const seconds = windowSeconds + Math.floor(random() * expiryJitterSeconds)
    return [kind, String(taken), String(seconds)]
  }

  async function countTogether(changes: readonly CounterChange[]): Promise<readonly string[]> {
    const keys = changes.map(({ key }) => key)
    return readAnswers(await counting.tollgateCount(keys.length, ...keys, ...changes.flatMap(scriptArguments)), changes.length)
  }

  /** A script may touch one slot of a cluster only, so here it is one script per counter, all under way at once. */
  async function countPerKey(changes: readonly CounterChange[]): Promise<readonly string[]> {
    const byKey = new Map<string, { readonly change: CounterChange; readonly index: number }[]>()
    changes.forEach((change, index) => {
      const own = byKey.get(change.key)
      if (own === undefined) byKey.set(change.key, [{ change, index }])
      else own.push({ change, index })
    })
    const answers: string[] = []
    const settled = await Promise.allSettled(
      [...byKey].map(async ([key, own]) => {
        const answer = await counting.tollgateCountOne(key, ...own.flatMap(({ change }) => scriptArguments(change)))
        const texts = readAnswers(answer, own.length)
        own.forEach(({ index }, position) => (answers[index] = texts[position] ?? ''))
      }),
    )
    for (const result of settled) if (result.status === 'rejected') throw result.reason
    return answers
  }

  async function apply(changes: readonly CounterChange[]): Promise<readonly bigint[]> {
    if (changes.length === 0) return []
    try {
      const answers = await (store.kind === 'redis-cluster' ? countPerKey(changes) : countTogether(changes))
      return answers.map(parseCounter)
    } catch (thrown) {
      if (thrown instanceof TollgateError) throw thrown
      throw new TollgateError('internal', 'counting failed: Redis did not answer', { cause: thrown })
    }
  }

  return {
    async apply(changes) {
      const call = apply(changes)
      inFlight.add(call)
      try {
        return await call
      } finally {
        inFlight.delete(call)
      }
    },
    async ready() {
      if (client.status !== 'ready') return false
      try {
        return (await client.ping()) === 'PONG'
      } catch (thrown) {
        log.debug({ used_for: USED_FOR, err: thrown }, 'Redis did not answer a PING')
        return false
      }
    },
    close: () => closeRedisAfter(inFlight, client),
  }
}

function readAnswers(answer: unknown, count: number): readonly string[] {
  if (Array.isArray(answer) && answer.length === count && answer.every((text) => typeof text === 'string')) return answer
  throw new TollgateError('internal', 'counting failed: the counting script gave an answer of another shape')
}

function parseCounter(text: string): bigint {
  if (/^-?[0-9]+$/.test(text)) return BigInt(text)
  const reason = text.startsWith('!') ? text.slice(1) : 'ERR value is not an integer or out of range'
  throw new TollgateError('internal', `counting failed: ${reason}`)
}
