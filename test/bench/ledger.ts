// What the ledger costs: writing an exchange down, and reading it back after a crash. `npx tsx test/bench/ledger.ts [exchanges]`.

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CounterCharge } from '../../src/budgets/budget-store.ts'
import { createMemoryBudgetStore } from '../../src/budgets/memory-store.ts'
import { systemClock } from '../../src/core/clock.ts'
import { silentLog } from '../../src/core/log.ts'
import type { LedgerRow } from '../../src/ledger/ledger-row.ts'
import { openLedger } from '../../src/ledger/open-ledger.ts'
import { recover } from '../../src/ledger/recover.ts'
import { segmentPath } from '../../src/ledger/segment-files.ts'

const exchanges = Number(process.argv[2] ?? 200_000)
const directory = mkdtempSync(join(tmpdir(), 'tollgate-ledger-bench-'))
const options = { settings: { directory, fsync: false, rotateBytes: 1e12, keepMs: 1e12 }, writer: 'main', clock: systemClock, log: silentLog }
const place = { directory, writer: 'main', log: silentLog }
const forgetAtMs = systemClock.now() + 86_400_000

function chargesOf(index: number): readonly CounterCharge[] {
  return [
    { key: `user-hour|tokens|1772366400|user=user-${index % 1000}`, amount: 1200, forgetAtMs },
    { key: 'company|usd|1772323200|', amount: 270_000, forgetAtMs },
  ]
}

function rowOf(index: number): LedgerRow {
  const now = new Date(systemClock.now()).toISOString()
  return {
    id: `0192f0c1-7f3a-7bbb-9ccc-${String(index).padStart(12, '0')}`,
    admittedAt: now,
    finishedAt: now,
    caller: { user: `user-${index % 1000}`, team: 'research' },
    format: 'openai-chat',
    stream: true,
    askedModel: 'gpt-4o',
    clientModel: 'gpt-4o-mini',
    downgradedFrom: 'gpt-4o',
    provider: 'openai',
    upstreamModel: 'gpt-4o-mini',
    responseModel: 'gpt-4o-mini-2024-07-18',
    attempts: 1,
    outcome: 'answered',
    status: 200,
    usage: { inputTokens: 1000, cachedInputTokens: 0, cacheCreationInputTokens: undefined, outputTokens: 200, reasoningTokens: 0, totalTokens: 1200 },
    costs: { llm_total_token: 1200 },
    nanoDollars: 270_000,
    rateCard: '0.1.8+3f9a0c12',
    estimated: false,
    flags: [],
    charges: chargesOf(index).map((charge, at) => ({ ...charge, budget: at === 0 ? 'user-hour' : 'company', unit: at === 0 ? 'tokens' : 'usd' })),
  }
}

/** Others on the machine only ever make a run slower, so the best one counts. */
const RUNS = 10

try {
  const ledger = await openLedger(options)
  let next = 0
  const written = await best(() => {
    for (const end = next + exchanges / RUNS; next < end; next += 1) {
      const row = rowOf(next)
      ledger.hold({ id: row.id, holdUntilMs: forgetAtMs, charges: chargesOf(next) })
      ledger.row(row)
    }
  })
  await ledger.close()
  const { size } = statSync(segmentPath(directory, { writer: 'main', segment: 1 }))
  say(`an exchange, hold and row: ${((written * 1000) / (exchanges / RUNS)).toFixed(1)} µs, ${Math.round(size / exchanges)} bytes`)

  const recovered = await recover(place)
  if (recovered === undefined) throw new Error('nothing was recovered')
  const read = await best(() => recover(place))
  say(`recovery: ${((read * 1000) / (2 * exchanges)).toFixed(1)} µs for a line, ${Math.round((2 * exchanges * 1000) / read).toLocaleString('en-US')} lines a second`)

  const store = createMemoryBudgetStore()
  store.restore(recovered.snapshot)
  const begun = await best(async () => (await openLedger({ ...options, snapshot: () => store.snapshot() })).close())
  say(`a new file that knows of ${exchanges} settled exchanges: ${begun.toFixed(0)} ms`)
  const again = await best(() => recover(place))
  say(`recovery from it: ${again.toFixed(0)} ms`)
} finally {
  rmSync(directory, { recursive: true })
}

/** Milliseconds of processor time. */
async function best(work: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < RUNS; run += 1) {
    const start = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(start)
    least = Math.min(least, (user + system) / 1000)
  }
  return least
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
