// The stores of budgets that one suite is run against.

import type { BudgetStore } from '../../src/budgets/budget-store.ts'
import { createRedisBudgetStore } from '../../src/budgets/redis-store.ts'
import { createMemoryBudgetStore } from '../../src/budgets/memory-store.ts'
import { answerStore, createRemoteBudgetStore, type StoreQuestion } from '../../src/budgets/remote-store.ts'
import { createChannel } from '../../src/workers/channel.ts'
import { setTimeout as pause } from 'node:timers/promises'
import type { StoreConfig } from '../../src/config/runtime-config.ts'
import { silentLog } from '../../src/core/log.ts'
import { startRedis } from './redis-server.ts'
import { startThreeNodes, startWithSentinel } from './redis-topologies.ts'
import { socketPair } from './socket-pair.ts'

export interface BudgetStoreHarness {
  readonly store: BudgetStore
  /** Stores of other processes on the same counters; none where each store has its own. */
  readonly others: readonly BudgetStore[]
  stop(): Promise<void>
}

export function memoryHarness(): Promise<BudgetStoreHarness> {
  const store = createMemoryBudgetStore()
  return Promise.resolve({ store, others: [], stop: () => store.close() })
}

type Budgets = { readonly budgets: { readonly question: StoreQuestion; readonly answer: unknown } }
type Nothing = Record<string, never>

/** Counters in memory that two others ask for over sockets, as workers do. */
export async function remoteHarness(): Promise<BudgetStoreHarness> {
  const memory = createMemoryBudgetStore()
  const pairs = [await socketPair(), await socketPair()]
  const onError = (error: unknown): never => {
    throw error
  }
  const owners = pairs.map(([, stream]) => createChannel<Nothing, Nothing, Budgets, Nothing>(stream, { answers: { budgets: (question) => answerStore(memory, question) }, hears: {}, onError }))
  const workers = pairs.map(([stream]) => createChannel<Budgets, Nothing, Nothing, Nothing>(stream, { answers: {}, hears: {}, onError }))
  const [store, ...others] = workers.map((channel) => createRemoteBudgetStore({ ask: (question) => channel.ask('budgets', question, 10_000) }))
  if (store === undefined) throw new Error('no worker')
  const stop = async (): Promise<void> => {
    for (const channel of workers) channel.close()
    await Promise.all([...owners, ...workers].map(({ closed }) => closed))
    await memory.close()
  }
  return { store, others, stop }
}

interface Running {
  readonly store: Exclude<StoreConfig, { kind: 'memory' }>
  stop(): Promise<void>
}

/** Three stores with a connection each, as three processes have. */
export async function redisHarness(start: () => Promise<Running>): Promise<BudgetStoreHarness> {
  const server = await start()
  const [store, ...others] = await Promise.all([1, 2, 3].map(async () => connectedStore(server.store)))
  if (store === undefined) throw new Error('no store')
  const stop = async (): Promise<void> => {
    await Promise.all([store, ...others].map((each) => each.close()))
    await server.stop()
  }
  return { store, others, stop }
}

/** A store whose Redis answers. */
export async function connectedStore(target: Running['store']): Promise<BudgetStore> {
  const store = createRedisBudgetStore({ store: target, log: silentLog, commandTimeoutMs: 30_000 })
  while (!(await store.ready())) await pause(5)
  return store
}

export const oneRedis = (): Promise<BudgetStoreHarness> => redisHarness(() => startRedis())
export const redisCluster = (): Promise<BudgetStoreHarness> => redisHarness(() => startThreeNodes())
export const redisWithSentinel = (): Promise<BudgetStoreHarness> => redisHarness(() => startWithSentinel())
