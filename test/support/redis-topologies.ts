// Redis as it is run where it must not go away, on loopback: a cluster of three nodes, and a master with a replica and a sentinel that watches them.

import { Redis } from 'ioredis'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoreConfig } from '../../src/config/runtime-config.ts'
import { scratchFolder } from './grpc-client.ts'
import { freeNodePort, spawnRedis, waitForText, type RedisProcess } from './redis-server.ts'

type Store = Exclude<StoreConfig, { kind: 'memory' }>

export interface RedisCluster {
  readonly store: Store
  readonly ports: readonly number[]
  stop(): Promise<void>
}

const SLOTS = 16_384

function client(port: number, ca?: Buffer): Redis {
  return new Redis({ port, host: '127.0.0.1', ...(ca === undefined ? {} : { tls: { ca } }) })
}

const plainPort = (port: number): readonly string[] => ['--port', String(port)]

/**
 * Three masters without replicas, each with a third of the slots. `options`: more of redis-server's; `portOptions` take the place of `--port`,
 * and `caFile` is trusted where they ask for TLS.
 */
export async function startThreeNodes(options: readonly string[] = [], portOptions = plainPort, caFile?: string): Promise<RedisCluster> {
  const folder = await scratchFolder()
  const nodes: { readonly port: number; readonly process: RedisProcess }[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map(({ process }) => process.stop()))
    await folder.remove()
  }
  try {
    for (let index = 0; index < 3; index += 1) {
      const port = await freeNodePort()
      const cluster = ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1', '--cluster-config-file', `nodes-${String(index)}.conf`]
      const process = await spawnRedis(folder.path, [...portOptions(port), '--bind', '127.0.0.1', ...cluster, ...options])
      nodes.push({ port, process })
    }
    const serving = nodes.map(({ process }) => waitForText(process.server, /Cluster state changed: ok/))
    const ca = caFile === undefined ? undefined : await readFile(caFile)
    const clients = nodes.map(({ port }) => client(port, ca))
    const [first] = clients
    for (const [index, each] of clients.entries()) {
      const slots = Array.from({ length: SLOTS }, (_, slot) => slot).filter((slot) => Math.floor((slot * clients.length) / SLOTS) === index)
      await each.cluster('ADDSLOTS', ...slots)
      await each.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
    }
    for (const { port } of nodes.slice(1)) await first?.call('CLUSTER', 'MEET', '127.0.0.1', port)
    await Promise.all(serving)
    for (const each of clients) each.disconnect()
    const ports = nodes.map(({ port }) => port)
    return { store: { kind: 'redis-cluster', nodes: ports.map((port) => `127.0.0.1:${String(port)}`) }, ports, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

export interface RedisWithSentinel {
  readonly store: Store
  readonly master: { readonly port: number; readonly process: RedisProcess }
  readonly replica: { readonly port: number; readonly process: RedisProcess }
  stop(): Promise<void>
}

export interface SentinelOptions {
  /** More options of both redis-servers. */
  readonly serverOptions?: readonly string[]
  /** More lines of the sentinel's configuration. */
  readonly sentinelLines?: readonly string[]
  /** How a client reaches them; `host:port` and `mymaster` unless given. */
  readonly store?: (sentinelPort: number) => Store
  /** What takes the place of `--port`; servers and sentinel use it. */
  readonly portOptions?: (port: number) => readonly string[]
  /** The port at which the sentinel and its clients find the master that listens on `port`; the same unless given. */
  readonly announced?: (port: number) => Promise<number>
}

/** The sentinel takes a master for gone that has not answered for half a second. */
export async function startWithSentinel(options: SentinelOptions = {}): Promise<RedisWithSentinel> {
  const { serverOptions = [], sentinelLines = [], store = defaultStore, portOptions = plainPort, announced = (port) => Promise.resolve(port) } = options
  const folder = await scratchFolder()
  const processes: RedisProcess[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(processes.map((process) => process.stop()))
    await folder.remove()
  }
  const start = async (port: number, more: readonly string[], before: readonly string[] = [], ready?: RegExp): Promise<RedisProcess> => {
    const process = await spawnRedis(folder.path, [...before, ...portOptions(port), '--bind', '127.0.0.1', ...more], ready)
    processes.push(process)
    return process
  }
  try {
    const [masterPort, replicaPort, sentinelPort] = [await freeNodePort(), await freeNodePort(), await freeNodePort()]
    const master = await start(masterPort, serverOptions)
    const replica = await start(replicaPort, [...serverOptions, '--replicaof', '127.0.0.1', String(masterPort), '--repl-diskless-sync-delay', '0'])
    await waitForText(replica.server, /Finished with success/)
    const configuration = join(folder.path, 'sentinel.conf')
    const watched = [`sentinel monitor mymaster 127.0.0.1 ${String(await announced(masterPort))} 1`, 'sentinel down-after-milliseconds mymaster 500', 'sentinel failover-timeout mymaster 3000']
    await writeFile(configuration, [...watched, ...sentinelLines, ''].join('\n'))
    const sentinel = await start(sentinelPort, ['--sentinel'], [configuration], /\+monitor master/)
    await waitForText(sentinel.server, /\+slave slave/)
    return { store: store(sentinelPort), master: { port: masterPort, process: master }, replica: { port: replicaPort, process: replica }, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function defaultStore(sentinelPort: number): Store {
  return { kind: 'redis-sentinel', sentinels: [`127.0.0.1:${String(sentinelPort)}`], master: 'mymaster' }
}
