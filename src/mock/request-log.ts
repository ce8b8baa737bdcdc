// The last requests as they arrived, so that a test can look for what must not have reached a provider.

import type { MockRequest } from './answer-request.ts'

export interface RecordedRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: MockRequest['headers']
  /** At most the first 256 KiB, as text. */
  readonly body: string
  /** Of the whole body. */
  readonly bodyBytes: number
}

export interface RequestLog {
  record(method: string, path: string, headers: MockRequest['headers'], body: Buffer): void
  /** Oldest first. */
  requests(): readonly RecordedRequest[]
  reset(): void
}

const keptBodyBytes = 262_144

interface Entry {
  readonly method: string
  readonly path: string
  readonly headers: MockRequest['headers']
  readonly body: Buffer
  readonly bodyBytes: number
}

/** Keeps the last `size` requests in a ring. */
export function createRequestLog(size: number): RequestLog {
  const ring: Entry[] = []
  let next = 0
  return {
    record: (method, path, headers, body) => {
      if (size === 0) return
      // A copy when it is cut, so that the rest of a large body can be collected.
      const kept = body.length > keptBodyBytes ? Buffer.from(body.subarray(0, keptBodyBytes)) : body
      ring[next] = { method, path, headers, body: kept, bodyBytes: body.length }
      next = (next + 1) % size
    },
    requests: () => {
      const entries = ring.length < size ? ring : [...ring.slice(next), ...ring.slice(0, next)]
      return entries.map((entry) => ({ ...entry, body: entry.body.toString('utf8') }))
    },
    reset: () => {
      ring.length = 0
      next = 0
    },
  }
}
