// The base URL of a provider, taken apart once, strictly: what Envoy connects to must be exactly what was written.

import type { Parsed } from './problem.ts'

export interface ProviderUrl {
  readonly scheme: 'http' | 'https'
  /** Lower case; IPv6 without brackets. */
  readonly host: string
  readonly port: number
  /** Without a trailing slash; '' for none. */
  readonly pathPrefix: string
}

/** `https://host[:port][/prefix]` → its parts. Messages never repeat the URL: a password could stand in it. */
export function parseProviderUrl(text: string): Parsed<ProviderUrl> {
  if (!/^https?:\/\/[^\s\\]+$/i.test(text) || !URL.canParse(text))
    return refuse('http:// or https://, a host, and if needed a port and a path, such as https://api.openai.com')
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return refuse('a URL without user and password; put the secret into credential: {env: NAME} or {file: PATH}')
  if (/[?#]/.test(text)) return refuse('a URL without query and fragment; remove everything from the ? or # on')
  const scheme = url.protocol === 'http:' ? 'http' : 'https'
  const port = url.port === '' ? (scheme === 'http' ? 80 : 443) : Number(url.port)
  if (port === 0) return refuse('a port from 1 to 65535')
  const pathPrefix = url.pathname.replace(/\/+$/, '')
  // Every SDK wants the /v1 in its base URL, so this is the mistake everyone makes once.
  if (pathPrefix === '/v1' || pathPrefix.endsWith('/v1'))
    return refuse('a URL without the final /v1, because Tollgate appends paths that begin with it (/v1/chat/completions); remove it')
  return { ok: true, value: { scheme, host: url.hostname.replace(/^\[|\]$/g, ''), port, pathPrefix } }
}

function refuse(message: string): { ok: false; message: string } {
  return { ok: false, message }
}
