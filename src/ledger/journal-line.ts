// One line of the journal: a JSON object that ends in the hash of everything before it, so that a changed, lost or moved line shows.

import { hash } from 'node:crypto'

/** Of the lines before the first one. */
export const FIRST_HASH = '0'.repeat(64)
const HASH_LENGTH = 64
const SEAL_START = ',"hash":"'
const SEAL_END = '"}'
const SEAL_LENGTH = SEAL_START.length + HASH_LENGTH + SEAL_END.length
const QUOTE_AND_BRACE = Buffer.from(SEAL_END)
/** Above any line that we write; a longer one is no line of ours, and is not collected in memory. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024

export interface SealedLine {
  /** With its line end. */
  readonly text: string
  readonly hash: string
}

/**
 * `body`: a JSON object. Its hash is the SHA-256, in hex, of the hash of the line before and of the body without its last brace; it becomes
 * the last field.
 */
export function sealLine(body: string, previousHash: string): SealedLine {
  const open = body.slice(0, -1)
  const own = hash('sha256', previousHash + open)
  return { text: `${open}${SEAL_START}${own}${SEAL_END}\n`, hash: own }
}

/** Checks the lines of a chain, one after the other. */
export interface ChainCheck {
  /** The hash of the line, without its line end, if it follows the one before; undefined if it does not. */
  follow(line: Buffer): string | undefined
}

export function createChainCheck(previousHash: string): ChainCheck {
  let scratch = Buffer.alloc(4096)
  scratch.write(previousHash, 'latin1')
  return {
    follow(line) {
      const bodyBytes = line.length - SEAL_LENGTH
      const written = hashOf(line)
      if (written === undefined) return undefined
      if (scratch.length < HASH_LENGTH + bodyBytes) {
        const larger = Buffer.alloc(2 * (HASH_LENGTH + bodyBytes))
        scratch.copy(larger, 0, 0, HASH_LENGTH)
        scratch = larger
      }
      // One piece of memory and one call: a hash object per line takes three times as long.
      line.copy(scratch, HASH_LENGTH, 0, bodyBytes)
      if (hash('sha256', scratch.subarray(0, HASH_LENGTH + bodyBytes)) !== written) return undefined
      scratch.write(written, 'latin1')
      return written
    },
  }
}

/** The hash that a line says it has; undefined for what does not end like a line. */
export function hashOf(line: Buffer): string | undefined {
  const sealAt = line.length - SEAL_LENGTH
  if (sealAt < 1 || line.toString('latin1', sealAt, sealAt + SEAL_START.length) !== SEAL_START) return undefined
  if (line.compare(QUOTE_AND_BRACE, 0, 2, line.length - 2) !== 0) return undefined
  return line.toString('latin1', sealAt + SEAL_START.length, line.length - SEAL_END.length)
}

export interface LineHead {
  /** Counts the lines of a writer, from 1, through all its files. */
  readonly seq: number
  /** When it was written; ISO 8601, UTC, with milliseconds. */
  readonly at: string
  readonly kind: string
}

const HEAD = /^\{"seq":(\d{1,15}),"at":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)","kind":"([a-z]+)"/
const HEAD_BYTES = 100

/** What every line begins with, without parsing all of it. */
export function readHead(line: Buffer): LineHead | undefined {
  const match = HEAD.exec(line.toString('latin1', 0, HEAD_BYTES))
  return match === null ? undefined : { seq: Number(match[1]), at: match[2] ?? '', kind: match[3] ?? '' }
}
