// Two processes that admit and settle on one store while a test moves their clock, and books of its own about what the counters must say.
// The first process lives and renews its holds; the second never does, as if it had been killed, but may settle late.

import assert from 'node:assert/strict'
import type { PlannedAdmission } from '../../src/budgets/admission.ts'
import type { Budget } from '../../src/budgets/budget.ts'
import type { BudgetStore, CounterRef } from '../../src/budgets/budget-store.ts'
import { counterKey } from '../../src/budgets/counter-key.ts'
import { slideAt, windowAt } from '../../src/budgets/window.ts'
import type { Clock } from '../../src/core/clock.ts'
import { buildAdmission, buildCandidate } from './budget-candidates.ts'
import { buildBudgets, createFakeTime } from './build-budgets.ts'

export type SceneStep =
  /** Several at once, each with the most that it can cost. */
  | { readonly kind: 'ask'; readonly user: string; readonly process: number; readonly most: readonly number[] }
  /** One that is under way, or ran out. `unknown`: nobody can say what it cost. `nobody`: no provider served it. */
  | { readonly kind: 'settle'; readonly pick: number; readonly share: number; readonly how: 'known' | 'unknown' | 'nobody' }
  | { readonly kind: 'settle_again'; readonly pick: number }
  | { readonly kind: 'wait'; readonly milliseconds: number }
  /** Until the window of a budget ends, and so much longer. */
  | { readonly kind: 'wait_for_edge'; readonly budget: number; readonly milliseconds: number }
  | { readonly kind: 'set_back'; readonly milliseconds: number }
  | { readonly kind: 'renew' }
  | { readonly kind: 'expire' }

export interface SceneOptions {
  readonly store: BudgetStore
  readonly budgets: readonly Budget[]
  readonly startMs: number
  /** Of the ids of exchanges. */
  readonly prefix: string
}

export interface BudgetScene {
  play(step: SceneStep): Promise<void>
  /** Every counter that is still kept is what the books say. */
  checkCounters(): Promise<void>
  /** No window was ever charged more than its limit; of one that slides: nor was any stretch of time of its length. */
  checkWindows(): void
  /** Some time after the last renewal. */
  checkNothingHeld(): Promise<void>
  seen(): Readonly<Record<string, number>>
}

/** One claim of an exchange, by the books. */
interface Booked {
  readonly budget: Budget
  readonly ref: CounterRef
  /** What it holds or has cost. */
  amount: number
}

interface Booking {
  readonly request: PlannedAdmission
  readonly process: number
  readonly most: number
  readonly atMs: number
  /** By a clock that nobody sets. */
  readonly realMs: number
  readonly claims: readonly Booked[]
  state: 'held' | 'expired' | 'settled'
  settledAtMs: number
}

/** Stores know of a settlement for so long, and keep counters so much longer than their windows and holds. */
const KEPT_MS = 3_600_000

export function createBudgetScene({ store, budgets, startMs, prefix }: SceneOptions): BudgetScene {
  const time = createFakeTime(startMs)
  let setBackMs = 0
  const clock: Clock = { now: () => time.now() - setBackMs, monotonic: () => time.monotonic() }
  let latestMs = startMs
  const bookings: Booking[] = []
  const seen: Record<string, number> = {}
  const see = (what: string, count = 1): void => {
    seen[what] = (seen[what] ?? 0) + count
  }
  const observer = {
    stood: () => undefined,
    expired: ({ id }: { readonly id: string }) => {
      const booking = bookings.find(({ request }) => request.id === id)
      if (booking === undefined) return
      booking.state = 'expired'
      see('expired')
    },
  }
  const processes = [0, 1].map(() => buildBudgets(time, { counters: store, clock, observer }))
  const processOf = (index: number) => {
    const found = processes[index]
    assert.ok(found !== undefined)
    return found
  }
  let asked = 0

  function wait(milliseconds: number): void {
    time.advance(Math.max(0, milliseconds))
    latestMs = Math.max(latestMs, clock.now())
  }

  async function ask({ user, process, most }: Extract<SceneStep, { kind: 'ask' }>): Promise<void> {
    const attributes = new Map([['user', user]])
    const atMs = clock.now()
    const denied: number[] = []
    await Promise.all(
      most.map(async (tokens) => {
        asked += 1
        const candidate = buildCandidate({ attributes, outputTokens: tokens })
        const decision = await processOf(process).admit(buildAdmission(prefix + String(asked), budgets, [candidate]))
        see(decision.kind)
        if (decision.kind === 'denied') {
          denied.push(tokens)
          return
        }
        const claims = budgets.map((budget) => ({ budget, ref: refOf(budget, attributes, atMs), amount: budget.unit.kind === 'requests' ? 1 : tokens }))
        bookings.push({ request: decision.request, process, most: tokens, atMs, realMs: time.monotonic(), claims, state: 'held', settledAtMs: 0 })
      }),
    )
    // Nobody gave anything back meanwhile, so who was refused would not fit now either.
    for (const tokens of denied) {
      const isFull = budgets.some((budget) => (takenOf(refOf(budget, attributes, atMs), atMs)?.most ?? 0) + (budget.unit.kind === 'requests' ? 1 : tokens) > budget.limit)
      assert.ok(isFull, `${String(tokens)} were refused although there was room`)
    }
  }

  async function settle({ pick, share, how }: Extract<SceneStep, { kind: 'settle' }>): Promise<void> {
    const open = bookings.filter(({ state }) => state !== 'settled')
    const booking = open[pick % Math.max(open.length, 1)]
    if (booking === undefined) return
    see('settled')
    if (booking.state === 'expired') see('settledAfterExpiry')
    if (booking.claims.some(({ ref, budget }) => ref.key !== refOf(budget, attributesOf(booking), clock.now()).key)) see('settledInLaterWindow')
    const cost = Math.floor(booking.most * share)
    await settleAs(booking, how === 'unknown' ? undefined : cost, how === 'nobody' ? undefined : 'openai')
    for (const claim of booking.claims) {
      if (how === 'nobody') claim.amount = 0
      else if (how === 'known' && claim.budget.unit.kind !== 'requests') claim.amount = cost
    }
    booking.state = 'settled'
    booking.settledAtMs = latestMs
  }

  async function settleAs({ request, process }: Booking, cost: number | undefined, provider: string | undefined): Promise<void> {
    await processOf(process).settle(request, { amount: ({ kind }) => (kind === 'requests' ? 1 : cost), provider }).standings
  }

  /** By either process, and with another cost: nothing may change. */
  async function settleAgain(pick: number): Promise<void> {
    const settled = bookings.filter(({ state, settledAtMs }) => state === 'settled' && latestMs < settledAtMs + KEPT_MS)
    const booking = settled[pick % Math.max(settled.length, 1)]
    if (booking === undefined) return
    see('settledAgain')
    await settleAs({ ...booking, process: pick % 2 }, booking.most, 'openai')
  }

  /** What the counter must say: `least` and `most`, which are the same unless its window slides. Undefined: it is kept no more. */
  function takenOf(ref: CounterRef, nowMs: number): { readonly least: number; readonly most: number } | undefined {
    if (ref.forgetAtMs <= latestMs && ref.slide === undefined) return undefined
    let [least, most] = [0, 0]
    for (const { claims, state, atMs, realMs } of bookings) {
      const claim = claims.find((each) => each.ref.key === ref.key)
      if (claim === undefined) continue
      const { window } = claim.budget
      const isRecent = window.kind !== 'sliding' || time.monotonic() - realMs <= window.lengthMs
      // It forgets slice by slice, and what is held stays until it is known.
      const isCounted = isRecent || nowMs - atMs <= window.lengthMs + (ref.slide?.sliceMs ?? 0) || state === 'held'
      if (isRecent) least += claim.amount
      if (isCounted) most += claim.amount
    }
    return { least, most }
  }

  return {
    async play(step) {
      switch (step.kind) {
        case 'ask':
          return ask(step)
        case 'settle':
          return settle(step)
        case 'settle_again':
          return settleAgain(step.pick)
        case 'wait':
          return wait(step.milliseconds)
        case 'wait_for_edge': {
          const budget = budgets[step.budget % budgets.length]
          const edgeMs = budget === undefined ? 0 : windowAt({ ...budget.window }, clock.now()).endMs
          // Not through a whole month: the day at hand is what matters.
          return wait(Math.min(edgeMs - clock.now() + step.milliseconds, 36 * KEPT_MS))
        }
        case 'set_back':
          // What a window that slides has forgotten does not come back.
          if (budgets.every(({ window }) => window.kind !== 'sliding')) setBackMs += step.milliseconds
          return undefined
        case 'renew':
          return processOf(0).renew()
        case 'expire':
          return processOf(0).expire()
      }
    },
    async checkCounters() {
      const refs = [...new Map(bookings.flatMap(({ claims }) => claims.map(({ ref }) => [ref.key, ref] as const))).values()]
      const states = await store.read(refs, clock.now())
      for (const [index, ref] of refs.entries()) {
        const expected = takenOf(ref, clock.now())
        const taken = (states[index]?.used ?? 0) + (states[index]?.held ?? 0)
        if (expected !== undefined) assert.ok(taken >= expected.least && taken <= expected.most, `${ref.key}: ${String(taken)} instead of ${JSON.stringify(expected)}`)
      }
    },
    checkWindows() {
      for (const { realMs, claims } of bookings) {
        for (const { budget, ref } of claims) {
          const { window, limit } = budget
          const isWithin = (booking: Booking): boolean => window.kind !== 'sliding' || (booking.realMs <= realMs && booking.realMs >= realMs - window.lengthMs)
          const sum = bookings.filter(isWithin).reduce((total, booking) => total + (booking.claims.find((claim) => claim.ref.key === ref.key)?.amount ?? 0), 0)
          assert.ok(sum <= limit, `${ref.key}: ${String(sum)} of ${String(limit)}`)
        }
      }
    },
    async checkNothingHeld() {
      wait(2 * Math.max(...budgets.map(({ holdTtlMs }) => holdTtlMs)) + setBackMs)
      await processOf(0).expire()
      for (const { name } of budgets) {
        for (const { key, held } of await store.list(`${name}|`, { nowMs: clock.now(), limit: 10_000 })) assert.equal(held, 0, key)
      }
    },
    seen: () => seen,
  }
}

function attributesOf({ request }: Booking): ReadonlyMap<string, string> {
  const user = request.claims.map(({ key }) => /user=(\w+)/.exec(key)?.[1]).find((name) => name !== undefined)
  return new Map(user === undefined ? [] : [['user', user]])
}

/** With a copy of the window: nothing remembered of another moment. */
function refOf(budget: Budget, attributes: ReadonlyMap<string, string>, atMs: number): CounterRef {
  const { startMs, endMs } = windowAt({ ...budget.window }, atMs)
  const slide = slideAt(budget.window, atMs)
  const key = counterKey(budget, attributes, slide === undefined ? startMs : undefined)
  return { key, forgetAtMs: endMs + budget.holdTtlMs + KEPT_MS, ...(slide === undefined ? {} : { slide }) }
}
