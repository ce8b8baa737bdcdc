// A line of the journal as a row, for those who read and do not check.

import { readHead } from './journal-line.ts'
import type { LedgerRow } from './ledger-row.ts'
import type { Line } from './read-lines.ts'
import { type ExpiredEntry, ROW_KINDS, type RowFields } from './records.ts'
import type { RowFilter } from './row-query.ts'
import { unendedRow } from './unended-row.ts'

export interface ListedRow extends LedgerRow {
  readonly writer: string
  readonly seq: number
  /** When it was written; ISO 8601, UTC. */
  readonly at: string
}

export interface RowSelection {
  readonly writer: string
  readonly filter: RowFilter
  readonly from: string | undefined
  readonly to: string | undefined
}

/** Undefined for lines that are no row, for rows that are not meant, and for what cannot be read: finding that is the work of a check. */
export function readRow({ bytes }: Line, { writer, filter, from, to }: RowSelection): ListedRow | undefined {
  const head = readHead(bytes)
  if (head === undefined || !ROW_KINDS.has(head.kind)) return undefined
  if ((from !== undefined && head.at < from) || (to !== undefined && head.at >= to)) return undefined
  // A row that ran out is named after its counters, where texts are escaped.
  if (head.kind !== 'expired' && !filter.needles.every((needle) => bytes.includes(needle))) return undefined
  const row = parseRow(bytes.toString('utf8'), head)
  return row === undefined || !filter.matches(row) ? undefined : { ...row, writer, seq: head.seq, at: head.at }
}

function parseRow(text: string, { kind, at }: { readonly kind: string; readonly at: string }): LedgerRow | undefined {
  let fields: Partial<RowFields & ExpiredEntry>
  try {
    fields = JSON.parse(text) as Partial<RowFields & ExpiredEntry>
  } catch {
    return undefined
  }
  const { id, charges, row } = fields
  if (id === undefined || charges === undefined) return undefined
  if (kind === 'expired') return unendedRow({ id, charges, subject: undefined }, { ending: 'expired', at })
  return row === undefined ? undefined : { ...row, id, charges }
}
