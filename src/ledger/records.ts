// The kinds of lines in a journal, and what is written in each after `seq`, `at` and `kind`.

import type { CounterCharge } from '../budgets/budget-store.ts'
import type { StoreSnapshot } from '../budgets/store-snapshot.ts'
import type { ExchangeSubject, LedgerRow } from './ledger-row.ts'

/** Of the lines themselves; a reader that does not know it must not guess. */
export const JOURNAL_FORMAT = 1

/** Where a chain stands: its last line. */
export interface ChainEnd {
  readonly segment: number
  readonly seq: number
  readonly hash: string
}

/** The first line of every file. */
export interface OpenRecord {
  /** JOURNAL_FORMAT, or what a later version writes. */
  readonly format: number
  readonly writer: string
  readonly segment: number
  /** The last line of the file before; null in the first. */
  readonly previous: ChainEnd | null
  /** How many `state` lines come next, which together are all that the store knew then; null: this writer has no store. */
  readonly states: number | null
}

/** A hold, before the provider is called. */
export interface HoldEntry {
  readonly id: string
  /** Milliseconds since 1970: until when it lasts unless it is renewed; renewals are not written, because nobody lives on after a restart. */
  readonly holdUntilMs: number
  /** What is held of each counter. */
  readonly charges: readonly CounterCharge[]
  readonly subject?: ExchangeSubject
}

/** What an exchange is charged instead of its hold. */
export interface SettledEntry {
  readonly id: string
  readonly charges: readonly CounterCharge[]
}

/** A hold that ran out; its charge is provisional until a settlement says what it was. */
export interface ExpiredEntry {
  readonly id: string
  readonly charges: readonly CounterCharge[]
}

/** What happened to counters and exchanges. Applying one twice changes nothing the second time. */
export type EventRecord =
  | ({ readonly kind: 'hold' } & HoldEntry)
  /** By whoever keeps the counters, where somebody else writes the row. */
  | ({ readonly kind: 'settled' } & SettledEntry)
  | ({ readonly kind: 'row' } & RowFields)
  | ({ readonly kind: 'expired' } & ExpiredEntry)
  /** A hold that was found when the writer was opened again: charged, and provisional like an expired one. */
  | ({ readonly kind: 'orphaned' } & RowFields)

export interface RowFields {
  readonly id: string
  readonly charges: LedgerRow['charges']
  /** The rest of the row. Undefined when it was not asked for. */
  readonly row: Omit<LedgerRow, 'id' | 'charges'> | undefined
}

export type JournalRecord =
  | ({ readonly kind: 'open' } & OpenRecord)
  /** A part of what the store knew. */
  | ({ readonly kind: 'state' } & StoreSnapshot)
  /** So many lines could not be written before this one; what they said is missing. */
  | { readonly kind: 'gap'; readonly lost: number }
  | EventRecord

export type RecordKind = JournalRecord['kind']

/** Those that tell of one exchange to people. */
export const ROW_KINDS: ReadonlySet<string> = new Set<RecordKind>(['row', 'orphaned', 'expired'])

const ROW_START = ',"row":{'

/**
 * A line that has passed its check, as a record; undefined when it is none of ours. `details: false` leaves the row out, and with it most of
 * the work.
 */
export function parseRecord(text: string, { details }: { readonly details: boolean }): JournalRecord | undefined {
  // Unescaped quotes stand in no JSON text, so this is where the field begins.
  const rowAt = details ? -1 : text.indexOf(ROW_START)
  try {
    // The hash is proof that we wrote it, so its fields are what they are.
    return JSON.parse(rowAt === -1 ? text : `${text.slice(0, rowAt)}}`) as JournalRecord
  } catch {
    return undefined
  }
}
