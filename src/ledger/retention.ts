// Removes files of a ledger that are too old, the oldest first, and keeps in the manifest where the chain goes on from.

import { rmSync } from 'node:fs'
import { updateManifest, type WriterEntry } from './manifest.ts'
import { listSegments } from './segment-files.ts'

export interface RetentionOptions {
  readonly directory: string
  readonly writer: string
  /** The file that is written now, which begins with all that recovery needs. It and later ones stay. */
  readonly before: number
  /** Milliseconds since 1970: files whose every line is older go. */
  readonly olderThanMs: number
}

export function removeOldSegments({ directory, writer, before, olderThanMs }: RetentionOptions): void {
  const olderThan = new Date(olderThanMs).toISOString()
  let removedUntil = 0
  updateManifest(directory, writer, (entry) => {
    const kept = entry.closed.findIndex(({ segment, to }) => segment >= before || to >= olderThan)
    const old = kept === -1 ? entry.closed : entry.closed.slice(0, kept)
    const changed = old.reduce(forget, entry)
    removedUntil = changed.removed?.segment ?? 0
    return changed
  })
  // After the manifest: a file that is still there although it says removed is removed the next time.
  for (const { segment, path } of listSegments(directory, writer)) if (segment <= removedUntil) rmSync(path, { force: true })
}

function forget(entry: WriterEntry, { segment, rows, lastSeq, lastHash, to }: WriterEntry['closed'][number]): WriterEntry {
  const { removed } = entry
  return {
    ...entry,
    closed: entry.closed.filter((each) => each.segment !== segment),
    removed: { segments: (removed?.segments ?? 0) + 1, rows: (removed?.rows ?? 0) + rows, segment, seq: lastSeq, hash: lastHash, until: to },
  }
}
