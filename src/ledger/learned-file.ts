// What estimates have learned, kept beside the ledger: without it every start would begin with the prior again. No charge depends on it.

import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FILE = 'learned.json'

/** Undefined when there is none, or none that can be read: then learning begins anew. */
export function readLearned(directory: string): unknown {
  try {
    return JSON.parse(readFileSync(join(directory, FILE), 'utf8')) as unknown
  } catch {
    return undefined
  }
}

/** Replaces the file as a whole, so that a crash leaves the old one or the new one. Throws what the file system says. */
export function writeLearned(directory: string, learned: unknown): void {
  const path = join(directory, FILE)
  writeFileSync(`${path}.new`, JSON.stringify(learned), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}
