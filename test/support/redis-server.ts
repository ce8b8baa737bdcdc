// A real Redis for a test: own process, unix socket or (for a cluster of one) TCP, nothing on disk but a directory that goes away.

import type { ChildProcess } from 'node:child_process'
import { Redis } from 'ioredis'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoreConfig } from '../../src/config/runtime-config.ts'

export interface RedisServer {
  readonly store: Exclude<StoreConfig, { kind: 'memory' }>
  /** Where a plain client connects for looking into it. */
  readonly address: { readonly path: string } | { readonly port: number }
  readonly pid: number
  stop(): Promise<void>
}

/** All that a server has written. */
const written = new WeakMap<ChildProcess, string>()

/** Resolves when the server has written `text`, also before; rejects when it ends without. What it writes is never left unread. */
export function waitForText(server: ChildProcess, text: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (text.test(written.get(server) ?? '')) resolve()
    }
    if (!written.has(server)) {
      written.set(server, '')
      server.stdout?.on('data', (chunk) => written.set(server, `${written.get(server) ?? ''}${String(chunk)}`))
    }
    look()
    server.stdout?.on('data', look)
    server.once('error', reject)
    server.once('exit', () => reject(new Error(`redis-server ended without saying ${String(text)}:\n${written.get(server) ?? ''}`)))
  })
}

const binary = process.env['REDIS_SERVER_BIN'] ?? 'redis-server'

/** Why a test with TLS cannot be run; false when it can. */
export function missingTls(): string | false {
  // With no port at all it ends in either case.
  const { stdout, stderr } = spawnSync(binary, ['--port', '0', '--tls-port', '0'], { encoding: 'utf8' })
  return /Bad directive/.test(stdout + stderr) ? 'this redis-server was built without TLS' : false
}

export interface RedisProcess {
  readonly server: ChildProcess
  readonly pid: number
  readonly stop: () => Promise<void>
}

/** A redis-server of these options with nothing on disk but what it needs; resolves when it has written `ready`. */
export async function spawnRedis(directory: string, options: readonly string[], ready = /ready to accept connections/i): Promise<RedisProcess> {
  const server = spawn(binary, [...options, '--dir', directory, '--save', '', '--appendonly', 'no'], { stdio: ['ignore', 'pipe', 'inherit'] })
  // When the test itself ends early, its Redis must not stay.
  const killWithUs = (): void => void server.kill('SIGKILL')
  process.once('exit', killWithUs)
  // Awaited in stop(); subscribed to now, because it may come at any time.
  const ended = new Promise((resolve) => server.once('exit', resolve))
  const stop = async (): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null) {
      server.kill('SIGTERM')
      // A stopped process only hears this one.
      server.kill('SIGCONT')
      await ended
    }
    process.off('exit', killWithUs)
  }
  try {
    await waitForText(server, ready)
  } catch (error) {
    await stop()
    throw error
  }
  return { server, pid: server.pid ?? 0, stop }
}

async function start(directory: string, options: readonly string[], removeDirectory: boolean): Promise<RedisProcess> {
  const remove = async (): Promise<void> => {
    if (removeDirectory) await rm(directory, { recursive: true, force: true })
  }
  try {
    const { server, pid, stop } = await spawnRedis(directory, options)
    return { server, pid, stop: async () => stop().then(remove) }
  } catch (error) {
    await remove()
    throw error
  }
}

/**
 * `directory`: the caller's, so that a later server can come back on the same socket; else a new one that `stop` removes.
 * `options`: more of redis-server's.
 */
export async function startRedis({ directory, options = [] }: { directory?: string; options?: readonly string[] } = {}): Promise<RedisServer> {
  const home = directory ?? (await mkdtemp(join(tmpdir(), 'tollgate-redis-')))
  const path = join(home, 'redis.sock')
  const { pid, stop } = await start(home, ['--port', '0', '--unixsocket', path, ...options], directory === undefined)
  return { store: { kind: 'redis', url: path }, address: { path }, pid, stop }
}

/** 0: any. Undefined when somebody has it. */
async function tryPort(wanted: number): Promise<number | undefined> {
  const server = createServer()
  const listening = once(server, 'listening').then(
    () => true,
    () => false,
  )
  server.listen(wanted, '127.0.0.1')
  if (!(await listening)) return undefined
  const address = server.address()
  server.close()
  await once(server, 'close')
  return address === null || typeof address === 'string' ? undefined : address.port
}

export async function freePort(): Promise<number> {
  const port = await tryPort(0)
  if (port === undefined) throw new Error('no port')
  return port
}

/** Nodes of a cluster speak to each other on a port that much higher; only Redis 7 can be told another one. */
const BUS_PORT_OFFSET = 10_000

/**
 * A port with a free one for the cluster bus above it. Below those that the system gives to connections, so that none takes them before the server does.
 */
export async function freeNodePort(): Promise<number> {
  for (;;) {
    const port = await tryPort(11_000 + Math.floor(Math.random() * 11_000))
    if (port !== undefined && (await tryPort(port + BUS_PORT_OFFSET)) !== undefined) return port
  }
}

/** A Redis Cluster of one node that holds all slots. Takes two seconds: so long a new node waits before it serves. */
export async function startRedisCluster({ options = [], ...wanted }: { port?: number; options?: readonly string[] } = {}): Promise<RedisServer> {
  const directory = await mkdtemp(join(tmpdir(), 'tollgate-redis-'))
  const port = wanted.port ?? (await freeNodePort())
  const listen = ['--port', String(port), '--bind', '127.0.0.1']
  const cluster = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']
  const { server, pid, stop } = await start(directory, [...listen, ...cluster, ...options], true)
  const client = new Redis({ port, host: '127.0.0.1' })
  const serving = waitForText(server, /Cluster state changed: ok/)
  await client.cluster('ADDSLOTS', ...Array.from({ length: 16_384 }, (_, slot) => slot))
  await serving
  client.disconnect()
  return { store: { kind: 'redis-cluster', nodes: [`127.0.0.1:${String(port)}`] }, address: { port }, pid, stop }
}
