// The ledger of this process: everything that was held and charged, written down before we go on, in files that nobody else writes.

import { mkdirSync, rmSync, truncateSync } from 'node:fs'
import type { StoreSnapshot } from '../budgets/store-snapshot.ts'
import type { LedgerSettings } from '../config/runtime-config.ts'
import type { Clock } from '../core/clock.ts'
import { TollgateError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { FileCalls } from './append-file.ts'
import { createGroupCommit } from './group-commit.ts'
import type { LedgerRow } from './ledger-row.ts'
import { readManifest, updateManifest } from './manifest.ts'
import type { ChainEnd, ExpiredEntry, HoldEntry, RecordKind, RowFields, SettledEntry } from './records.ts'
import { isWriterName, listSegments } from './segment-files.ts'
import { scanSegment, type SegmentSummary } from './segment-summary.ts'
import { createSegmentWriter } from './segment-writer.ts'
import { lockWriter, type WriterLock } from './writer-lock.ts'

/**
 * Every method that writes throws a TollgateError (`budgets_unavailable`) when that is not possible: the disk is full or broken. The line is lost
 * then, and the next one that can be written says so.
 */
export interface Ledger {
  /** Before the provider is called. */
  hold(entry: HoldEntry): void
  /** What the counters of an exchange were charged, where the row is written elsewhere or later. */
  settled(entry: SettledEntry): void
  /** A finished exchange. Also charges its counters in a recovery, unless `settled` has been written for it. */
  row(row: LedgerRow): void
  expired(entry: ExpiredEntry): void
  orphaned(row: LedgerRow): void
  /** Resolves when everything written before is on the disk; at once without `fsync`. Rejects with a TollgateError. */
  durable(): Promise<void>
  /** Lets go of the lock. Nothing may be written afterwards. */
  close(): Promise<void>
}

export interface LedgerOptions {
  readonly settings: LedgerSettings
  /** Stable name of this process among those that write to the directory: `main`, `worker-2`. */
  readonly writer: string
  readonly clock: Clock
  readonly log: Log
  /**
   * All that the store in this process knows. Every file begins with it, so that a recovery reads one file. What changes the store must be
   * written down before anything else happens in the process.
   */
  readonly snapshot?: () => StoreSnapshot
  /** Of lockLedger, for those who had to read the files first; the ledger lets go of it, also when it cannot be opened. */
  readonly lock?: WriterLock
  /** Instead of the file system, for tests. */
  readonly calls?: FileCalls
}

const DIRECTORY_MODE = 0o700
const MAX_MODEL_LENGTH = 256

/** Makes sure that nobody else writes as this writer. Rejects with a sentence for the operator when somebody does, and when the directory cannot be used. */
export async function lockLedger({ settings: { directory }, writer, log }: Pick<LedgerOptions, 'settings' | 'writer' | 'log'>): Promise<WriterLock> {
  if (!isWriterName(writer)) throw new Error(`${JSON.stringify(writer)} is no name of a writer: small letters, digits, - and _, at most 63`)
  makeDirectory(directory)
  return lockWriter({ directory, writer, log })
}

/** Rejects like lockLedger, and with a sentence for the operator when the files cannot be used. */
export async function openLedger({ settings, writer, clock, log, snapshot, calls, lock: held }: LedgerOptions): Promise<Ledger> {
  const { directory, fsync, rotateBytes, keepMs } = settings
  const lock = held ?? (await lockLedger({ settings, writer, log }))
  try {
    const end = await finishLastSegment({ directory, writer, log })
    const segments = createSegmentWriter({ directory, writer, rotateBytes, keepMs, fsync, end, clock, log, snapshot, ...(calls === undefined ? {} : { calls }) })
    const commit = createGroupCommit(() => segments.sync())
    const failure = createFailureReport(directory, snapshot !== undefined, log)

    function write(kind: RecordKind, fields: object): void {
      try {
        segments.write(kind, fields)
        failure.ended()
      } catch (cause) {
        throw failure.began(cause)
      }
    }

    return {
      hold: (entry) => write('hold', entry),
      settled: (entry) => write('settled', entry),
      row: (row) => write('row', fieldsOf(row)),
      expired: (entry) => write('expired', entry),
      orphaned: (row) => write('orphaned', fieldsOf(row)),
      async durable() {
        if (!fsync) return
        await commit.durable().catch((cause: unknown) => {
          throw failure.began(cause)
        })
      },
      async close() {
        try {
          await segments.close()
        } finally {
          await lock.release()
        }
      },
    }
  } catch (cause) {
    await lock.release()
    throw cause
  }
}

/** One line in the log when it begins and one when it is over, not one for every exchange meanwhile. */
function createFailureReport(directory: string, isNeeded: boolean, log: Log): { began(cause: unknown): TollgateError; ended(): void } {
  let isFailing = false
  return {
    began(err) {
      const until = isNeeded ? 'budgets do what their on_store_failure says until it can' : 'what exchanges cost is missing in it until it can'
      if (!isFailing) log.error({ directory, err }, `The ledger cannot be written: ${until}.`)
      isFailing = true
      return new TollgateError('budgets_unavailable', 'What this request costs cannot be written down at the moment. Try again shortly.', { cause: err })
    },
    ended() {
      if (isFailing) log.info({ directory }, 'The ledger can be written again.')
      isFailing = false
    },
  }
}

function fieldsOf({ id, charges, ...row }: LedgerRow): RowFields {
  const { askedModel } = row
  return { id, charges, row: askedModel === undefined || askedModel.length <= MAX_MODEL_LENGTH ? row : { ...row, askedModel: `${askedModel.slice(0, MAX_MODEL_LENGTH)}…` } }
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE })
  } catch (cause) {
    throw new Error(`The ledger's directory ${directory} cannot be made (${cause instanceof Error ? cause.message : String(cause)}). Make it, or name another one: path in the section ledger.`, { cause })
  }
}

interface OwnFiles {
  readonly directory: string
  readonly writer: string
  readonly log: Log
}

/** Where the chain of a writer stands; undefined: nowhere yet. The file of one that died is made whole and gets its entry in the manifest. */
async function finishLastSegment({ directory, writer, log }: OwnFiles): Promise<ChainEnd | undefined> {
  const found = await finishFoundSegment({ directory, writer, log })
  const entry = readManifest(directory)?.writers[writer]
  const listed = entry?.closed.at(-1)
  // Somebody took the latest files away. Going on behind them is what lets that be seen.
  if (listed !== undefined && listed.segment > (found?.segment ?? 0)) return endOf(listed)
  return found === undefined ? (entry?.removed ?? undefined) : endOf(found)
}

async function finishFoundSegment({ directory, writer, log }: OwnFiles): Promise<SegmentSummary | undefined> {
  for (const last of listSegments(directory, writer).toReversed()) {
    const known = readManifest(directory)?.writers[writer]?.closed.find(({ segment }) => segment === last.segment)
    if (known !== undefined) return known
    const { summary, tornBytes } = await scanSegment(last)
    if (summary === undefined) {
      // It died before its first line was whole: there is nothing in it.
      rmSync(last.path)
      continue
    }
    if (tornBytes > 0) {
      log.warn({ path: last.path, bytes: tornBytes }, 'The last line of the ledger was not whole and is cut off: its writer died while writing it.')
      truncateSync(last.path, summary.bytes)
    }
    updateManifest(directory, writer, (entry) => ({ ...entry, closed: [...entry.closed, summary].toSorted((a, b) => a.segment - b.segment) }))
    return summary
  }
  return undefined
}

function endOf({ segment, lastSeq, lastHash }: SegmentSummary): ChainEnd {
  return { segment, seq: lastSeq, hash: lastHash }
}
