// The workers of one owner: started together, told the same, and taken down together.

import type { PackedConfig } from '../config/packed-config.ts'
import type { ListenAddress } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { State } from '../edge/forward-counts.ts'
import { type ChannelHandlers, createChannel } from './channel.ts'
import type { WorkerProcess } from './launch-worker.ts'
import type { LogSettings, OwnerNews, OwnerQuestions, WorkerChannel, WorkerNews, WorkerQuestions } from './protocol.ts'
import { createWorkerSlot, type WorkerHealth, type WorkerSlot } from './worker-slot.ts'

export interface WorkerPool {
  /** In the order of their numbers, with real ports. */
  readonly addresses: readonly ListenAddress[]
  health(): readonly WorkerHealth[]
  /** To every worker that serves, in the order of their numbers. */
  channels(): readonly WorkerChannel[]
  /** Resolves when every worker that serves has taken it into use. */
  use(config: PackedConfig): Promise<void>
  /** To every worker that serves. */
  tell<Name extends keyof WorkerNews>(name: Name, news: WorkerNews[Name]): void
  /** What is to be read of every worker now, waiting at most `timeoutMs`; `silent` are the numbers of those that did not answer. */
  states(timeoutMs: number): Promise<{ readonly states: readonly State[]; readonly silent: readonly number[] }>
  /** Resolves when no process is left. */
  close(graceMs: number): Promise<void>
}

export interface WorkerPoolOptions {
  /** One for each worker. */
  readonly addresses: readonly ListenAddress[]
  readonly config: PackedConfig
  readonly logSettings: LogSettings
  readonly launch: () => WorkerProcess
  /** What workers may ask and tell. */
  readonly handlers: Omit<ChannelHandlers<OwnerQuestions, OwnerNews>, 'onError'>
  readonly onServing: (channel: WorkerChannel) => void
  readonly monotonic: () => number
  readonly log: Log
}

/** Rejects when one of them cannot serve; none is left then. */
export async function startWorkerPool({ addresses, handlers, log, ...options }: WorkerPoolOptions): Promise<WorkerPool> {
  const slots = addresses.map((address, index) => createSlot(address, index + 1))
  const close = async (graceMs: number): Promise<void> => {
    await Promise.all(slots.map((slot) => slot.close(graceMs)))
  }
  const started = await Promise.allSettled(slots.map((slot) => slot.start()))
  const failed = started.findIndex(({ status }) => status === 'rejected')
  if (failed !== -1) {
    await close(0)
    const { reason } = started[failed] as PromiseRejectedResult
    throw new Error(`Worker ${failed + 1}: ${TollgateError.from(reason).message}`, { cause: reason })
  }

  function createSlot(address: ListenAddress, worker: number): WorkerSlot {
    const connect = ({ stream }: WorkerProcess): WorkerChannel =>
      createChannel<WorkerQuestions, WorkerNews, OwnerQuestions, OwnerNews>(stream, { ...handlers, onError: (err) => log.error({ worker, err }, 'What a worker said could not be dealt with.') })
    return createWorkerSlot({ ...options, worker, address, connect, log })
  }

  function serving(): readonly (readonly [number, WorkerChannel])[] {
    return slots.flatMap(({ channel }, index) => (channel === undefined ? [] : [[index + 1, channel] as const]))
  }

  return {
    addresses: slots.map((slot) => slot.address),
    health: () => slots.map((slot) => slot.health()),
    channels: () => serving().map(([, channel]) => channel),
    async use(config) {
      await Promise.all(slots.map((slot) => slot.use(config)))
    },
    tell(name, news) {
      for (const [, channel] of serving()) channel.tell(name, news)
    },
    async states(timeoutMs) {
      const silent = slots.flatMap(({ channel }, index) => (channel === undefined ? [index + 1] : []))
      const answers = await Promise.all(
        serving().map(([worker, channel]) =>
          channel.ask('state', null, timeoutMs).catch(() => {
            silent.push(worker)
            return undefined
          }),
        ),
      )
      return { states: answers.flatMap((state) => (state === undefined ? [] : [state])), silent: silent.toSorted((a, b) => a - b) }
    },
    close,
  }
}
