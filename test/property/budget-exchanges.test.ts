// 20,000 exchanges whose clients leave at any moment, on counters that are slow, fail, or lose their answers: in the end nothing is held, and the
// counters say what the exchanges were charged, each of them once.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { guardCounters } from '../../src/budgets/guarded-counters.ts'
import { createEstimator } from '../../src/budgets/estimator.ts'
import { createMemoryBudgetStore } from '../../src/budgets/memory-store.ts'
import type { Budget } from '../../src/budgets/budget.ts'
import type { ExchangeSummary } from '../../src/exchange/summary.ts'
import { buildBudget, buildBudgets, buildLines, createFakeTime } from '../support/build-budgets.ts'
import { buildConfig, buildModel, buildProvider } from '../support/build-config.ts'
import { driveExchange } from '../support/drive-exchange.ts'
import { createRandom, pickOne } from '../support/random.ts'
import { type ExpectedCharge, playRandomExchange } from '../support/random-exchange.ts'
import { createTurns } from '../support/turns.ts'
import { createUnreliableStore } from '../support/unreliable-store.ts'

const EXCHANGES = 20_000
const RUNS = 40
const AT_ONCE = 25

const of = (user: string): Partial<Budget> => ({ where: new Map([['user', [user]]]), per: ['user'] })
const sliding = { kind: 'sliding', lengthMs: 600_000 } as const
const budgets: readonly Budget[] = [
  buildBudget({ ...of('alice'), name: 'strict', limit: 3_000, reserve: 'worst_case', onStoreFailure: 'deny', clamp: true }),
  buildBudget({ ...of('bob'), name: 'open', unit: { kind: 'requests' }, limit: 40, window: sliding, onStoreFailure: 'allow', holdTtlMs: 10_000 }),
  buildBudget({ ...of('carol'), name: 'local', limit: 5_000, localShare: 2_000, onStoreFailure: 'local', holdTtlMs: 10_000 }),
  buildBudget({ ...of('dave'), name: 'queue', limit: 2_000, window: { kind: 'fixed', lengthMs: 60_000 }, onExhausted: 'queue', onStoreFailure: 'local' }),
  buildBudget({ name: 'dear', models: ['gpt-4o'], limit: 4_000, onExhausted: 'downgrade', onStoreFailure: 'allow', tiers: [{ remainingShare: 2_000, action: 'deny' }] }),
  buildBudget({ name: 'watched', unit: { kind: 'usd' }, limit: 1, onExhausted: 'allow', reserve: 'none' }),
]
const openai = buildProvider('openai')
const models = new Map([{ ...buildModel('gpt-4o', openai), downgradeTo: 'gpt-4o-mini' }, buildModel('gpt-4o-mini', openai)].map((model) => [model.clientModel, { ...model, maxOutputTokens: 400 }]))
const config = buildConfig({ models, callers: [{ kind: 'headers', attributes: new Map([['user', 'x-user-id']]), models: undefined }], budgets })

const flushed = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function play(seed: number, seen: Map<string, number>): Promise<void> {
  const random = createRandom(seed)
  const time = createFakeTime(1_700_000_000_000)
  const turns = createTurns()
  const kept = createMemoryBudgetStore()
  const local = createMemoryBudgetStore()
  const store = createUnreliableStore(kept, { turns, random })
  const see = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1)
  const counters = guardCounters({ store, local, clock: time, observer: { reachable: () => see('store gone or back'), failed: (call) => see(`${call} failed`), lost: () => see('lost') } })
  const lines = buildLines(time)
  const process = buildBudgets(time, { counters, lines, observer: { stood: () => undefined, expired: () => see('expired') } })
  const estimator = createEstimator()
  const charged = new Map<string, number>()
  let ended = 0

  async function oneAfterTheOther(client: number): Promise<void> {
    for (let turn = 0; turn < EXCHANGES / RUNS / AT_ONCE; turn += 1) {
      await turns.wait()
      const driven = driveExchange({ config, budgets: process, estimator, time, id: `${String(client)}-${String(turn)}`, random })
      const expected = await playRandomExchange(driven, { random, turns })
      const [summary] = driven.summaries
      assert.ok(summary !== undefined && driven.summaries.length === 1)
      see(summary.outcome)
      for (const { key, amount } of summary.charges) charged.set(key, (charged.get(key) ?? 0) + amount)
      checkCharges(summary, expected)
    }
    ended += 1
  }

  const clients = Promise.all(Array.from({ length: AT_ONCE }, async (_, client) => oneAfterTheOther(client)))
  clients.catch(() => undefined)
  const upkeep = new Set<Promise<unknown>>()
  const keepUp = (done: void | Promise<void>): void => {
    const kept = Promise.resolve(done).finally(() => upkeep.delete(kept))
    upkeep.add(kept)
  }
  while (ended < AT_ONCE) {
    const isIdle = !turns.give(random)
    turns.give(random)
    turns.give(random)
    await flushed()
    const chance = random()
    if (chance < 0.02) store.health = pickOne(random, ['at_once', 'slow', 'slow', 'sick', 'sick', 'dead'])
    else if (chance < 0.06 || isIdle) time.advance(random() * pickOne(random, [100, 3_000, 20_000]))
    else if (chance < 0.08) keepUp(counters.repair())
    else if (chance < 0.1) keepUp(process.renew())
    else if (chance < 0.12) keepUp(process.expire())
    // Tells of a failed expectation at once.
    if (isIdle) await Promise.race([clients, flushed()])
  }
  await clients
  store.health = 'at_once'
  while (upkeep.size > 0 || turns.give(random)) {
    turns.give(random)
    await flushed()
  }
  // Longer than a circuit breaker waits.
  time.advance(10_000)
  await counters.repair()

  assert.deepEqual([counters.owed, process.live, lines.length], [0, 0, 0])
  const snapshot = kept.snapshot()
  assert.deepEqual(snapshot.holds, [])
  assert.deepEqual(local.snapshot().holds, [])
  for (const { key, held, used } of snapshot.counters) {
    assert.equal(held, 0, key)
    const sum = typeof used === 'number' ? used : used.amounts.reduce((total, [, amount]) => total + amount, 0)
    // A window that slides forgets.
    if (typeof used === 'number') assert.equal(sum, charged.get(key) ?? 0, key)
    else assert.ok(sum <= (charged.get(key) ?? 0), key)
  }
  const known = new Set(snapshot.counters.map(({ key }) => key))
  assert.deepEqual([...charged].filter(([key, amount]) => amount > 0 && !known.has(key)), [])
}

function checkCharges({ charges, outcome, exchangeId }: ExchangeSummary, expected: ExpectedCharge): void {
  assert.equal(new Set(charges.map(({ key }) => key)).size, charges.length)
  for (const { budget, amount } of charges) {
    const what = `${exchangeId} ${outcome} ${budget.name}: ${String(amount)}`
    if (expected.kind === 'nothing') assert.equal(amount, 0, what)
    if (expected.kind === 'something' || (expected.kind === 'something_if_cut' && outcome === 'aborted')) assert.ok(amount > 0, what)
    if (expected.kind === 'exactly' && budget.unit.kind === 'tokens') assert.equal(amount, expected.tokens, what)
    if (expected.kind === 'exactly' && budget.unit.kind === 'requests') assert.equal(amount, 1, what)
  }
}

describe('exchanges under budgets', () => {
  it('leave no hold behind and are charged once, whatever fails and whoever leaves', async (test) => {
    const seen = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => play(seed, seen)),
      { numRuns: RUNS, endOnFailure: true, includeErrorInReport: true },
    )
    test.diagnostic([...seen].map(([what, count]) => `${what}: ${String(count)}`).join(', '))
    for (const what of ['answered', 'aborted', 'limited', 'refused', 'provider_error', 'envoy_error', 'admit failed', 'settle failed', 'expired', 'store gone or back']) assert.ok((seen.get(what) ?? 0) > RUNS, what)
    assert.equal(seen.get('lost') ?? 0, 0)
  })
})
