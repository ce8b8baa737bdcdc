// Budgets in Redis, shared by any number of Tollgates. Each call is one script and one round trip, so two processes never see each other's halves.

import { ReplyError } from 'ioredis'
import { TollgateError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { RedisTarget } from '../redis/redis-connection.ts'
import { closeRedisAfter, connectRedis } from '../redis/redis-connection.ts'
import type { AdmissionRequest, BudgetStore, Claim, CounterRef, CounterState, ExpiredHold, ListedCounter } from './budget-store.ts'
import {
  admissionScript,
  counterPrefix,
  exchangePrefix,
  expiryScript,
  heldForMs,
  holdsKey,
  keptForMs,
  listScript,
  namePrefix,
  readScript,
  renewalScript,
  settlementScript,
} from './budget-script.ts'
import { AdmittedBeforeError, NotDoneError } from './store-errors.ts'
import { decodeCharges, encodeCharges, encodeClaims, readStates } from './redis-answers.ts'

export interface RedisBudgetStoreOptions {
  /** The part of the configuration that says where Redis is. */
  readonly store: RedisTarget
  readonly log: Log
  /** How long one call may take before it fails; 1 s unless given. */
  readonly commandTimeoutMs?: number
}

/** What Redis says before the first change of a counter: it is full, starting, a replica, or cannot do its duty. Since Redis 7 first, before somewhere in the text. */
const CHARGED_NOTHING = /(?:^|: -)(?:OOM|READONLY|LOADING|MISCONF|MASTERDOWN|CLUSTERDOWN|NOREPLICAS)\b/

type Arguments = readonly (string | number)[]

/** What `defineCommand` adds to a client: the number of keys, the keys, the arguments. */
interface Scripts {
  tollgateAdmit(...all: Arguments): Promise<unknown>
  tollgateSettle(...all: Arguments): Promise<unknown>
  tollgateRenew(...all: Arguments): Promise<unknown>
  tollgateExpire(...all: Arguments): Promise<unknown>
  tollgateRead(...all: Arguments): Promise<unknown>
  tollgateList(...all: Arguments): Promise<unknown>
}

const scripts: Readonly<Record<keyof Scripts, string>> = {
  tollgateAdmit: admissionScript,
  tollgateSettle: settlementScript,
  tollgateRenew: renewalScript,
  tollgateExpire: expiryScript,
  tollgateRead: readScript,
  tollgateList: listScript,
}

/** What the log calls our connection. */
const USED_FOR = 'budgets'
/** Holds that one script renews or charges: Redis answers nobody else meanwhile, so a script must not take longer than about a millisecond. */
const HOLDS_PER_SCRIPT = 64
/** Counters that one script reads. */
const COUNTERS_PER_SCRIPT = 200
/** Keys that one step of a list looks at, of whatever else the Redis holds too. */
const KEYS_PER_SCAN = 250

/** Connects in the background: `ready()` tells when. */
export function createRedisBudgetStore({ store, log, commandTimeoutMs = 1000 }: RedisBudgetStoreOptions): BudgetStore {
  // A pipeline would wait for the answers to the one before it.
  const client = connectRedis({ target: store, usedFor: USED_FOR, log, commandTimeoutMs, pipelining: false })
  for (const [name, lua] of Object.entries(scripts)) client.defineCommand(name, { lua })
  // defineCommand adds methods that the client's type cannot know.
  const run = client as unknown as Scripts
  const inFlight = new Set<Promise<unknown>>()

  async function call<Value>(what: string, ask: () => Promise<Value>): Promise<Value> {
    if (client.status !== 'ready') throw new NotDoneError(`${what} failed: Redis did not answer, there is no connection to it`)
    const asked = ask()
    inFlight.add(asked)
    try {
      return await asked
    } catch (thrown) {
      if (thrown instanceof TollgateError) throw thrown
      if (thrown instanceof Error && thrown instanceof ReplyError && CHARGED_NOTHING.test(thrown.message)) throw new NotDoneError(`${what} failed: Redis refused it`, thrown)
      throw new TollgateError('internal', `${what} failed: Redis ${thrown instanceof ReplyError ? 'refused it' : 'did not answer'}`, { cause: thrown })
    } finally {
      inFlight.delete(asked)
    }
  }

  async function readSome(refs: readonly CounterRef[], nowMs: number): Promise<readonly CounterState[]> {
    return readStates(await run.tollgateRead(refs.length + 1, holdsKey, ...refs.map(counterKeyOf), nowMs), refs.length)
  }

  async function expireSome(nowMs: number, limit: number): Promise<{ readonly takenOut: number; readonly expired: readonly ExpiredHold[] }> {
    const answer = await run.tollgateExpire(1, holdsKey, nowMs, limit, exchangePrefix)
    const [takenOut, ...known] = Array.isArray(answer) ? (answer as readonly unknown[]) : []
    const expired: ExpiredHold[] = []
    for (let at = 0; at < known.length; at += 2) expired.push({ id: String(known[at]), charges: decodeCharges(known[at + 1]) })
    return { takenOut: Number(takenOut), expired }
  }

  async function listAll(prefix: string, nowMs: number, limit: number): Promise<readonly ListedCounter[]> {
    // A scan may find a key twice.
    const found = new Map<string, ListedCounter>()
    let cursor = '0'
    do {
      const answer = await run.tollgateList(1, holdsKey, nowMs, cursor, `${escapePattern(counterPrefix + prefix)}*`, KEYS_PER_SCAN)
      const [next, ...known] = Array.isArray(answer) ? (answer as readonly unknown[]) : []
      for (let at = 0; at < known.length; at += 3) {
        const key = String(known[at]).slice(counterPrefix.length)
        found.set(key, { key, used: Number(known[at + 1]), held: Number(known[at + 2]) })
      }
      cursor = String(next)
    } while (cursor !== '0' && found.size < limit)
    return [...found.values()].slice(0, limit)
  }

  return {
    admit: ({ id, nowMs, holdUntilMs, claims }) =>
      call('the admission', async () => {
        if (claims.length === 0) return { admitted: true, counters: [] }
        const keptMs = keptFor(claims, { nowMs, holdUntilMs })
        const keys = [holdsKey, exchangePrefix + id, ...claims.map(counterKeyOf)]
        const answer = await run.tollgateAdmit(keys.length, ...keys, nowMs, holdUntilMs, keptMs, id, encodeClaims(claims))
        const [verdict, ...states] = Array.isArray(answer) ? (answer as readonly unknown[]) : []
        if (verdict === 2) throw new AdmittedBeforeError(id)
        return { admitted: verdict === 1, counters: readStates(states, claims.length) }
      }),
    settle: ({ id, nowMs, charges }) =>
      call('the settlement', async () => {
        const keys = [holdsKey, exchangePrefix + id, ...charges.map(counterKeyOf)]
        const answer = await run.tollgateSettle(keys.length, ...keys, nowMs, keptForMs, id, encodeCharges(charges))
        const [verdict, ...states] = Array.isArray(answer) ? (answer as readonly unknown[]) : []
        return { applied: verdict === 1, counters: readStates(states, charges.length) }
      }),
    renew: (ids, holdUntilMs) =>
      call('the renewal of holds', async () => {
        for (const some of slicesOf(ids, HOLDS_PER_SCRIPT)) {
          const keys = [holdsKey, ...some.map((id) => exchangePrefix + id)]
          await run.tollgateRenew(keys.length, ...keys, holdUntilMs, ...some)
        }
      }),
    expire: (nowMs, limit) =>
      call('the search for holds that ran out', async () => {
        const all: ExpiredHold[] = []
        while (all.length < limit) {
          const wanted = Math.min(limit - all.length, HOLDS_PER_SCRIPT)
          const { takenOut, expired } = await expireSome(nowMs, wanted)
          all.push(...expired)
          if (takenOut < wanted) break
        }
        return all
      }),
    read: (refs, nowMs) =>
      call('reading counters', async () => {
        const states: CounterState[] = []
        for (const some of slicesOf(refs, COUNTERS_PER_SCRIPT)) states.push(...(await readSome(some, nowMs)))
        return states
      }),
    list: (prefix, { nowMs, limit }) => call('listing counters', () => listAll(prefix, nowMs, limit)),
    // By the clock of Redis: who asks too early for a moment is told that somebody else was first.
    first: (name, { ttlMs }) => call('taking a name', async () => (await client.set(namePrefix + name, '1', 'PX', Math.max(1, Math.round(ttlMs)), 'NX')) === 'OK'),
    async ready() {
      if (client.status !== 'ready') return false
      try {
        // On a cluster this asks the node that has the counters.
        await client.pttl(holdsKey)
        return true
      } catch (thrown) {
        log.debug({ used_for: USED_FOR, err: thrown }, 'Redis did not answer for the counters of budgets')
        return false
      }
    },
    close: () => closeRedisAfter(inFlight, client),
  }
}

/** How long an exchange is known, in ms: longer than any counter in which it holds, which others may prolong until it is next renewed. */
function keptFor(claims: readonly Claim[], { nowMs, holdUntilMs }: Pick<AdmissionRequest, 'nowMs' | 'holdUntilMs'>): number {
  const latestMs = claims.reduce((latest, { forgetAtMs }) => Math.max(latest, forgetAtMs), holdUntilMs)
  const slides = claims.some(({ slide }) => slide !== undefined)
  return Math.ceil(latestMs - nowMs) + keptForMs + (slides ? heldForMs + Math.ceil(holdUntilMs - nowMs) : 0)
}

function counterKeyOf({ key }: CounterRef): string {
  return counterPrefix + key
}

function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&')
}

function slicesOf<Item>(items: readonly Item[], length: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / length) }, (_, index) => items.slice(index * length, (index + 1) * length))
}
