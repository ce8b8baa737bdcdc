// What the store in memory knew when its process died, from the journal: the newest whole snapshot, and what happened since.

import type { StoreSnapshot } from '../budgets/store-snapshot.ts'
import type { Log } from '../core/log.ts'
import { BrokenLedger, checkSegment, isTorn } from './check-segment.ts'
import type { ChainEnd } from './records.ts'
import { createReplay, type OpenHold, type Replay } from './replay.ts'
import { listSegments, type SegmentFile } from './segment-files.ts'
import { joinSnapshot } from './split-snapshot.ts'

export interface LedgerPlace {
  readonly directory: string
  readonly writer: string
  readonly log: Log
}

export interface Recovered {
  /** To restore the store with. The holds of the orphans are among it, as holds. */
  readonly snapshot: StoreSnapshot
  /** Holds whose exchange will not end any more, unless another process still has it: to be charged, flagged and written as `orphaned`. */
  readonly orphans: readonly OpenHold[]
  /** Lines that could not be written back then, with a full disk: what they said is missing, unless a later snapshot had it. */
  readonly lost: number
}

/**
 * Undefined when this writer has written nothing yet. A line at the very end that is not whole is left out, and said in the log. Rejects with
 * a BrokenLedger for everything else that is not as it was written; its message says where, and what to do.
 */
export async function recover(place: LedgerPlace): Promise<Recovered | undefined> {
  try {
    return await replaySegments(findSegments(place.directory, place.writer), place.log)
  } catch (cause) {
    if (!(cause instanceof BrokenLedger)) throw cause
    const { path, line, problem } = cause
    throw new BrokenLedger({ path, line, problem: `${problem}. The budgets cannot be restored from it. \`tollgate audit verify\` shows what is whole; to begin with empty budgets, move the directory away` })
  }
}

async function replaySegments(segments: readonly SegmentFile[], log: Log): Promise<Recovered | undefined> {
  const start = await findStart(segments)
  if (start === undefined) return undefined
  let replay = createReplay()
  let end: ChainEnd | undefined
  let lost = 0
  for (const segment of segments.slice(start)) {
    const read = await readSegment(segment, { replay, end, log })
    if (read === undefined) continue
    replay = read.replay
    end = read.end
    lost = read.snapshotTaken ? read.lost : lost + read.lost
  }
  return { snapshot: replay.snapshot(), orphans: replay.openHolds(), lost }
}

function findSegments(directory: string, writer: string): readonly SegmentFile[] {
  try {
    return listSegments(directory, writer)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return []
    throw cause
  }
}

/** The newest file whose snapshot is whole; the first of all if there is none. */
async function findStart(segments: readonly SegmentFile[]): Promise<number | undefined> {
  for (let index = segments.length - 1; index >= 0; index -= 1) {
    const segment = segments[index]
    if (segment !== undefined && (await hasWholeSnapshot(segment))) return index
  }
  return segments.length === 0 ? undefined : 0
}

async function hasWholeSnapshot(segment: SegmentFile): Promise<boolean> {
  let missing: number | undefined
  for await (const lines of checkSegment(segment, { details: false })) {
    for (const line of lines) {
      if (isTorn(line)) return false
      missing = line.record.kind === 'open' ? (line.record.states ?? undefined) : missing === undefined ? undefined : missing - 1
      if (missing === undefined || missing === 0) return missing === 0
    }
  }
  return false
}

interface SegmentRead {
  readonly replay: Replay
  readonly end: ChainEnd
  readonly snapshotTaken: boolean
  readonly lost: number
}

interface ReadInput {
  readonly replay: Replay
  /** Of the file before; undefined for the first that is read. */
  readonly end: ChainEnd | undefined
  readonly log: Log
}

/** Undefined when the file has not one whole line. */
async function readSegment(segment: SegmentFile, { replay: before, end: previous, log }: ReadInput): Promise<SegmentRead | undefined> {
  let replay = before
  let end: ChainEnd | undefined
  let lost = 0
  let snapshotTaken = false
  let expected: number | undefined
  const parts: StoreSnapshot[] = []
  for await (const lines of checkSegment(segment, { details: false })) {
    for (const line of lines) {
      if (isTorn(line)) {
        log.warn({ path: segment.path, line: line.number, bytes: line.tornBytes }, 'The last line of the ledger is not whole and is left out: its writer died while writing it.')
        continue
      }
      const { record, seq, hash, atMs } = line
      end = { segment: segment.segment, seq, hash }
      switch (record.kind) {
        case 'open':
          if (previous !== undefined && record.previous?.hash !== previous.hash) throw new BrokenLedger({ path: segment.path, line: 1, problem: `it does not follow the end of file ${previous.segment}: lines or files between them are missing` })
          expected = record.states ?? undefined
          break
        case 'state':
          parts.push(record)
          if (parts.length !== expected) break
          replay = createReplay(joinSnapshot(parts))
          snapshotTaken = true
          lost = 0
          break
        case 'gap':
          lost += record.lost
          break
        default:
          replay.apply(record, atMs)
      }
    }
  }
  return end === undefined ? undefined : { replay, end, snapshotTaken, lost }
}
