// The stores of budgets that one suite is run against.

import type { BudgetStore } from '../../src/budgets/budget-store.ts'
import { createMemoryBudgetStore } from '../../src/budgets/memory-store.ts'
import { answerStore, createRemoteBudgetStore, type StoreQuestion } from '../../src/budgets/remote-store.ts'
import { createChannel } from '../../src/workers/channel.ts'
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
