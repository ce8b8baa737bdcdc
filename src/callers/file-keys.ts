// Records of keys from a file that `tollgate keys`, or a person, changes while we run. [I/O]

import { readFileSync, statSync } from 'node:fs'
import type { Clock } from '../core/clock.ts'
import { TollgateError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { parseKeyFile } from './key-file.ts'
import type { KeyRecord } from './key-record.ts'

export interface FileKeys {
  /** Throws TollgateError `callers_unavailable` while the file cannot be read or has a mistake. A file that is not there has no keys. */
  find(path: string, hash: string): KeyRecord | undefined
}

/** A revoked key must be refused within a second; looking costs ten microseconds. */
const CHECK_INTERVAL_MS = 200
/** A hundred thousand keys are 25 MB; larger files are somebody's mistake. */
const MAX_FILE_BYTES = 64 * 1024 * 1024
/** Files remembered: configurations come and go, each with one file. */
const MAX_FILES = 16

interface KnownFile {
  readonly checkedAtMs: number
  /** Changes whenever the file was written or replaced. */
  readonly signature: string
  /** By hash; undefined: nobody can be let in on what the file says now, which may be that a key was revoked. */
  readonly records: ReadonlyMap<string, KeyRecord> | undefined
}

export function createFileKeys({ clock, log }: { readonly clock: Clock; readonly log: Log }): FileKeys {
  const files = new Map<string, KnownFile>()

  function look(path: string): KnownFile {
    const known = files.get(path)
    const checkedAtMs = clock.monotonic()
    if (known !== undefined && checkedAtMs - known.checkedAtMs < CHECK_INTERVAL_MS) return known
    const signature = signatureOf(path)
    const next = known?.signature === signature ? { ...known, checkedAtMs } : { checkedAtMs, signature, records: read(path) }
    if (files.size >= MAX_FILES) files.clear()
    files.set(path, next)
    return next
  }

  function read(path: string): KnownFile['records'] {
    try {
      if (statSync(path).size > MAX_FILE_BYTES) throw new Error(`it has more than ${MAX_FILE_BYTES} bytes`)
      return new Map(parseKeyFile(readFileSync(path, 'utf8')).map((record) => [record.hash, record]))
    } catch (thrown) {
      const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined
      if (code === 'ENOENT') return new Map()
      const reason = code ?? (thrown instanceof Error ? thrown.message : 'unknown error')
      log.error({ file: path, reason }, 'The file of API keys cannot be used; no API key is good until it can.')
      return undefined
    }
  }

  return {
    find(path, hash) {
      const { records } = look(path)
      if (records === undefined) throw new TollgateError('callers_unavailable', 'API keys cannot be checked at the moment. Try again later.')
      return records.get(hash)
    },
  }
}

function signatureOf(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true })
    return `${ino}:${size}:${mtimeNs}:${ctimeNs}`
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown error'
  }
}
