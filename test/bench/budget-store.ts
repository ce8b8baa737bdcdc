// How long an admission and its settlement take, three budgets each: in memory, and in a Redis on this machine by socket and by TCP.
// Usage: npx tsx test/bench/budget-store.ts [--rounds 20000]

import { parseArgs } from 'node:util'
import type { BudgetStore, Claim } from '../../src/budgets/budget-store.ts'
import { createMemoryBudgetStore } from '../../src/budgets/memory-store.ts'
import { connectedStore } from '../support/budget-store-harness.ts'
import { freePort, startRedis } from '../support/redis-server.ts'

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '20000' } } })
const ROUNDS = Number(options.rounds)
/** How many exchanges are under way at a time: alone, and as on a busy process. */
const AT_ONCE = [1, 32]
/** Callers that take turns, so that not everybody shares every counter. */
const USERS = 1000
const WINDOW_MS = 3_600_000

type Windows = 'fixed' | 'sliding'

function claimsOf(round: number, nowMs: number, windows: Windows): readonly Claim[] {
  const slide = windows === 'fixed' ? {} : { slide: { slices: 60, sliceMs: WINDOW_MS / 60, slice: Math.floor(nowMs / (WINDOW_MS / 60)) } }
  const keys = [`user-hour|tokens|1764550800|user=user-${String(round % USERS)}`, `team-month|usd|1764547200|team=team-${String(round % 20)}`, 'company|usd|1764547200|']
  return keys.map((key) => ({ key: windows + key, forgetAtMs: nowMs + 2 * WINDOW_MS, amount: 1200, limit: Number.MAX_SAFE_INTEGER, startAt: Number.MAX_SAFE_INTEGER, ...slide }))
}

interface Times {
  readonly admission: readonly number[]
  readonly settlement: readonly number[]
}

/** In milliseconds, ascending. */
async function measure(store: BudgetStore, { windows, atOnce, name }: { readonly windows: Windows; readonly atOnce: number; readonly name: string }): Promise<Times> {
  const admission: number[] = []
  const settlement: number[] = []
  const timed = async (ask: () => unknown, into: number[]): Promise<void> => {
    const before = performance.now()
    const answer = ask()
    // What is there at once is not waited for, as in Tollgate itself.
    if (answer instanceof Promise) await answer
    into.push(performance.now() - before)
  }
  let next = 0
  const work = async (): Promise<void> => {
    while (next < ROUNDS) {
      const round = (next += 1)
      // Times go by a minute for a thousand exchanges, so that slices come and go.
      const nowMs = 1_800_000_000_000 + round * 60
      const id = `${name}-${String(round)}`
      const claims = claimsOf(round, nowMs, windows)
      await timed(() => store.admit({ id, nowMs, holdUntilMs: nowMs + 600_000, claims }), admission)
      await timed(() => store.settle({ id, nowMs, charges: claims }), settlement)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  // What came before the code was compiled is left out.
  const steady = (times: readonly number[]): readonly number[] => times.slice(times.length / 10).toSorted((a, b) => a - b)
  return { admission: steady(admission), settlement: steady(settlement) }
}

function percentile(sorted: readonly number[], share: number): string {
  return (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(4).padStart(9)
}

const socketRedis = await startRedis()
const port = await freePort()
const tcpRedis = await startRedis({ options: ['--port', String(port), '--bind', '127.0.0.1'] })
const stores: readonly (readonly [string, BudgetStore])[] = [
  ['memory', createMemoryBudgetStore()],
  ['Redis, unix socket', await connectedStore(socketRedis.store)],
  ['Redis, TCP', await connectedStore({ kind: 'redis', url: `redis://127.0.0.1:${String(port)}` })],
]
process.stdout.write(`milliseconds, ${String(ROUNDS)} exchanges each\n${'store'.padEnd(20)} ${'windows'.padEnd(8)} at once  admission p50       p99  settlement p50       p99\n`)
for (const [store, { windows, atOnce }] of stores.flatMap((each) => AT_ONCE.flatMap((atOnce) => (['fixed', 'sliding'] as const).map((windows) => [each, { windows, atOnce }] as const)))) {
  const [name, counters] = store
  const { admission, settlement } = await measure(counters, { windows, atOnce, name: `${windows}-${String(atOnce)}` })
  const columns = [percentile(admission, 0.5).padStart(14), percentile(admission, 0.99), percentile(settlement, 0.5).padStart(15), percentile(settlement, 0.99)]
  process.stdout.write(`${name.padEnd(20)} ${windows.padEnd(8)} ${String(atOnce).padStart(7)} ${columns.join(' ')}\n`)
}
for (const [, store] of stores) await store.close()
await socketRedis.stop()
await tcpRedis.stop()
