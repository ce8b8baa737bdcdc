// Notices that somebody rotated a credentials file, without a watcher per file. [I/O]

import { statSync } from 'node:fs'
import type { Clock } from '../core/clock.ts'

export interface FileWatch {
  /** True when a file was written, replaced, made or removed since the last `reset`. Looks once per second at most. */
  changed(): boolean
  /** What is there now is known. */
  reset(): void
}

/** Often enough for anyone, rare enough to cost nothing per attempt. */
const CHECK_INTERVAL_MS = 1_000

export function createFileWatch(files: readonly string[], clock: Clock): FileWatch {
  let known = signature(files)
  let checkedAtMs = clock.monotonic()
  return {
    changed: () => {
      if (clock.monotonic() - checkedAtMs < CHECK_INTERVAL_MS) return false
      checkedAtMs = clock.monotonic()
      return signature(files) !== known
    },
    reset: () => {
      known = signature(files)
    },
  }
}

function signature(files: readonly string[]): string {
  return files.map(signatureOf).join()
}

function signatureOf(file: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(file)
    return `${ino}:${size}:${mtimeMs}`
  } catch {
    // Not there, or not ours to read: the load says so when it matters.
    return ''
  }
}
