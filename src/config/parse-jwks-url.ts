// Where an issuer publishes its keys. The path may have a query: some issuers name a policy in it.

import type { Parsed } from './problem.ts'

export interface JwksUrl {
  readonly url: string
  readonly scheme: 'http' | 'https'
  /** Lower case; IPv6 without brackets. */
  readonly host: string
  readonly port: number
}

/** Messages never repeat the URL: a password could stand in it. */
export function parseJwksUrl(text: string): Parsed<JwksUrl> {
  if (!/^https?:\/\/[^\s\\#]+$/i.test(text) || !URL.canParse(text)) return { ok: false, message: jwksUrlRule }
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || url.port === '0') return { ok: false, message: jwksUrlRule }
  const scheme = url.protocol === 'http:' ? 'http' : 'https'
  const port = url.port === '' ? (scheme === 'http' ? 80 : 443) : Number(url.port)
  return { ok: true, value: { url: url.href, scheme, host: url.hostname.replace(/^\[|\]$/g, ''), port } }
}

export const jwksUrlRule = 'a URL without user, password and fragment, such as https://login.example.com/.well-known/jwks.json'
