// Where a Redis is and as whom to speak to it, from the ways in which that is written.

import { TollgateError } from '../core/errors.ts'

export interface Address {
  readonly options: ConnectionOptions
  /** For the log: never with user or password. */
  readonly shown: string
}

/** The part of ioredis's options that an address decides. */
export interface ConnectionOptions {
  path?: string
  host?: string
  port?: number
  db?: number
  username?: string
  password?: string
  tls?: { ca?: Buffer }
}

/** What an address may say beside its place. */
interface Surroundings {
  /** PEM certificates to trust instead of the system's; only used by rediss://. */
  readonly ca?: Buffer | undefined
  readonly defaultPort?: number
}

/** redis://user:password@host:port/db, rediss:// for TLS, or the path of a unix socket. Throws a TollgateError that does not repeat the text, which may hold a password. */
export function parseRedisUrl(text: string, { ca, defaultPort = 6379 }: Surroundings = {}): Address {
  const path = text.startsWith('unix:') ? text.slice('unix:'.length).replace(/^\/\/+/, '/') : text
  if (path.startsWith('/')) return { options: { path }, shown: path }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '') {
    throw new TollgateError('internal', 'the address of Redis must be redis://host:port/db, rediss://host:port/db or the path of a unix socket')
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? defaultPort : Number(url.port)
  const database = url.searchParams.get('db') ?? url.pathname.slice(1)
  if (!/^[0-9]*$/.test(database)) throw new TollgateError('internal', 'the database in the address of Redis must be a number')
  const options: ConnectionOptions = {
    host,
    port,
    db: Number(database),
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    // Node checks the certificate for the host that is connected to, a name or an IP address.
    ...(url.protocol === 'rediss:' ? { tls: ca === undefined ? {} : { ca } } : {}),
  }
  return { options, shown: url.host }
}

/** The same for a node or a sentinel, which may also be written as `host:port`. */
export function parseRedisNode(text: string, surroundings?: Surroundings): Address {
  return parseRedisUrl(/^rediss?:/.test(text) ? text : `redis://${text}`, surroundings)
}
