// How long an admission and its settlement take when another process has the counters, as with several workers and `store: memory`.
// Usage: npx tsx test/bench/channel.ts [--rounds 20000]

import { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Claim } from '../../src/budgets/budget-store.ts'
import { createMemoryBudgetStore } from '../../src/budgets/memory-store.ts'
import { answerStore, createRemoteBudgetStore, type StoreQuestion } from '../../src/budgets/remote-store.ts'
import { createChannel } from '../../src/workers/channel.ts'
import { CHANNEL_FD, launchWorker } from '../../src/workers/launch-worker.ts'

type Counters = { readonly budgets: { readonly question: StoreQuestion; readonly answer: unknown } }
type Nothing = Record<string, never>

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '20000' }, counters: { type: 'boolean', default: false } } })
const onError = (error: unknown): void => console.error(error)

if (options.counters) {
  const store = createMemoryBudgetStore()
  await createChannel<Nothing, Nothing, Counters, Nothing>(new Socket({ fd: CHANNEL_FD, readable: true, writable: true }), { answers: { budgets: (question) => answerStore(store, question) }, hears: {}, onError }).closed
} else {
  const other = launchWorker({ command: [process.execPath, '--import', 'tsx', fileURLToPath(import.meta.url), '--counters'], env: process.env, write: (lines) => process.stdout.write(lines) })
  const channel = createChannel<Counters, Nothing, Nothing, Nothing>(other.stream, { answers: {}, hears: {}, onError })
  const store = createRemoteBudgetStore({ ask: (question) => channel.ask('budgets', question, 60_000) })
  await store.read([], 0)
  for (const atOnce of [1, 8, 32]) await measure(atOnce)
  channel.close()

  async function measure(atOnce: number): Promise<void> {
    const times = { admission: [] as number[], settlement: [] as number[] }
    const started = performance.now()
    let next = 0
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        while (next < Number(options.rounds)) {
          const round = (next += 1)
          const id = `${atOnce}-${round}`
          const claims = claimsOf(round)
          await timed(times.admission, () => store.admit({ id, nowMs: round, holdUntilMs: round + 600_000, claims }))
          await timed(times.settlement, () => store.settle({ id, nowMs: round, charges: claims }))
        }
      }),
    )
    const perSecond = (2 * Number(options.rounds)) / ((performance.now() - started) / 1000)
    console.log(`${String(atOnce).padStart(2)} at once: admission ${summary(times.admission)}, settlement ${summary(times.settlement)}, ${perSecond.toFixed(0)} calls a second`)
  }
}

function claimsOf(round: number): readonly Claim[] {
  const keys = [`user-hour|tokens|1764550800|user=user-${round % 1000}`, `team-month|usd|1764547200|team=team-${round % 20}`, 'company|usd|1764547200|']
  return keys.map((key) => ({ key, forgetAtMs: 7_200_000, amount: 1200, limit: Number.MAX_SAFE_INTEGER, startAt: Number.MAX_SAFE_INTEGER }))
}

async function timed(into: number[], call: () => unknown): Promise<void> {
  const before = performance.now()
  await call()
  into.push(performance.now() - before)
}

function summary(times: number[]): string {
  // What came before the code was compiled is left out.
  const sorted = times.slice(times.length / 10).toSorted((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(3)
  return `p50 ${at(0.5)} p99 ${at(0.99)} ms`
}
