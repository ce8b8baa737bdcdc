// Compares what a file says the store knew when it began with what was known before and what happened since.

import type { CounterState } from '../budgets/budget-store.ts'
import { createMemoryCounters } from '../budgets/memory-counters.ts'
import type { StoreSnapshot } from '../budgets/store-snapshot.ts'
import type { CheckedLine } from './check-segment.ts'
import type { EventRecord } from './records.ts'
import { createReplay, type ExchangeStanding, type Replay } from './replay.ts'
import type { SegmentFile } from './segment-files.ts'
import { joinSnapshot } from './split-snapshot.ts'
import type { Findings } from './verify-report.ts'

export interface SumCheck {
  /** Lines in their order, file after file. */
  add(line: CheckedLine, file: SegmentFile, findings: Findings): void
  /** Something that happened may have been missed: the next snapshot is taken as it is. */
  interrupt(): void
  /** After the last line. */
  finish(findings: Findings): void
  /** How many snapshots have been compared. */
  compared(): number
}

/** A snapshot that knows of exchanges whose lines come later: it can be compared once they are there. */
interface Waiting {
  readonly before: Replay
  readonly snapshot: StoreSnapshot
  /** Those exchanges, and what it says has become of them. */
  readonly missing: Map<string, ExchangeStanding>
  readonly file: string
  readonly line: number
  readonly atMs: number
}

const NOTHING: CounterState = { used: 0, held: 0 }

export function createSumCheck(): SumCheck {
  /** What is known at the line that was read last; undefined: not enough to compare anything with. */
  let known: Replay | undefined
  let parts: StoreSnapshot[] = []
  let expected: number | undefined
  let waiting: Waiting | undefined
  let compared = 0

  function compare({ before, snapshot, file, line, atMs }: Omit<Waiting, 'missing'>, { breaks }: Findings): void {
    compared += 1
    const difference = findDifference(before.snapshot(), snapshot, atMs)
    if (difference !== undefined) breaks.push({ file, line, problem: `the counters at the beginning of this file are not what the lines before add up to: ${difference}` })
  }

  function settleWaiting(findings: Findings): void {
    if (waiting === undefined) return
    if (waiting.missing.size === 0) compare(waiting, findings)
    else findings.notes.push(`the counters at the beginning of ${waiting.file} know of ${waiting.missing.size} exchanges that were never written, so they could not be compared: the process died in between`)
    waiting = undefined
  }

  function takeSnapshot(snapshot: StoreSnapshot, line: CheckedLine, file: SegmentFile, findings: Findings): void {
    settleWaiting(findings)
    if (known !== undefined) {
      const before = known
      const missing = new Map([...standings(snapshot)].filter(([id, standing]) => before.standingOf(id) !== standing))
      waiting = { before, snapshot, missing, file: file.path, line: 1, atMs: line.atMs }
      if (missing.size === 0) settleWaiting(findings)
    }
    known = createReplay(snapshot)
  }

  function applyToWaiting(event: EventRecord, atMs: number, findings: Findings): void {
    if (waiting === undefined || !waiting.missing.has(event.id)) return
    waiting.before.apply(event, atMs)
    if (waiting.before.standingOf(event.id) === waiting.missing.get(event.id)) waiting.missing.delete(event.id)
    if (waiting.missing.size === 0) settleWaiting(findings)
  }

  return {
    add(line, file, findings) {
      const { record, atMs } = line
      switch (record.kind) {
        case 'open':
          parts = []
          expected = record.states ?? undefined
          // The store of a process that writes none is not kept here.
          if (expected === undefined) known = undefined
          return
        case 'state':
          parts.push(record)
          if (parts.length === expected) takeSnapshot(joinSnapshot(parts), line, file, findings)
          return
        case 'gap':
          findings.notes.push(`${file.path}:${line.number}: ${record.lost} lines before this one could not be written, so the next counters were not compared`)
          known = undefined
          waiting = undefined
          return
        default:
          known?.apply(record, atMs)
          applyToWaiting(record, atMs, findings)
      }
    },
    interrupt() {
      known = undefined
      waiting = undefined
    },
    finish: settleWaiting,
    compared: () => compared,
  }
}

function* standings({ holds, settled }: StoreSnapshot): Generator<readonly [string, ExchangeStanding]> {
  for (const { id, provisional } of holds) yield [id, provisional ? 'provisional' : 'held']
  for (const { ids } of settled) for (const id of ids) yield [id, 'settled']
}

/** In words; undefined when both say the same of every counter that still counts. */
function findDifference(summed: StoreSnapshot, snapshot: StoreSnapshot, atMs: number): string | undefined {
  const expected = countersAt(summed, atMs)
  const found = countersAt(snapshot, atMs)
  for (const key of new Set([...expected.keys(), ...found.keys()])) {
    const should = expected.get(key) ?? NOTHING
    const is = found.get(key) ?? NOTHING
    if (should.used === is.used && should.held === is.held) continue
    return `${key} has ${is.used} used and ${is.held} held instead of ${should.used} and ${should.held}`
  }
  return undefined
}

/** By the store's own rules of what is forgotten when. */
function countersAt({ counters: taken }: StoreSnapshot, atMs: number): ReadonlyMap<string, CounterState> {
  const counters = createMemoryCounters(Number.POSITIVE_INFINITY)
  counters.restore(taken)
  return new Map(counters.list('', { nowMs: atMs, limit: Number.POSITIVE_INFINITY }).map(({ key, ...state }) => [key, state]))
}
