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

try {
  const ledger = await openLedger(options)
  const writing = process.cpuUsage()
  for (let index = 0; index < exchanges; index += 1) {
    const row = rowOf(index)
    ledger.hold({ id: row.id, holdUntilMs: forgetAtMs, charges: chargesOf(index) })
    ledger.row(row)
  }
  report('written: hold and row', exchanges, since(writing))
  await ledger.close()
  const { size } = statSync(segmentPath(directory, { writer: 'main', segment: 1 }))
  process.stdout.write(`${Math.round(size / exchanges)} bytes per exchange\n`)

  const reading = process.cpuUsage()
  const recovered = await recover({ directory, writer: 'main', log: silentLog })
  report('recovered: lines', 2 * exchanges, since(reading))

  if (recovered === undefined) throw new Error('nothing was recovered')
  const store = createMemoryBudgetStore()
  store.restore(recovered.snapshot)
  const opening = process.cpuUsage()
  const again = await openLedger({ ...options, snapshot: () => store.snapshot() })
  report(`new file, with a snapshot of ${exchanges} settled exchanges`, 1, since(opening))
  await again.close()
  const rereading = process.cpuUsage()
  await recover({ directory, writer: 'main', log: silentLog })
  report('recovered from the snapshot', 1, since(rereading))
} finally {
  rmSync(directory, { recursive: true })
}

/** Processor time: what others do on the machine does not count. */
function since(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

function report(what: string, count: number, ms: number): void {
  const each = count === 1 ? `${ms.toFixed(0)} ms` : `${((ms / count) * 1000).toFixed(2)} µs each, ${Math.round((count / ms) * 1000).toLocaleString('en-US')} per second`
  process.stdout.write(`${what}: ${each}\n`)
}
