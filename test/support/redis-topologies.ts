// Redis as it is run where it must not go away, on loopback: a cluster of three nodes, and a master with a replica and a sentinel that watches them.

import { Redis } from 'ioredis'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoreConfig } from '../../src/config/runtime-config.ts'
import { scratchFolder } from './grpc-client.ts'
import { freeNodePort, freePort, spawnRedis, waitForText, type RedisProcess } from './redis-server.ts'

type Store = Exclude<StoreConfig, { kind: 'memory' }>

export interface RedisCluster {
  readonly store: Store
  readonly ports: readonly number[]
  /** The port of the node that has the slot of a key. */
  portOf(key: string): Promise<number>
  stop(): Promise<void>
}

const SLOTS = 16_384

function plainClient(port: number): Redis {
  return new Redis({ port, host: '127.0.0.1' })
}

/** Three masters without replicas, each with a third of the slots. */
export async function startThreeNodes(): Promise<RedisCluster> {
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
      const process = await spawnRedis(folder.path, ['--port', String(port), '--bind', '127.0.0.1', ...cluster])
      nodes.push({ port, process })
    }
    const serving = nodes.map(({ process }) => waitForText(process.server, /Cluster state changed: ok/))
    const clients = nodes.map(({ port }) => plainClient(port))
    const [first] = clients
    for (const [index, client] of clients.entries()) {
      const slots = Array.from({ length: SLOTS }, (_, slot) => slot).filter((slot) => Math.floor((slot * clients.length) / SLOTS) === index)
      await client.cluster('ADDSLOTS', ...slots)
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
    }
    for (const { port } of nodes.slice(1)) await first?.call('CLUSTER', 'MEET', '127.0.0.1', port)
    await Promise.all(serving)
    for (const client of clients) client.disconnect()
    const ports = nodes.map(({ port }) => port)
    return { store: { kind: 'redis-cluster', nodes: ports.map((port) => `127.0.0.1:${String(port)}`) }, ports, portOf: (key) => portOfSlot(ports[0] ?? 0, key), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function portOfSlot(anyPort: number, key: string): Promise<number> {
  const client = plainClient(anyPort)
  try {
    const slot = await client.cluster('KEYSLOT', key)
    const ranges = await client.cluster('SLOTS')
    const range = ranges.find(([from, to]) => from <= slot && slot <= to)
    const port = range?.[2]?.[1]
    if (port === undefined) throw new Error(`nobody has slot ${String(slot)}`)
    return port
  } finally {
    client.disconnect()
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
}

/** The sentinel takes a master for gone that has not answered for half a second. */
export async function startWithSentinel(options: SentinelOptions = {}): Promise<RedisWithSentinel> {
  const { serverOptions = [], sentinelLines = [], store = defaultStore, portOptions = (port) => ['--port', String(port)] } = options
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
    const [masterPort, replicaPort, sentinelPort] = [await freePort(), await freePort(), await freePort()]
    const master = await start(masterPort, serverOptions)
    const replica = await start(replicaPort, [...serverOptions, '--replicaof', '127.0.0.1', String(masterPort), '--repl-diskless-sync-delay', '0'])
    await waitForText(replica.server, /Finished with success/)
    const configuration = join(folder.path, 'sentinel.conf')
    const watched = [`sentinel monitor mymaster 127.0.0.1 ${String(masterPort)} 1`, 'sentinel down-after-milliseconds mymaster 500', 'sentinel failover-timeout mymaster 3000']
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
