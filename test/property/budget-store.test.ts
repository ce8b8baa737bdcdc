// Whatever is asked in whatever order while time goes by: memory and Redis give the same answers, and both agree with a model on paper.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import type { AdmissionAnswer, BudgetStore, Claim, CounterCharge, CounterRef, CounterState, ExpiredHold, SettlementAnswer } from '../../src/budgets/budget-store.ts'
import { createMemoryBudgetStore } from '../../src/budgets/memory-store.ts'
import { START_MS } from '../support/budget-requests.ts'
import { connectedStore } from '../support/budget-store-harness.ts'
import type { RedisServer } from '../support/redis-server.ts'
import { startRedis } from '../support/redis-server.ts'

const SLICES = 4
const SLICE_MS = 1000
/** Longer than the longest sequence takes, since holds must not outlive their counters. */
const LONG_MS = 1_000_000
const SHORT_MS = 3000

/** `slide…` in slices; `…short` is only ever charged, and forgotten sooner than its slices. */
type Key = 'a' | 'b' | 'slide-a' | 'slide-b' | 'short' | 'slide-short'

type Step =
  | { readonly do: 'admit'; readonly id: string; readonly parts: readonly { readonly key: Key; readonly amount: number; readonly limit: number; readonly startAt: number }[]; readonly holdMs: number }
  | { readonly do: 'settle'; readonly id: string; readonly parts: readonly { readonly key: Key; readonly amount: number }[] }
  | { readonly do: 'renew'; readonly ids: readonly string[]; readonly holdMs: number }
  | { readonly do: 'expire'; readonly limit: number }
  | { readonly do: 'wait'; readonly ms: number }

const id = fc.integer({ min: 1, max: 12 }).map((number) => `x${String(number).padStart(2, '0')}`)
const amount = fc.oneof({ weight: 5, arbitrary: fc.nat(20) }, fc.nat(2 ** 40))
const limit = fc.oneof({ weight: 5, arbitrary: fc.nat(60) }, fc.constant(Number.MAX_SAFE_INTEGER))
const holdMs = fc.nat(6000)
const held = fc.constantFrom<Key>('a', 'b', 'slide-a', 'slide-b')
const charged = fc.constantFrom<Key>('a', 'b', 'slide-a', 'slide-b', 'short', 'slide-short')
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('admit' as const), id, parts: fc.uniqueArray(fc.record({ key: held, amount, limit, startAt: limit }), { selector: ({ key }) => key, minLength: 1, maxLength: 3 }), holdMs }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('settle' as const), id, parts: fc.uniqueArray(fc.record({ key: charged, amount }), { selector: ({ key }) => key, maxLength: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('renew' as const), ids: fc.uniqueArray(id, { maxLength: 4 }), holdMs }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('expire' as const), limit: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(2500) }) },
)

function refOf(key: Key, nowMs: number): CounterRef {
  const base = { key, forgetAtMs: nowMs + (key.endsWith('short') ? SHORT_MS : LONG_MS) }
  return key.startsWith('slide') ? { ...base, slide: { slices: SLICES, sliceMs: SLICE_MS, slice: Math.floor(nowMs / SLICE_MS) } } : base
}

const everything = (nowMs: number): readonly CounterRef[] => (['a', 'b', 'slide-a', 'slide-b', 'short', 'slide-short'] as const).map((key) => refOf(key, nowMs))

interface PaperEntry {
  readonly id: string
  readonly ref: CounterRef & { readonly amount: number }
  isHeld: boolean
}

/** The contract as a list of what was held and charged. Nothing is forgotten in it but `…short`. */
function createPaper() {
  let entries: PaperEntry[] = []
  const holds = new Map<string, { untilMs: number; readonly charges: readonly CounterCharge[]; isProvisional: boolean }>()
  const settled = new Set<string>()
  const shortUntilMs = new Map<string, number>()

  function stateOf({ key }: CounterRef, nowMs: number): CounterState {
    const own = entries.filter(({ ref }) => ref.key === key)
    const counts = ({ ref: { slide } }: PaperEntry): boolean => slide === undefined || slide.slice > Math.floor(nowMs / SLICE_MS) - SLICES
    const sum = (some: readonly PaperEntry[]): number => some.reduce((total, { ref }) => total + ref.amount, 0)
    return { used: sum(own.filter((entry) => !entry.isHeld && counts(entry))), held: sum(own.filter(({ isHeld }) => isHeld)) }
  }

  function forget(nowMs: number): void {
    for (const [key, untilMs] of shortUntilMs) {
      if (nowMs < untilMs) continue
      shortUntilMs.delete(key)
      entries = entries.filter(({ ref }) => ref.key !== key)
    }
  }

  return {
    states: (refs: readonly CounterRef[], nowMs: number) => {
      forget(nowMs)
      return refs.map((ref) => stateOf(ref, nowMs))
    },
    admit(name: string, claims: readonly Claim[], nowMs: number, untilMs: number): AdmissionAnswer | string {
      const counters = claims.map((claim) => stateOf(claim, nowMs))
      const fits = claims.every(({ amount: wanted, limit: most, startAt }, index) => {
        const { used = 0, held: already = 0 } = counters[index] ?? {}
        return used + already <= startAt && used + already + wanted <= most
      })
      if (!fits) return { admitted: false, counters }
      if (holds.has(name) || settled.has(name)) return 'admitted before'
      const charges = claims.map(({ key, forgetAtMs, slide, amount: wanted }) => (slide === undefined ? { key, forgetAtMs, amount: wanted } : { key, forgetAtMs, slide, amount: wanted }))
      holds.set(name, { untilMs, charges, isProvisional: false })
      for (const ref of charges) entries.push({ id: name, ref, isHeld: true })
      return { admitted: true, counters }
    },
    settle(name: string, charges: readonly CounterCharge[], nowMs: number): SettlementAnswer {
      forget(nowMs)
      const applied = !settled.has(name)
      if (applied) {
        entries = entries.filter((entry) => entry.id !== name)
        for (const ref of charges) {
          entries.push({ id: name, ref, isHeld: false })
          if (ref.key.endsWith('short') && (ref.amount > 0 || shortUntilMs.has(ref.key))) shortUntilMs.set(ref.key, ref.forgetAtMs)
        }
        holds.delete(name)
        settled.add(name)
      }
      return { applied, counters: charges.map((ref) => stateOf(ref, nowMs)) }
    },
    renew(ids: readonly string[], untilMs: number): void {
      for (const name of ids) {
        const hold = holds.get(name)
        if (hold !== undefined && !hold.isProvisional) hold.untilMs = Math.max(hold.untilMs, untilMs)
      }
    },
    expire(nowMs: number, most: number): readonly ExpiredHold[] {
      const due = [...holds].filter(([, { untilMs, isProvisional }]) => !isProvisional && untilMs <= nowMs)
      const order = due.toSorted(([nameA, a], [nameB, b]) => a.untilMs - b.untilMs || nameA.localeCompare(nameB)).slice(0, most)
      return order.map(([name, hold]) => {
        hold.isProvisional = true
        for (const entry of entries) if (entry.id === name) entry.isHeld = false
        return { id: name, charges: hold.charges }
      })
    },
  }
}

async function answerOf<Answer>(ask: () => Answer | Promise<Answer>): Promise<Answer | string> {
  try {
    return await ask()
  } catch (thrown) {
    return thrown instanceof Error && /has been admitted before/.test(thrown.message) ? 'admitted before' : String(thrown)
  }
}

describe('budgets', () => {
  let server: RedisServer
  let client: Redis
  let redis: BudgetStore
  before(async () => {
    server = await startRedis()
    client = new Redis({ ...server.address, lazyConnect: true })
    redis = await connectedStore(server.store)
  })
  after(async () => {
    client.disconnect()
    await redis.close()
    await server.stop()
  })

  it('are the same in memory, in Redis and on paper', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
        await client.flushall()
        const stores = [createMemoryBudgetStore(), redis]
        const paper = createPaper()
        let nowMs = START_MS
        for (const each of steps) {
          const expected = onPaper(each)
          for (const store of stores) {
            assert.deepEqual(await answerOf(() => inStore(store, each)), expected, each.do)
            assert.deepEqual(await store.read(everything(nowMs), nowMs), paper.states(everything(nowMs), nowMs), `after ${each.do}`)
          }
        }

        function claimsOf(parts: Extract<Step, { do: 'admit' }>['parts']): readonly Claim[] {
          return parts.map(({ key, ...rest }) => ({ ...refOf(key, nowMs), ...rest }))
        }

        function chargesOf(parts: Extract<Step, { do: 'settle' }>['parts']): readonly CounterCharge[] {
          return parts.map(({ key, amount: cost }) => ({ ...refOf(key, nowMs), amount: cost }))
        }

        function onPaper(each: Step): unknown {
          if (each.do === 'wait') nowMs += each.ms
          if (each.do === 'admit') return paper.admit(each.id, claimsOf(each.parts), nowMs, nowMs + each.holdMs)
          if (each.do === 'settle') return paper.settle(each.id, chargesOf(each.parts), nowMs)
          if (each.do === 'renew') return paper.renew(each.ids, nowMs + each.holdMs)
          return each.do === 'expire' ? paper.expire(nowMs, each.limit) : undefined
        }

        function inStore(store: BudgetStore, each: Step): unknown {
          if (each.do === 'admit') return store.admit({ id: each.id, nowMs, holdUntilMs: nowMs + each.holdMs, claims: claimsOf(each.parts) })
          if (each.do === 'settle') return store.settle({ id: each.id, nowMs, charges: chargesOf(each.parts) })
          if (each.do === 'renew') return store.renew(each.ids, nowMs + each.holdMs)
          return each.do === 'expire' ? store.expire(nowMs, each.limit) : undefined
        }
      }),
      { numRuns: 200 },
    )
  })
})
