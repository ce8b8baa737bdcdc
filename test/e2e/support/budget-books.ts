// What counters and ledger of a gateway say, held against each other and against what clients and providers saw.

import assert from 'node:assert/strict'
import type { ShownRow } from '../../../src/ledger/shown-row.ts'
import type { MockProvider } from '../../../src/mock/mock-provider.ts'
import type { Sidecar } from './gateway.ts'
import { until } from './until.ts'

export interface Books {
  /** Tokens, over all counters. */
  readonly used: number
  readonly held: number
  /** The rows of exchanges that may have cost something. */
  readonly rows: readonly ShownRow[]
}

export async function readBooks({ adminUrl }: Pick<Sidecar, 'adminUrl'>): Promise<Books> {
  const shown = (await (await fetch(`${adminUrl}/budgets?limit=1000`)).json()) as { readonly budgets?: readonly { readonly used: number; readonly held: number }[] }
  const counters = shown.budgets ?? []
  const lines = (await (await fetch(`${adminUrl}/ledger?format=jsonl&order=oldest`)).text()).split('\n').filter((line) => line !== '')
  const rows = lines.map((line) => JSON.parse(line) as ShownRow).filter(({ charges }) => charges.length > 0)
  return { used: sum(counters.map(({ used }) => used)), held: sum(counters.map(({ held }) => held)), rows }
}

/** Resolves when nothing is held any more and there are so many rows. */
export async function settledBooks(sidecar: Pick<Sidecar, 'adminUrl'>, exchanges: number): Promise<Books> {
  return until(
    `${String(exchanges)} exchanges are in the ledger and nothing is held`,
    async () => {
      const books = await readBooks(sidecar)
      return books.held === 0 && books.rows.length >= exchanges && books
    },
    { timeoutMs: 60_000 },
  )
}

export interface Answered {
  readonly id: string
  /** What it costs, to the token. */
  readonly tokens: number
}

export interface Seen {
  /** The exchanges whose answers clients have seen to their end. */
  readonly answered: readonly Answered[]
  /** Ids of those that were under way when something died. */
  readonly cut: readonly string[]
  /** What one of those would have cost. */
  readonly cutTokens: number
  readonly mock: Pick<MockProvider, 'served'>
}

/**
 * Every answered exchange is charged exactly, all others by a flagged estimate, unless they were settled before something died; each of
 * them once; the counters are the sum of that. Returns how many were charged by estimates.
 */
export function checkBooks({ used, held, rows }: Books, { answered, cut, cutTokens, mock }: Seen): number {
  assert.equal(held, 0)
  assert.equal(used, sum(rows.map(amountOf)))
  const byId = new Map(rows.map((row) => [row.exchange_id, row]))
  assert.equal(byId.size, rows.length, 'no exchange has two rows')
  assert.deepEqual([...byId.keys()].toSorted(), [...answered.map(({ id }) => id), ...cut].toSorted())
  for (const { id, tokens } of answered) assert.deepEqual([byId.get(id)?.estimated, amountOf(byId.get(id))], [false, tokens], id)
  const rest = cut.flatMap((id) => byId.get(id) ?? [])
  // The last chunk of a few may have been on its way to the client.
  const exact = rest.filter(({ estimated }) => !estimated)
  for (const row of exact) assert.equal(amountOf(row), cutTokens, row.exchange_id)
  assert.ok(answered.length + exact.length <= mock.served().total.requests)
  const estimates = rest.filter(({ estimated }) => estimated)
  for (const row of estimates) assert.ok(amountOf(row) > 0, row.exchange_id)
  return estimates.length
}

function amountOf(row: ShownRow | undefined): number {
  return sum((row?.charges ?? []).map(({ amount }) => amount))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
