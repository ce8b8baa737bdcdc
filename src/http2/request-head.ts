// The headers of a request to what a gRPC call begins with, or to the answer for a peer that does not make one
// (grpc.io, "gRPC over HTTP2", Requests; RFC 9113, 8.2 and 8.3).

/** Values of `grpc-timeout` in milliseconds, by unit. */
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 }
const TIMEOUT = /^(\d{1,8})([HMSmun])$/
const PSEUDO = new Set([':method', ':path', ':scheme', ':authority'])
/** Headers of a connection, which HTTP/2 does not have. */
const FORBIDDEN = new Set(['connection', 'proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade'])
const NAME = /^[!#-'*+.\-0-9^-z|~]+$/
const NOT_IN_VALUE = /[\0\r\n]/

export interface RequestHead {
  readonly path: string
  /** Names and values in turns, without those that begin with a colon. */
  readonly metadata: readonly string[]
  /** Milliseconds until the caller gives up. */
  readonly timeoutMs: number | undefined
}

/** Returns the HTTP status to answer with instead when this is no call, and undefined when it is no request at all. */
export function readRequestHead(fields: readonly string[]): RequestHead | number | undefined {
  let at = 0
  const pseudo = new Map<string, string>()
  for (; fields[at]?.startsWith(':') === true; at += 2) {
    const name = fields[at] ?? ''
    if (!PSEUDO.has(name) || pseudo.has(name)) return undefined
    pseudo.set(name, fields[at + 1] ?? '')
  }
  const path = pseudo.get(':path')
  if (path === undefined || path === '' || !pseudo.has(':method') || !pseudo.has(':scheme')) return undefined
  const metadata = fields.slice(at)
  if (!isWellFormed(fields, at)) return undefined
  if (pseudo.get(':method') !== 'POST') return 405
  if (findMetadata(metadata, 'content-type')?.startsWith('application/grpc') !== true) return 415
  return { path, metadata, timeoutMs: readTimeout(findMetadata(metadata, 'grpc-timeout')) }
}

export function findMetadata(metadata: readonly string[], name: string): string | undefined {
  for (let at = 0; at < metadata.length; at += 2) if (metadata[at] === name) return metadata[at + 1]
  return undefined
}

function isWellFormed(fields: readonly string[], regular: number): boolean {
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? ''
    const value = fields[at + 1] ?? ''
    if (NOT_IN_VALUE.test(value)) return false
    if (at < regular) continue
    if (!NAME.test(name) || FORBIDDEN.has(name) || (name === 'te' && value !== 'trailers')) return false
  }
  return true
}

function readTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, amount, unit = ''] = TIMEOUT.exec(text) ?? []
  const unitMs = UNIT_MS[unit]
  return unitMs === undefined ? undefined : Number(amount) * unitMs
}
