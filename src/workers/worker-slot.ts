// One of several workers: a process that is started, asked whether it still lives, and started again when it has ended.

import type { PackedConfig } from '../config/packed-config.ts'
import type { ListenAddress } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import type { WorkerExit, WorkerProcess } from './launch-worker.ts'
import type { LogSettings, WorkerChannel } from './protocol.ts'
import { createRestarts } from './restart-delay.ts'

/** `silent`: it lives and does not answer. `down`: it has ended and is about to be started again. */
export type WorkerState = 'starting' | 'serving' | 'silent' | 'down' | 'stopped'

export interface WorkerHealth {
  /** From 1. */
  readonly worker: number
  readonly state: WorkerState
  /** Undefined while there is no process. */
  readonly pid: number | undefined
  /** How often it was started again. */
  readonly restarts: number
}

export interface WorkerSlot {
  health(): WorkerHealth
  /** Where it serves; with the real port once it has started. */
  readonly address: ListenAddress
  /** Undefined unless it serves. */
  readonly channel: WorkerChannel | undefined
  /** Rejects when the first process cannot serve; it has ended then. Later ones are tried again for ever. */
  start(): Promise<void>
  /** Takes this configuration into use, now and in every process to come. Never rejects: a process that does not take it is replaced. */
  use(config: PackedConfig): Promise<void>
  /** Lets exchanges under way finish for at most `graceMs`. Resolves when the process has ended. */
  close(graceMs: number): Promise<void>
}

export interface WorkerSlotOptions {
  readonly worker: number
  readonly address: ListenAddress
  readonly config: PackedConfig
  readonly logSettings: LogSettings
  readonly launch: () => WorkerProcess
  /** Wraps the stream of a new process. */
  readonly connect: (child: WorkerProcess) => WorkerChannel
  /** It serves from now on; may be told things. */
  readonly onServing: (channel: WorkerChannel) => void
  readonly monotonic: () => number
  readonly log: Log
}

/** A clone compiles its sources first, and a machine may be busy. */
const START_TIMEOUT_MS = 60_000
const USE_TIMEOUT_MS = 30_000
const PING_MS = 5_000
/** A process that has not answered for half a minute will not; the longest pause of a busy one is far shorter. */
const PINGS_MISSED = 6
/** After the exchanges: the last lines of the log, the last counts. */
const GOODBYE_MS = 2_000

interface Running {
  readonly child: WorkerProcess
  readonly channel: WorkerChannel
}

export function createWorkerSlot(options: WorkerSlotOptions): WorkerSlot {
  const { worker, logSettings, launch, connect, onServing, monotonic, log } = options
  const restarts = createRestarts()
  let { address, config } = options
  let state: WorkerState = 'stopped'
  let running: Running | undefined
  let servingSinceMs: number | undefined
  let restarted = 0
  let missedPings = 0
  let isClosing = false
  /** The first process has served: from now on one that ends is replaced. */
  let isKept = false
  let restarting: NodeJS.Timeout | undefined
  const pinging = setInterval(() => void ping(), PING_MS).unref()

  async function run(): Promise<void> {
    state = 'starting'
    const current = begin()
    const { child } = current
    try {
      let sent = config
      address = await current.channel.ask('start', { worker, address, log: logSettings, config }, START_TIMEOUT_MS)
      while (sent !== config) {
        sent = config
        await current.channel.ask('use', sent, USE_TIMEOUT_MS)
      }
      if (!current.channel.isOpen) throw new TollgateError('internal', 'it ended as soon as it served')
    } catch (error) {
      const isAnswer = current.channel.isOpen
      child.kill()
      const exit = await child.exited
      throw isAnswer ? error : new TollgateError('internal', `It ended before it served: ${exit}. What it wrote to standard error says why.`, { cause: error })
    }
    if (isClosing) return
    state = 'serving'
    missedPings = 0
    servingSinceMs = monotonic()
    onServing(current.channel)
  }

  function begin(): Running {
    try {
      const child = launch()
      const begun: Running = { child, channel: connect(child) }
      running = begun
      void child.exited.then((exit) => {
        begun.channel.close()
        ended(child.pid, exit)
      })
      return begun
    } catch (error) {
      // The system has no process, or no memory, to give.
      ended(undefined, error instanceof Error ? error.message : String(error))
      throw error
    }
  }

  function ended(pid: number | undefined, exit: WorkerExit): void {
    running = undefined
    const servedMs = servingSinceMs === undefined ? 0 : monotonic() - servingSinceMs
    servingSinceMs = undefined
    state = isClosing ? 'stopped' : 'down'
    if (isClosing || !isKept) return
    const delayMs = restarts.next(servedMs)
    log.error({ worker, pid, ended: exit, restart_in_ms: delayMs }, 'A worker has ended. What it served is cut; the others go on, and it is started again.')
    restarting = setTimeout(() => void restart(), delayMs)
  }

  async function restart(): Promise<void> {
    restarted += 1
    try {
      await run()
      log.info({ worker, pid: running?.child.pid }, 'A worker serves again.')
    } catch (error) {
      if (isClosing) return
      // What became of the process is logged where it ended.
      log.error({ worker, reason: error instanceof Error ? error.message : String(error) }, 'A worker could not be started again.')
    }
  }

  async function ping(): Promise<void> {
    const current = running
    if (current === undefined || (state !== 'serving' && state !== 'silent')) return
    const answered = await current.channel.ask('ping', null, PING_MS).then(
      () => true,
      () => false,
    )
    if (running !== current || isClosing) return
    missedPings = answered ? 0 : missedPings + 1
    state = answered ? 'serving' : 'silent'
    if (missedPings < PINGS_MISSED) return
    log.error({ worker, pid: current.child.pid, silent_s: (missedPings * PING_MS) / 1000 }, 'A worker does not answer; it is killed.')
    current.child.kill()
  }

  return {
    get address() {
      return address
    },
    get channel() {
      return state === 'serving' || state === 'silent' ? running?.channel : undefined
    },
    health: () => ({ worker, state, pid: running?.child.pid, restarts: restarted }),
    async start() {
      await run()
      isKept = true
    },
    async use(next) {
      config = next
      const current = running
      // One that starts right now is sent it when it has.
      if (current === undefined || state === 'starting') return
      try {
        await current.channel.ask('use', next, USE_TIMEOUT_MS)
      } catch (error) {
        if (running !== current) return
        log.error({ worker, reason: error instanceof Error ? error.message : String(error) }, 'A worker did not take the changed configuration into use; it is killed.')
        current.child.kill()
      }
    },
    async close(graceMs) {
      isClosing = true
      clearInterval(pinging)
      clearTimeout(restarting)
      const current = running
      if (current === undefined) return
      if (state === 'starting') current.child.kill()
      else await current.channel.ask('close', { graceMs }, graceMs + GOODBYE_MS).catch(() => undefined)
      current.channel.close()
      const impatient = setTimeout(() => current.child.kill(), GOODBYE_MS)
      await current.child.exited
      clearTimeout(impatient)
      state = 'stopped'
    },
  }
}
