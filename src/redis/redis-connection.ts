// The connection to Redis: where it leads, how it fails, and what the log hears of it.

import { readFileSync } from 'node:fs'
import { Cluster, Redis } from 'ioredis'
import type { StoreConfig } from '../config/runtime-config.ts'
import type { Log } from '../core/log.ts'
import { TollgateError } from '../core/errors.ts'
import { followSwitches } from './follow-switches.ts'
import type { Address, ConnectionOptions } from './redis-address.ts'
import { parseRedisNode, parseRedisUrl } from './redis-address.ts'

export type RedisTarget = Exclude<StoreConfig, { kind: 'memory' }>
type ClusterTarget = Extract<RedisTarget, { kind: 'redis-cluster' }>
type SentinelTarget = Extract<RedisTarget, { kind: 'redis-sentinel' }>

export interface RedisConnectionOptions {
  readonly target: RedisTarget
  /** What is asked for on this connection, in a word or two for the log: `budgets`. A process has several connections to one Redis. */
  readonly usedFor: string
  readonly log: Log
  /** How long one call may take before it fails. */
  readonly commandTimeoutMs: number
  /** Sends commands of one turn of the event loop together, each batch after the answers to the one before; true unless given. */
  readonly pipelining?: boolean
}

/** How long a connection attempt may take; a host that is gone does not answer at all. */
const connectTimeoutMs = 5000
/** Longest pause between two connection attempts: an outage should end for us soon after it ended. */
const maxReconnectDelayMs = 2000
/** How long a sentinel may take to say who is master. */
const sentinelTimeoutMs = 1000
const defaultSentinelPort = 26_379

interface StateLogOptions extends Pick<RedisConnectionOptions, 'usedFor' | 'log'> {
  /** Where it leads, without user and password. */
  readonly shown: string
  /** What the client says when commands can be sent. */
  readonly upEvent?: string
}

/**
 * Says once that the connection is down and once that it is back, however often it is tried in between. A sentinel that is not
 * heard of is no outage while another one is; it is named when there is one.
 */
function logStateChanges(client: Redis | Cluster, { shown, usedFor, log, upEvent = 'ready' }: StateLogOptions): void {
  let state: 'new' | 'up' | 'down' | 'closed' = 'new'
  let sentinelReason: string | undefined
  const down = (reason: string): void => {
    if (state === 'down' || state === 'closed') return
    state = 'down'
    // Only the message: ioredis hangs the failed command on its errors, and that may be AUTH with the password.
    log.error({ redis: shown, used_for: usedFor, reason: sentinelReason ?? reason }, `Redis is not reachable for ${usedFor}; what needs it fails until it is`)
  }
  client.on('error', (error: Error) => down(error.message === '' ? error.name : error.message))
  client.on('sentinelError', (error: Error) => {
    sentinelReason = error.message
  })
  client.on('close', () => down('the connection was closed'))
  client.on(upEvent, () => {
    if (state !== 'up') log.info({ redis: shown, used_for: usedFor }, `connected to Redis for ${usedFor}`)
    state = 'up'
    sentinelReason = undefined
  })
  client.on('closing', () => {
    state = 'closed'
  })
}

/**
 * Connects in the background and reconnects for ever. A command is tried once: trying an increment again could charge twice.
 * While there is no connection, commands fail at once instead of queueing. Close it with closeRedis.
 * Throws a TollgateError for an address that is none and a CA file that cannot be read.
 */
export function connectRedis({ target, usedFor, log, commandTimeoutMs, pipelining = true }: RedisConnectionOptions): Redis | Cluster {
  const ca = target.caFile === undefined ? undefined : readCaFile(target.caFile)
  const common: CommonOptions = {
    commandTimeout: commandTimeoutMs,
    connectTimeout: connectTimeoutMs,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // What Redis hears of us is of no use to it, and costs a right in its access lists.
    disableClientInfo: true,
  }
  if (target.kind === 'redis-cluster') return connectCluster(target, { ca, common, usedFor, log, pipelining })
  const single = { ...common, enableOfflineQueue: false, enableAutoPipelining: pipelining, retryStrategy: retryDelay, reconnectOnError: isReadOnlyError }
  if (target.kind === 'redis-sentinel') return connectSentinel(target, { ca, single, usedFor, log })
  const { options, shown } = parseRedisUrl(target.url, { ca })
  const client = new Redis({ ...options, ...single })
  logStateChanges(client, { shown, usedFor, log })
  return client
}

interface CommonOptions {
  readonly commandTimeout: number
  readonly connectTimeout: number
  readonly maxRetriesPerRequest: number
  readonly autoResendUnfulfilledCommands: boolean
  readonly disableClientInfo: boolean
}

interface SingleOptions extends CommonOptions {
  readonly enableOfflineQueue: boolean
  readonly enableAutoPipelining: boolean
  readonly retryStrategy: (attempt: number) => number
  readonly reconnectOnError: (error: Error) => boolean
}

interface ClusterOptions extends Pick<RedisConnectionOptions, 'usedFor' | 'log'> {
  readonly ca: Buffer | undefined
  readonly common: CommonOptions
  readonly pipelining: boolean
}

interface SentinelOptions extends Pick<RedisConnectionOptions, 'usedFor' | 'log'> {
  readonly ca: Buffer | undefined
  readonly single: SingleOptions
}

function retryDelay(attempt: number): number {
  return Math.min(attempt * 100, maxReconnectDelayMs)
}

/** What was the master is a replica now; a new connection, through the name or the sentinels, leads to the new one. The command was not carried out and fails. */
function isReadOnlyError(error: Error): boolean {
  return /\bREADONLY\b/.test(error.message)
}

function connectCluster(target: ClusterTarget, { ca, common, usedFor, log, pipelining }: ClusterOptions): Cluster {
  const nodes = target.nodes.map((node) => parseRedisNode(node, { ca }))
  const first = nodes[0]
  if (first === undefined) throw new TollgateError('internal', 'a Redis cluster needs at least one node')
  const { tls } = first.options
  const client = new Cluster(nodes.map(hostAndPort), {
    redisOptions: { ...common, ...credentialsOf(first.options), ...(tls === undefined ? {} : { tls }) },
    enableOfflineQueue: false,
    enableAutoPipelining: pipelining,
    clusterRetryStrategy: retryDelay,
    // A command whose connection broke may have been executed: not again.
    retryDelayOnFailover: 0,
    // ioredis would connect to the address of a node, and certificates are for its name.
    ...(tls === undefined ? {} : { dnsLookup: (host, callback) => callback(null, host) }),
  })
  // ioredis connects to a node when it first needs it, and fails all but the first of the commands that come meanwhile.
  const connectNode = async (node: Redis): Promise<void> => {
    if (node.status !== 'wait' || client.status !== 'ready' || node.options.readOnly === true) return
    try {
      await node.connect()
    } catch (thrown) {
      log.debug({ used_for: usedFor, err: thrown }, 'a node of the Redis cluster is not reachable')
    }
  }
  client.on('ready', () => void Promise.all(client.nodes().map(connectNode)).then(() => client.emit('connected')))
  // Only after the command for which the node was looked up is on its way.
  client.on('+node', (node: Redis) => process.nextTick(connectNode, node))
  logStateChanges(client, { shown: nodes.map(({ shown }) => shown).join(','), usedFor, log, upEvent: 'connected' })
  return client
}

/** The master changes; a sentinel knows who it is, and says so when another one takes over. */
function connectSentinel(target: SentinelTarget, { ca, single, usedFor, log }: SentinelOptions): Redis {
  const sentinels = target.sentinels.map((sentinel) => parseRedisNode(sentinel, { ca, defaultPort: defaultSentinelPort }))
  const first = sentinels[0]
  if (first === undefined) throw new TollgateError('internal', 'Redis Sentinel needs the address of at least one sentinel')
  const { host: name = '', db = 0, tls, ...user } = parseRedisNode(target.master, { ca }).options
  const asSentinel = { ...credentialsOf(first.options), ...(first.options.tls === undefined ? {} : { tls: first.options.tls }) }
  const client = new Redis({
    ...single,
    ...credentialsOf(user),
    sentinels: sentinels.map(hostAndPort),
    name,
    db,
    sentinelRetryStrategy: retryDelay,
    sentinelCommandTimeout: sentinelTimeoutMs,
    ...(asSentinel.username === undefined ? {} : { sentinelUsername: asSentinel.username }),
    ...(asSentinel.password === undefined ? {} : { sentinelPassword: asSentinel.password }),
    ...(asSentinel.tls === undefined ? {} : { sentinelTLS: asSentinel.tls }),
    ...(tls === undefined ? {} : { tls, enableTLSForSentinelMode: true }),
  })
  const listening = { ...asSentinel, connectTimeout: single.connectTimeout, retryStrategy: retryDelay }
  followSwitches(client, { sentinels: sentinels.map((sentinel) => ({ ...hostAndPort(sentinel), ...listening })), name, usedFor, log })
  logStateChanges(client, { shown: `${name} of ${sentinels.map(({ shown }) => shown).join(',')}`, usedFor, log })
  return client
}

function hostAndPort({ options: { host = '', port = 0 } }: Address): { host: string; port: number } {
  return { host, port }
}

function credentialsOf({ username, password }: ConnectionOptions): { username?: string; password?: string } {
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) }
}

function readCaFile(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (thrown) {
    throw new TollgateError('internal', `the CA file of the store, ${path}, cannot be read`, { cause: thrown })
  }
}

/** Closes a connection on purpose: nothing is said about it, and commands under way fail. */
export function closeRedis(client: Redis | Cluster): void {
  client.emit('closing')
  client.disconnect()
}

/** The same once these calls have been answered, or have failed. */
export async function closeRedisAfter(calls: Iterable<Promise<unknown>>, client: Redis | Cluster): Promise<void> {
  client.emit('closing')
  await Promise.allSettled(calls)
  client.disconnect()
}
