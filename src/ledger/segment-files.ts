// The files of a ledger: `<writer>-<number>.jsonl`, numbered from 1 per writer.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'

export interface SegmentFile {
  readonly writer: string
  readonly segment: number
  readonly path: string
}

const WRITER = /^[a-z0-9][a-z0-9_-]{0,62}$/
const FILE = /^(.+)-(\d{6,12})\.jsonl$/
const DIGITS = 6

export function isWriterName(name: string): boolean {
  return WRITER.test(name)
}

export function segmentPath(directory: string, { writer, segment }: Omit<SegmentFile, 'path'>): string {
  return join(directory, `${writer}-${String(segment).padStart(DIGITS, '0')}.jsonl`)
}

/** Those of one writer or of all, each writer's in their order. Throws what the file system says when there is no such directory. */
export function listSegments(directory: string, writer?: string): readonly SegmentFile[] {
  const files: SegmentFile[] = []
  for (const name of readdirSync(directory)) {
    const match = FILE.exec(name)
    if (match?.[1] === undefined || !isWriterName(match[1])) continue
    if (writer === undefined || match[1] === writer) files.push({ writer: match[1], segment: Number(match[2]), path: join(directory, name) })
  }
  return files.sort((a, b) => (a.writer === b.writer ? a.segment - b.segment : a.writer < b.writer ? -1 : 1))
}
