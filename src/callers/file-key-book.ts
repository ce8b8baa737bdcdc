// The keys in a file, for the command line: one writer at a time, and a reader never sees half a file. [I/O]

import { randomBytes } from 'node:crypto'
import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type KeyBook, revoked } from './key-book.ts'
import { formatKeyFile, parseKeyFile } from './key-file.ts'
import type { KeyRecord } from './key-record.ts'

/** Owner only. Hashes tell nobody a key, but whoever can write this file can let himself in. */
const FILE_MODE = 0o600
/** A change takes milliseconds, so whoever waits longer waits for a process that died. */
const LOCK_WAIT_MS = 5_000
const LOCK_PAUSE_MS = 20

/** `path`: absolute. The file is made with the first key. Every method throws an Error that says what to do. */
export function createFileKeyBook(path: string): KeyBook {
  return {
    list: () => readRecords(path),
    add: (record) => change(path, (records) => [...records, record]),
    async revoke(id, atMs) {
      let found: KeyRecord | undefined
      await change(path, (records) =>
        records.map((record) => {
          if (record.id !== id) return record
          found = revoked(record, atMs)
          return found
        }),
      )
      return found
    },
  }
}

async function readRecords(path: string): Promise<readonly KeyRecord[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return []
    throw new Error(`cannot read ${path} (${codeOf(cause)})`, { cause })
  }
  try {
    return parseKeyFile(text)
  } catch (cause) {
    throw new Error(`${path} is no file of keys: ${cause instanceof Error ? cause.message : 'unknown error'}`, { cause })
  }
}

async function change(path: string, edit: (records: readonly KeyRecord[]) => readonly KeyRecord[]): Promise<void> {
  // Through a link the file behind it is changed, and the link stays.
  const target = await realpath(path).catch(() => path)
  const unlock = await lock(`${target}.lock`)
  try {
    await replace(target, formatKeyFile(edit(await readRecords(target))))
  } finally {
    await unlock()
  }
}

async function lock(path: string): Promise<() => Promise<void>> {
  const deadline = performance.now() + LOCK_WAIT_MS
  for (;;) {
    try {
      await (await open(path, 'wx', FILE_MODE)).close()
      return () => rm(path, { force: true })
    } catch (cause) {
      if (codeOf(cause) !== 'EEXIST') throw new Error(`cannot make ${path} (${codeOf(cause)})`, { cause })
      if (performance.now() > deadline) throw new Error(`another process is changing the keys: ${path} is there. If none is, delete it`, { cause })
      await pause(LOCK_PAUSE_MS)
    }
  }
}

// Written aside and renamed over the old one; both reach the disk, so that a key that was printed is there after a power failure.
async function replace(path: string, text: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  const before = await stat(path).catch(() => undefined)
  const file = await open(aside, 'wx', FILE_MODE)
  try {
    await file.writeFile(text)
    // The sidecar may run as another user than who makes keys: the file stays readable for it.
    if (before !== undefined) await file.chown(before.uid, before.gid)
    await file.sync()
    await file.close()
    await rename(aside, path)
  } catch (cause) {
    await file.close().catch(() => undefined)
    await rm(aside, { force: true })
    throw new Error(`cannot write ${path} (${codeOf(cause)}); its owner can`, { cause })
  }
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
}
