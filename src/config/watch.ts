// Notices when a file of the configuration has new content, whatever the way in which it got there. [I/O]

import { createHash } from 'node:crypto'
import { readFileSync, realpathSync, watch, type FSWatcher } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Log } from '../core/log.ts'

export interface WatchOptions {
  /** Absolute paths, asked again at every look: a reload may have changed which files there are. */
  readonly paths: () => readonly string[]
  /** Some file has content that differs from the last time, and it has stopped changing. */
  readonly onChange: () => void
  readonly log: Log
  /** How long content must stay the same before it counts: an editor may truncate first and write later. */
  readonly settleMs?: number
  /** A look without being told: network file systems and replaced folders send no events. */
  readonly pollMs?: number
}

type Contents = ReadonlyMap<string, string>

/**
 * Watches folders, not files, because editors and Kubernetes replace files by renaming; then compares contents, because folders
 * tell about much else. A file that goes away is waited for during one look, since many tools delete before they write; then it is
 * warned of, and only changes of the others count until it is back.
 */
export function watchFiles({ paths, onChange, log, settleMs = 50, pollMs = 5_000 }: WatchOptions): { close(): void } {
  // Read before anything else happens, so that no change between now and the first event is lost.
  let reported: Contents = readContentsNow(paths())
  /** Differing content that was seen once and must be seen again. */
  let settling: Contents | undefined
  let looksWithMissing = 0
  let looking = false
  let lookAgain = false
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let watchers = new Map<string, FSWatcher>()
  const poll = setInterval(() => void look(), pollMs)
  rearm(paths())

  return {
    close() {
      closed = true
      clearInterval(poll)
      clearTimeout(timer)
      for (const watcher of watchers.values()) watcher.close()
    },
  }

  // From the first event on, not from the last: in a busy folder the last never comes.
  function lookSoon(): void {
    if (closed || timer !== undefined) return
    timer = setTimeout(() => {
      timer = undefined
      void look()
    }, settleMs)
  }

  async function look(): Promise<void> {
    lookAgain = looking
    if (looking) return
    looking = true
    try {
      const wanted = paths()
      const current = await readContents(wanted)
      if (!closed) compare(wanted, current)
    } catch (err) {
      log.error({ err }, 'Looking for changes of the configuration failed; it will be tried again.')
    } finally {
      looking = false
      if (lookAgain) lookSoon()
    }
  }

  function compare(wanted: readonly string[], current: Contents): void {
    const missing = wanted.filter((path) => !current.has(path) && reported.has(path))
    looksWithMissing = missing.length === 0 ? 0 : looksWithMissing + 1
    if (looksWithMissing === 1) {
      lookSoon()
      return
    }
    if (looksWithMissing === 2)
      log.warn({ files: missing }, 'Files of the configuration are gone; the configuration in use stays until they are back, or no longer named.')
    rearm(wanted)
    if (isSame(current, reported)) settling = undefined
    else if (settling === undefined || !isSame(current, settling)) {
      settling = current
      lookSoon()
    } else {
      settling = undefined
      // What is gone is forgotten: when it comes back, with whatever content, what was reported now may be worth another try.
      reported = current
      onChange()
    }
  }

  function rearm(wanted: readonly string[]): void {
    const folders = new Set(wanted.flatMap(foldersOf))
    const next = new Map<string, FSWatcher>()
    for (const [folder, watcher] of watchers) {
      if (folders.has(folder)) next.set(folder, watcher)
      else watcher.close()
    }
    for (const folder of folders) {
      const watcher = next.get(folder) ?? watchFolder(folder)
      if (watcher !== undefined) next.set(folder, watcher)
    }
    watchers = next
  }

  function watchFolder(folder: string): FSWatcher | undefined {
    try {
      const watcher = watch(folder, lookSoon)
      watcher.on('error', () => {
        watcher.close()
        watchers.delete(folder)
        lookSoon()
      })
      return watcher
    } catch (err) {
      log.debug({ err, folder }, 'This folder cannot be watched; its files are looked at from time to time.')
      return undefined
    }
  }
}

// Where the name is, and where the file is: Kubernetes swaps a link in the first, another tool may write into the second.
function foldersOf(path: string): string[] {
  try {
    return [dirname(path), dirname(realpathSync(path))]
  } catch {
    // The file is gone at this moment; its folder will tell when it is back.
    return [dirname(path)]
  }
}

async function readContents(paths: readonly string[]): Promise<Contents> {
  const contents = new Map<string, string>()
  for (const path of paths) {
    const bytes = await readFile(path).catch(() => undefined)
    if (bytes !== undefined) contents.set(path, digest(bytes))
  }
  return contents
}

function readContentsNow(paths: readonly string[]): Contents {
  const contents = new Map<string, string>()
  for (const path of paths) {
    try {
      contents.set(path, digest(readFileSync(path)))
    } catch {
      // A file that is missing now counts as new when it comes.
      continue
    }
  }
  return contents
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function isSame(current: Contents, before: Contents): boolean {
  return [...current].every(([path, hash]) => before.get(path) === hash)
}
