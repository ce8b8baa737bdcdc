// Reads one file of a journal line by line, and trusts nothing: every line must follow the one before. What does not is said with its place.

import { createChainCheck, FIRST_HASH, readHead } from './journal-line.ts'
import { type Line, readLines } from './read-lines.ts'
import { type JournalRecord, JOURNAL_FORMAT, type OpenRecord, parseRecord } from './records.ts'
import type { SegmentFile } from './segment-files.ts'

/** A line that passed. */
export interface CheckedLine {
  /** In its file, from 1. */
  readonly number: number
  readonly seq: number
  readonly at: string
  /** The same in milliseconds since 1970. */
  readonly atMs: number
  readonly hash: string
  /** With its line end. */
  readonly bytes: number
  readonly record: JournalRecord
}

/** What the file ends with, if that is no whole line. */
export interface TornEnd {
  readonly number: number
  readonly tornBytes: number
}

/** The journal is not what was written. */
export class BrokenLedger extends Error {
  readonly path: string
  readonly line: number
  readonly problem: string

  constructor({ path, line, problem }: { readonly path: string; readonly line: number; readonly problem: string }) {
    super(`${path}:${line}: ${problem}`)
    this.name = 'BrokenLedger'
    this.path = path
    this.line = line
    this.problem = problem
  }
}

/**
 * `details: false` leaves the rows out of their records. Throws BrokenLedger at the first line that is changed, missing or none of ours; a line
 * without an end is given as what it is, if it is the last one.
 */
export async function* checkSegment(file: SegmentFile, { details }: { readonly details: boolean }): AsyncGenerator<readonly (CheckedLine | TornEnd)[], void, undefined> {
  let number = 0
  let seq = 0
  let at = ''
  let atMs = 0
  let chain = createChainCheck(FIRST_HASH)
  const broken = (problem: string): BrokenLedger => new BrokenLedger({ path: file.path, line: number, problem })

  function check({ bytes, whole }: Line): CheckedLine | TornEnd {
    number += 1
    if (!whole) {
      if (isEndChanged(bytes)) throw broken('the line has no end any more: it has been changed')
      return { number, tornBytes: bytes.length }
    }
    const text = bytes.toString('utf8')
    const head = readHead(bytes)
    const record = parseRecord(text, { details })
    if (head === undefined || record === undefined) throw broken('this is no line of a ledger: it has been changed')
    if (number === 1) {
      const open = checkOpen(record, file)
      if (typeof open === 'string') throw broken(open)
      chain = createChainCheck(open.previous?.hash ?? FIRST_HASH)
      seq = open.previous?.seq ?? 0
    } else if (record.kind === 'open') throw broken('a second beginning in the middle of the file')
    const hash = chain.follow(bytes)
    if (hash === undefined) throw broken('its hash does not fit: this line or the one before has been changed, or lines between them are missing')
    if (head.seq !== seq + 1) throw broken(`line number ${head.seq} of the writer follows number ${seq}`)
    seq = head.seq
    // Most lines have the time of the one before.
    if (head.at !== at) atMs = Date.parse(head.at)
    at = head.at
    return { number, seq, at, atMs, hash, bytes: bytes.length + 1, record }
  }

  for await (const lines of readLines(file.path)) yield lines.map(check)
}

export function isTorn(line: CheckedLine | TornEnd): line is TornEnd {
  return 'tornBytes' in line
}

function checkOpen(record: JournalRecord, file: SegmentFile): OpenRecord | string {
  if (record.kind !== 'open') return 'the file does not begin with an open line: its beginning is missing'
  if (record.format !== JOURNAL_FORMAT) return `it is written in format ${record.format}, and this version of Tollgate reads format ${JOURNAL_FORMAT}`
  if (record.writer !== file.writer || record.segment !== file.segment) return `it says that it is file ${record.segment} of ${record.writer}: it has been renamed`
  return record
}

/** A write that is cut off leaves the beginning of a line. One that goes on behind its seal has lost its line end to something else. */
function isEndChanged(bytes: Buffer): boolean {
  const sealAt = bytes.indexOf(',"hash":"')
  return sealAt !== -1 && bytes.indexOf('"}', sealAt) !== -1 && bytes.length > bytes.indexOf('"}', sealAt) + 2
}
