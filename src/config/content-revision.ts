// One short name for the contents of all files of a configuration: two processes with the same revision run the same rules.

import { createHash } from 'node:crypto'

/** First 12 hex digits of SHA-256 over the texts, each with its length before it, so that text cannot move between files unnoticed. */
export function contentRevision(texts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(`${Buffer.byteLength(text)}\n`).update(text)
  return hash.digest('hex').slice(0, 12)
}
