// A file that only grows by whole lines: what a failed write has left of one is cut off again.

import { close, fdatasync, fdatasyncSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'

/** What is asked of the file system; tests give one that fails. */
export interface FileCalls {
  /** Makes a file that must not be there yet. */
  create(path: string): number
  /** Writes at least one byte at `position`, and says how many. */
  write(fd: number, bytes: Uint8Array, position: number): number
  truncate(fd: number, length: number): void
  /** Resolves when everything written before the call is on the disk. */
  sync(fd: number): Promise<void>
  syncNow(fd: number): void
  close(fd: number): Promise<void>
}

/** Owner only: it says who asked for what. */
const FILE_MODE = 0o600
const syncLater = promisify(fdatasync)
const closeLater = promisify(close)

export const realFileCalls: FileCalls = {
  create: (path) => openSync(path, 'wx', FILE_MODE),
  write: (fd, bytes, position) => writeSync(fd, bytes, 0, bytes.length, position),
  truncate: (fd, length) => ftruncateSync(fd, length),
  sync: (fd) => syncLater(fd),
  syncNow: (fd) => fdatasyncSync(fd),
  close: (fd) => closeLater(fd),
}

export interface AppendFile {
  /** Bytes of whole lines. */
  readonly size: number
  /** Everything is in the file when it returns, and survives the death of the process; or nothing is, and it throws what the file system said. */
  append(lines: string): void
  sync(): Promise<void>
  syncNow(): void
  /** Once what still waits for the disk has it. */
  close(): Promise<void>
}

/** Throws what the file system says when it cannot be made. */
export function createAppendFile(path: string, calls: FileCalls = realFileCalls): AppendFile {
  const fd = calls.create(path)
  let size = 0
  /** Something lies behind the last whole line, and could not be cut off yet. */
  let isTorn = false
  let syncing: Promise<void> = Promise.resolve()

  function cut(): void {
    isTorn = true
    calls.truncate(fd, size)
    isTorn = false
  }

  return {
    get size() {
      return size
    },
    append(lines) {
      if (isTorn) cut()
      const bytes = Buffer.from(lines)
      try {
        let written = 0
        while (written < bytes.length) written += calls.write(fd, written === 0 ? bytes : bytes.subarray(written), size + written)
      } catch (failure) {
        try {
          cut()
        } catch {
          // The next write tries again, before anything else. What matters to the caller is the first failure.
        }
        throw failure
      }
      size += bytes.length
    },
    sync() {
      const done = calls.sync(fd)
      syncing = Promise.allSettled([syncing, done]).then(() => undefined)
      return done
    },
    syncNow: () => calls.syncNow(fd),
    async close() {
      await syncing
      await calls.close(fd)
    },
  }
}
