// The rows of one writer, one at a time, through all its files.

import { type ListedRow, readRow, type RowSelection } from './listed-row.ts'
import { type Line, readLines, readLinesBackwards } from './read-lines.ts'
import type { RowOrder, RowPlace } from './row-cursor.ts'
import type { SegmentFile } from './segment-files.ts'

export interface RowReader {
  readonly writer: string
  /** Undefined at the end; `unknown` when no more lines may be looked at. */
  peek(): Promise<ListedRow | 'unknown' | undefined>
  /** The row that was peeked at has been used. */
  taken(): void
  /** Before the row that was peeked at, or where looking stopped. */
  place(): RowPlace
  close(): Promise<void>
}

export interface RowReaderOptions {
  /** In the order in which they are read. */
  readonly files: readonly SegmentFile[]
  readonly order: RowOrder
  readonly start: RowPlace | undefined
  readonly selection: RowSelection
  /** Shared by all readers of a page. */
  readonly budget: { lines: number }
}

export function createRowReader({ files, order, start, selection, budget }: RowReaderOptions): RowReader {
  const lines = readFiles({ files, order, start })
  let batch: readonly PlacedLine[] = []
  let index = 0
  let peeked: ListedRow | undefined
  let place: RowPlace = start ?? { segment: 0, offset: 0 }
  return {
    writer: selection.writer,
    async peek() {
      while (peeked === undefined) {
        const placed = batch[index]
        if (placed === undefined) {
          if (budget.lines <= 0) return 'unknown'
          const next = await lines.next()
          if (next.done === true) return undefined
          budget.lines -= next.value.length
          batch = next.value
          index = 0
          continue
        }
        place = placed.before
        peeked = readRow(placed.line, selection)
        if (peeked !== undefined) break
        place = placed.after
        index += 1
      }
      return peeked
    },
    taken() {
      place = batch[index]?.after ?? place
      peeked = undefined
      index += 1
    },
    place: () => place,
    close: async () => {
      await lines.return()
    },
  }
}

interface PlacedLine {
  readonly line: Line
  /** In the order of reading. */
  readonly before: RowPlace
  readonly after: RowPlace
}

/** Lines of one file after the other; of a file that has been removed meanwhile, none. */
async function* readFiles({ files, order, start }: Pick<RowReaderOptions, 'files' | 'order' | 'start'>): AsyncGenerator<readonly PlacedLine[], void, undefined> {
  for (const { segment, path } of files) {
    const isPast = start !== undefined && start.segment !== 0 && (order === 'newest' ? segment > start.segment : segment < start.segment)
    if (isPast) continue
    const from = start?.segment === segment ? start.offset : undefined
    const batches = order === 'newest' ? readLinesBackwards(path, from) : readLines(path, from)
    for await (const lines of batches) {
      yield lines.flatMap((line): PlacedLine[] => {
        if (!line.whole) return []
        const first = { segment, offset: line.offset }
        const last = { segment, offset: line.offset + line.bytes.length + 1 }
        return [order === 'newest' ? { line, before: last, after: first } : { line, before: first, after: last }]
      })
    }
  }
}
