// The rows of a ledger, over all its writers, in the order in which they were written or the other way round. Only a piece of one file per
// writer is in memory.

import { readManifest, type WriterEntry } from './manifest.ts'
import type { ListedRow } from './listed-row.ts'
import type { RowCursor, RowOrder } from './row-cursor.ts'
import { createRowFilter, type RowQuery } from './row-query.ts'
import { createRowReader, type RowReader } from './row-reader.ts'
import { listSegments } from './segment-files.ts'

export interface ReadOptions {
  readonly directory: string
  readonly query: RowQuery
  readonly order: RowOrder
}

export interface PageOptions extends ReadOptions {
  readonly limit: number
  /** Of the page before. */
  readonly cursor?: RowCursor | undefined
  /** About how many lines are looked at; LINES_PER_PAGE unless given. */
  readonly mostLines?: number
}

export interface RowPage {
  readonly rows: readonly ListedRow[]
  /** To go on from; undefined: there are no more. */
  readonly next: RowCursor | undefined
}

/** Lines that are looked at for one page: about half a second. What a rare row takes longer to find comes with a later page. */
const LINES_PER_PAGE = 250_000

/** At most `limit` rows, from `cursor` on. There may be fewer, or none, and more to come. Rejects with what the file system says. */
export async function readRowPage(options: PageOptions): Promise<RowPage> {
  const rows: ListedRow[] = []
  const budget = { lines: options.mostLines ?? LINES_PER_PAGE }
  const readers = openReaders(options, options.cursor?.places, budget)
  try {
    for (;;) {
      const next = await takeNext(readers, options.order)
      if (next === undefined) return { rows, next: undefined }
      if (next === 'unknown' || rows.length === options.limit) return { rows, next: cursorOf(options.order, readers) }
      rows.push(next.row)
      next.reader.taken()
    }
  } finally {
    await Promise.all(readers.map((reader) => reader.close()))
  }
}

/** All rows, in batches. */
export async function* streamRows(options: ReadOptions): AsyncGenerator<readonly ListedRow[], void, undefined> {
  const readers = openReaders(options, undefined, { lines: Number.POSITIVE_INFINITY })
  let batch: ListedRow[] = []
  try {
    for (;;) {
      const next = await takeNext(readers, options.order)
      if (next === undefined || next === 'unknown') break
      batch.push(next.row)
      next.reader.taken()
      if (batch.length < ROWS_PER_BATCH) continue
      yield batch
      batch = []
    }
    if (batch.length > 0) yield batch
  } finally {
    await Promise.all(readers.map((reader) => reader.close()))
  }
}

const ROWS_PER_BATCH = 500

function openReaders(options: ReadOptions, places: RowCursor['places'] | undefined, budget: { lines: number }): readonly RowReader[] {
  const { directory, query, order } = options
  const filter = createRowFilter(query)
  const manifest = readManifestIfAny(directory)
  const all = listSegments(directory)
  // A writer that has come since the first page has only rows that are newer.
  const isMeant = (writer: string): boolean => order === 'oldest' || places === undefined || places.has(writer)
  return [...new Set(all.map(({ writer }) => writer))].filter(isMeant).map((writer) => {
    const selection = { writer, filter, from: query.from, to: query.to }
    const files = all.filter((file) => file.writer === writer && mayHaveRows(manifest?.[writer]?.closed.find(({ segment }) => segment === file.segment), query))
    return createRowReader({ files: order === 'newest' ? files.toReversed() : files, order, start: places?.get(writer), selection, budget })
  })
}

// It only saves work here; that it is broken is the concern of a check.
function readManifestIfAny(directory: string): Readonly<Record<string, WriterEntry>> | undefined {
  try {
    return readManifest(directory)?.writers
  } catch {
    return undefined
  }
}

function mayHaveRows(summary: WriterEntry['closed'][number] | undefined, { from, to }: RowQuery): boolean {
  return summary === undefined || ((to === undefined || summary.from < to) && (from === undefined || summary.to >= from))
}

interface NextRow {
  readonly reader: RowReader
  readonly row: ListedRow
}

/** The first of all writers in the order that is asked for; unknown while one of them may have an earlier one. */
async function takeNext(readers: readonly RowReader[], order: RowOrder): Promise<NextRow | 'unknown' | undefined> {
  let best: NextRow | undefined
  for (const reader of readers) {
    const row = await reader.peek()
    if (row === 'unknown') return 'unknown'
    if (row === undefined) continue
    if (best === undefined || (order === 'newest' ? row.at > best.row.at : row.at < best.row.at)) best = { reader, row }
  }
  return best
}

function cursorOf(order: RowOrder, readers: readonly RowReader[]): RowCursor {
  return { order, places: new Map(readers.map((reader) => [reader.writer, reader.place()])) }
}
