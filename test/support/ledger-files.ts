// A ledger in a directory of its own, with a clock that a test moves.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import type { LedgerSettings } from '../../src/config/runtime-config.ts'
import { silentLog } from '../../src/core/log.ts'
import type { LedgerRow } from '../../src/ledger/ledger-row.ts'
import type { LedgerOptions } from '../../src/ledger/open-ledger.ts'

export const LEDGER_START_MS = Date.parse('2026-03-01T12:00:00.000Z')
export const DAY_MS = 86_400_000

/** Removed when the tests of the file are over. */
export function ledgerDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tollgate-ledger-'))
  after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export interface LedgerClock {
  now(): number
  monotonic(): number
  advance(ms: number): void
}

export function ledgerClock(): LedgerClock {
  let nowMs = LEDGER_START_MS
  return {
    now: () => nowMs,
    monotonic: () => nowMs,
    advance(ms) {
      nowMs += ms
    },
  }
}

export function ledgerOptions(directory: string, settings: Partial<LedgerSettings> = {}): LedgerOptions {
  return { settings: { directory, fsync: false, rotateBytes: 1e9, keepMs: 90 * DAY_MS, ...settings }, writer: 'main', clock: ledgerClock(), log: silentLog }
}

export function exampleRow(id: string, changes: Partial<LedgerRow> = {}): LedgerRow {
  return {
    id,
    admittedAt: '2026-03-01T12:00:00.000Z',
    finishedAt: '2026-03-01T12:00:02.500Z',
    caller: { user: 'alice', team: 'research' },
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
    usage: { inputTokens: 1000, cachedInputTokens: undefined, cacheCreationInputTokens: undefined, outputTokens: 200, reasoningTokens: undefined, totalTokens: 1200 },
    costs: { llm_total_token: 1200 },
    nanoDollars: 270_000,
    rateCard: '0.1.8',
    estimated: false,
    flags: [],
    charges: [],
    ...changes,
  }
}

/** The lines of a file, as JSON. */
export function journalLines(path: string): Record<string, unknown>[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
