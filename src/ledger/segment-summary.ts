// What is in one file of a journal, in a few numbers: what the manifest keeps of it, and what a check compares.

import { hashOf, readHead, type LineHead } from './journal-line.ts'
import { readLines } from './read-lines.ts'
import { ROW_KINDS } from './records.ts'

export interface SegmentSummary {
  readonly segment: number
  readonly firstSeq: number
  readonly lastSeq: number
  readonly lastHash: string
  /** The earliest and the latest time of a line; ISO 8601. */
  readonly from: string
  readonly to: string
  /** Rows and what stands for one: expired and orphaned holds. */
  readonly rows: number
  /** Of whole lines. */
  readonly bytes: number
}

export interface SummaryBuilder {
  add(line: LineHead & { readonly hash: string; readonly bytes: number }): void
  /** Undefined before the first line. */
  summary(): SegmentSummary | undefined
}

export function createSummaryBuilder(segment: number): SummaryBuilder {
  let first: LineHead | undefined
  let last = { seq: 0, hash: '' }
  let from = ''
  let to = ''
  let rows = 0
  let bytes = 0
  return {
    add(line) {
      first ??= line
      last = line
      if (from === '' || line.at < from) from = line.at
      if (line.at > to) to = line.at
      if (ROW_KINDS.has(line.kind)) rows += 1
      bytes += line.bytes
    },
    summary: () => (first === undefined ? undefined : { segment, firstSeq: first.seq, lastSeq: last.seq, lastHash: last.hash, from, to, rows, bytes }),
  }
}

export interface ScannedSegment {
  /** Undefined when it has no whole line. */
  readonly summary: SegmentSummary | undefined
  /** Bytes behind the last whole line, of a write that was cut off. */
  readonly tornBytes: number
}

/** Looks at where lines begin and end, and checks nothing else. Throws an Error that says which line is none. */
export async function scanSegment({ path, segment }: { readonly path: string; readonly segment: number }): Promise<ScannedSegment> {
  const builder = createSummaryBuilder(segment)
  let number = 0
  let tornBytes = 0
  for await (const lines of readLines(path)) {
    for (const { bytes, whole } of lines) {
      if (!whole) {
        tornBytes = bytes.length
        continue
      }
      number += 1
      const head = readHead(bytes)
      const hash = hashOf(bytes)
      if (head === undefined || hash === undefined) throw new Error(`${path}:${number} is no line of a ledger. \`tollgate audit verify\` says more; to begin anew, move the directory away`)
      builder.add({ ...head, hash, bytes: bytes.length + 1 })
    }
  }
  return { summary: builder.summary(), tornBytes }
}
