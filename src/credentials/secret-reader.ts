// Secrets as they are at this moment: from the environment, or from files that somebody rotates. Never logged. [I/O]

import { readFileSync, statSync } from 'node:fs'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { SecretSource } from '../config/runtime-config.ts'

export interface SecretReader {
  /** The secret, trimmed; undefined when it is missing, empty, or cannot be sent in a header. Never throws. */
  read(credential: SecretSource | { readonly kind: 'none' }): string | undefined
}

export interface SecretReaderOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
  readonly clock: Clock
}

/** A rotated file is noticed this late at most: often enough for anyone, rare enough to cost nothing per attempt. */
const CHECK_INTERVAL_MS = 1_000
/** No provider's key is near this long; larger files are somebody's mistake. */
const MAX_SECRET_BYTES = 64 * 1024
/** Files remembered; more means that configurations came and went, and then remembering starts anew. */
const MAX_FILES = 1_000

interface KnownFile {
  readonly checkedAtMs: number
  /** Changes whenever the file was written or replaced; undefined while it cannot be read. */
  readonly signature: string | undefined
  readonly text: string | undefined
}

export function createSecretReader({ env, log, clock }: SecretReaderOptions): SecretReader {
  const files = new Map<string, KnownFile>()
  /** Credentials whose trouble was said and has not gone away since: one warning each, not one per attempt. */
  const warned = new Set<string>()

  function warnOnce(source: string, message: string): undefined {
    if (!warned.has(source)) log.warn({ source }, message)
    warned.add(source)
    return undefined
  }

  function checkFile(path: string): KnownFile {
    const known = files.get(path)
    const checkedAtMs = clock.monotonic()
    if (known !== undefined && checkedAtMs - known.checkedAtMs < CHECK_INTERVAL_MS) return known
    let next: KnownFile
    try {
      const { mtimeMs, size, ino } = statSync(path)
      const signature = `${ino}:${size}:${mtimeMs}`
      if (size > MAX_SECRET_BYTES) throw new Error(`it has more than ${MAX_SECRET_BYTES} bytes`)
      const text = known?.signature === signature ? known.text : readFileSync(path, 'utf8')
      next = { checkedAtMs, signature, text }
    } catch (thrown) {
      const reason = thrown instanceof Error ? ('code' in thrown ? String(thrown.code) : thrown.message) : 'unknown error'
      warnOnce(`file ${path}`, `This credential file cannot be read (${reason}); nothing that needs it works until it can.`)
      next = { checkedAtMs, signature: undefined, text: undefined }
    }
    if (files.size >= MAX_FILES) files.clear()
    files.set(path, next)
    return next
  }

  return {
    read(credential) {
      if (credential.kind === 'none') return undefined
      const source = credential.kind === 'env' ? `env ${credential.name}` : `file ${credential.path}`
      const value = (credential.kind === 'env' ? env[credential.name] : checkFile(credential.path).text)?.trim()
      if (value === undefined || value === '') return undefined
      if (!isHeaderSafe(value))
        return warnOnce(
          source,
          'This credential has characters that a header cannot carry, perhaps a line break inside; nothing that needs it works until that is mended.',
        )
      warned.delete(source)
      return value
    },
  }
}

// Visible ASCII and inner spaces: what every key is made of. A line break would let a secret add headers of its own.
function isHeaderSafe(value: string): boolean {
  return /^[ -~]+$/.test(value)
}
