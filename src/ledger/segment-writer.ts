// Writes lines into one file after the other: numbers them, chains them, begins the next file when one is full, and says so in the manifest.

import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs'
import type { StoreSnapshot } from '../budgets/store-snapshot.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { type AppendFile, createAppendFile, type FileCalls, realFileCalls } from './append-file.ts'
import { FIRST_HASH, MAX_LINE_BYTES, sealLine } from './journal-line.ts'
import { updateManifest } from './manifest.ts'
import { type ChainEnd, JOURNAL_FORMAT, type OpenRecord, type RecordKind } from './records.ts'
import { removeOldSegments } from './retention.ts'
import { segmentPath } from './segment-files.ts'
import { createSummaryBuilder, type SummaryBuilder } from './segment-summary.ts'
import { splitSnapshot } from './split-snapshot.ts'

export interface SegmentWriterOptions {
  readonly directory: string
  readonly writer: string
  readonly rotateBytes: number
  readonly keepMs: number
  /** Whether files that are finished must be on the disk. */
  readonly fsync: boolean
  /** Where the chain stands; undefined: nowhere yet. */
  readonly end: ChainEnd | undefined
  readonly clock: Clock
  readonly log: Log
  /** All that the store knows, when a new file begins; undefined: there is no store in this process. */
  readonly snapshot: (() => StoreSnapshot) | undefined
  readonly calls?: FileCalls
}

export interface SegmentWriter {
  /** Throws what the file system says; then nothing of it is in the file. */
  write(kind: RecordKind, fields: object): void
  /** Resolves when everything written before is on the disk. After a failure the next line goes into a new file. */
  sync(): Promise<void>
  close(): Promise<void>
}

interface Segment {
  readonly number: number
  readonly file: AppendFile
  readonly summary: SummaryBuilder
  /** A file of this size is full. */
  fullAt: number
}

/** A file that could not be followed by a new one is tried again after this part of its size. */
const RETRY_SHARE = 0.1

/** Begins a file of its own at once. Throws what the file system says. */
export function createSegmentWriter(options: SegmentWriterOptions): SegmentWriter {
  const { directory, writer, rotateBytes, keepMs, fsync, clock, log, calls = realFileCalls } = options
  let { seq, hash } = options.end ?? { seq: 0, hash: FIRST_HASH }
  /** Lines that could not be written since the last one that could. */
  let lost = 0
  let current = begin((options.end?.segment ?? 0) + 1, options.end)

  function append(segment: Pick<Segment, 'file' | 'summary'>, kind: RecordKind, fields: object): void {
    const at = new Date(clock.now()).toISOString()
    const line = sealLine(`{"seq":${seq + 1},"at":"${at}","kind":"${kind}",${JSON.stringify(fields).slice(1)}`, hash)
    if (line.text.length > MAX_LINE_BYTES) throw new Error(`a line of ${line.text.length} characters is too long for the ledger`)
    const before = segment.file.size
    segment.file.append(line.text)
    seq += 1
    hash = line.hash
    segment.summary.add({ seq, at, kind, hash, bytes: segment.file.size - before })
  }

  /** Leaves nothing behind when it fails. */
  function begin(number: number, previous: ChainEnd | undefined): Segment {
    const path = segmentPath(directory, { writer, segment: number })
    const taken = options.snapshot?.()
    const parts = taken === undefined ? undefined : splitSnapshot(taken)
    const file = createAppendFile(path, calls)
    const segment = { number, file, summary: createSummaryBuilder(number), fullAt: 0 }
    const start = { seq, hash }
    try {
      const open: OpenRecord = { format: JOURNAL_FORMAT, writer, segment: number, previous: previous ?? null, states: parts?.length ?? null }
      append(segment, 'open', open)
      for (const part of parts ?? []) append(segment, 'state', part)
      if (fsync) syncDirectory(directory)
    } catch (failure) {
      ;({ seq, hash } = start)
      file.close().catch((err: unknown) => log.error({ path, err }, 'A file of the ledger could not be closed.'))
      rmSync(path, { force: true })
      throw failure
    }
    // A snapshot that is larger than a file should be must not be taken with every line.
    segment.fullAt = file.size + Math.max(rotateBytes, file.size)
    return segment
  }

  function rotate(): void {
    const full = current
    const closed = full.summary.summary()
    if (closed === undefined) return
    try {
      if (fsync) full.file.syncNow()
      current = begin(full.number + 1, { segment: full.number, seq, hash })
    } catch (err) {
      full.fullAt = full.file.size + rotateBytes * RETRY_SHARE
      log.error({ directory, writer, err }, 'The ledger could not begin a new file and goes on in the old one.')
      return
    }
    full.file.close().catch((err: unknown) => log.error({ directory, writer, err }, 'A file of the ledger could not be closed.'))
    note((entry) => ({ ...entry, closed: [...entry.closed, closed], current: { segment: current.number, firstSeq: closed.lastSeq + 1 } }))
    clean()
  }

  // The chain itself holds what the manifest says, so it can be late.
  function note(change: Parameters<typeof updateManifest>[2]): void {
    try {
      updateManifest(directory, writer, change)
    } catch (err) {
      log.error({ directory, writer, err }, 'The manifest of the ledger could not be written.')
    }
  }

  function clean(): void {
    try {
      removeOldSegments({ directory, writer, before: current.number, olderThanMs: clock.now() - keepMs })
    } catch (err) {
      log.error({ directory, writer, err }, 'Old files of the ledger could not be removed.')
    }
  }

  note((entry) => ({ ...entry, current: { segment: current.number, firstSeq: (options.end?.seq ?? 0) + 1 } }))
  clean()

  return {
    write(kind, fields) {
      try {
        if (lost > 0) {
          append(current, 'gap', { lost })
          lost = 0
          // A new snapshot makes up for what is missing.
          current.fullAt = 0
        }
        append(current, kind, fields)
      } catch (failure) {
        lost += 1
        throw failure
      }
      if (current.file.size >= current.fullAt) rotate()
    },
    async sync() {
      const { file, number } = current
      try {
        await file.sync()
      } catch (failure) {
        // The kernel may have dropped what it could not write, and would call the same file well the next time.
        if (current.number === number) current.fullAt = 0
        throw failure
      }
    },
    async close() {
      if (fsync) await current.file.sync()
      await current.file.close()
      const closed = current.summary.summary()
      note((entry) => ({ ...entry, closed: closed === undefined ? entry.closed : [...entry.closed, closed], current: null }))
    },
  }
}

/** So that the name of a new file survives what its contents do. */
function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
