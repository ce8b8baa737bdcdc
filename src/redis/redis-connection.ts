// The connection to Redis: where it leads, how it fails, and what the log hears of it.

import { Cluster, Redis } from 'ioredis'
import type { StoreConfig } from '../config/runtime-config.ts'
import type { Log } from '../core/log.ts'
import { TollgateError } from '../core/errors.ts'

/**
 * `url`: redis://user:password@host:port/db, rediss:// for TLS, or the path of a unix socket (`/path` or `unix:/path`).
 * `nodes`: `host:port` or URLs; user, password and TLS of the first one go for all.
 */
export type RedisTarget = Exclude<StoreConfig, { kind: 'memory' }>

export interface RedisConnectionOptions {
  readonly target: RedisTarget
  readonly log: Log
  /** How long one call may take before it fails. */
  readonly commandTimeoutMs: number
}

/** How long a connection attempt may take; a host that is gone does not answer at all. */
const connectTimeoutMs = 5000
/** Longest pause between two connection attempts: an outage should end for us soon after it ended. */
const maxReconnectDelayMs = 2000

interface Address {
  readonly options: ConnectionOptions
  /** For the log: never with user or password. */
  readonly shown: string
}

/** The part of ioredis's options that an address decides. */
interface ConnectionOptions {
  path?: string
  host?: string
  port?: number
  db?: number
  username?: string
  password?: string
  tls?: { servername: string }
}

/** Throws a TollgateError that does not repeat the text, which may hold a password. */
export function parseRedisUrl(text: string): Address {
  const path = text.startsWith('unix:') ? text.slice('unix:'.length).replace(/^\/\/+/, '/') : text
  if (path.startsWith('/')) return { options: { path }, shown: path }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '') {
    throw new TollgateError('internal', 'the address of Redis must be redis://host:port/db, rediss://host:port/db or the path of a unix socket')
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? 6379 : Number(url.port)
  const database = url.searchParams.get('db') ?? url.pathname.slice(1)
  if (!/^[0-9]*$/.test(database)) throw new TollgateError('internal', 'the database in the address of Redis must be a number')
  const options: ConnectionOptions = {
    host,
    port,
    db: Number(database),
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' ? { tls: { servername: host } } : {}),
  }
  return { options, shown: url.host }
}

/** Says once that the connection is down and once that it is back, however often it is tried in between. */
function logStateChanges(client: Redis | Cluster, shown: string, log: Log): void {
  let state: 'new' | 'up' | 'down' | 'closed' = 'new'
  const down = (reason: string): void => {
    if (state === 'down' || state === 'closed') return
    state = 'down'
    // Only the message: ioredis hangs the failed command on its errors, and that may be AUTH with the password.
    log.error({ redis: shown, reason }, 'Redis is not reachable; what needs it fails until it is')
  }
  client.on('error', (error: Error) => down(error.message === '' ? error.name : error.message))
  client.on('close', () => down('the connection was closed'))
  client.on('ready', () => {
    if (state !== 'up') log.info({ redis: shown }, 'connected to Redis')
    state = 'up'
  })
  client.on('closing', () => {
    state = 'closed'
  })
}

/**
 * Connects in the background and reconnects for ever. A command is tried once: trying an increment again could charge twice.
 * While there is no connection, commands fail at once instead of queueing. Close it with closeRedis.
 */
export function connectRedis({ target, log, commandTimeoutMs }: RedisConnectionOptions): Redis | Cluster {
  const common = {
    commandTimeout: commandTimeoutMs,
    connectTimeout: connectTimeoutMs,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
  }
  const retryDelay = (attempt: number): number => Math.min(attempt * 100, maxReconnectDelayMs)
  if (target.kind === 'redis') {
    const { options, shown } = parseRedisUrl(target.url)
    const client = new Redis({ ...options, ...common, enableOfflineQueue: false, enableAutoPipelining: true, retryStrategy: retryDelay })
    logStateChanges(client, shown, log)
    return client
  }
  const nodes = target.nodes.map((node) => parseRedisUrl(/^rediss?:/.test(node) ? node : `redis://${node}`))
  const first = nodes[0]
  if (first === undefined) throw new TollgateError('internal', 'a Redis cluster needs at least one node')
  const { username, password, tls } = first.options
  const client = new Cluster(
    nodes.map(({ options: { host, port } }) => ({ host: host ?? '', port: port ?? 6379 })),
    {
      redisOptions: {
        ...common,
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password }),
        ...(tls === undefined ? {} : { tls: {} }),
      },
      enableOfflineQueue: false,
      enableAutoPipelining: true,
      clusterRetryStrategy: retryDelay,
      // A command whose connection broke may have been executed: not again.
      retryDelayOnFailover: 0,
    },
  )
  logStateChanges(client, nodes.map(({ shown }) => shown).join(','), log)
  return client
}

/** Closes a connection on purpose: nothing is said about it, and commands under way fail. */
export function closeRedis(client: Redis | Cluster): void {
  client.emit('closing')
  client.disconnect()
}
