// Runs one Envoy as a child: started with a bootstrap file, waited for until it serves, stopped with us, even if we are killed.

import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { request } from 'node:http'
import { endWithUs } from './end-with-us.ts'

export interface RunningEnvoy {
  readonly pid: number
  /** Resolves when the process has ended, wanted or not. */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  /** Asks it to end, and makes it end after `graceMs`. */
  stop(graceMs: number): Promise<void>
}

export interface RunEnvoyOptions {
  readonly binary: string
  readonly bootstrap: string
  /** `host:port` of Envoy's own admin interface. */
  readonly admin: string
  readonly logFile: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** How long it may take to become ready. */
  readonly timeoutMs: number
  /** Worker threads; Envoy's own choice (one per core) when undefined. */
  readonly concurrency?: number
}

/** How many of the last characters of Envoy's log are shown when it does not start. */
const LOG_TAIL = 2000
const POLL_MS = 50

/** Resolves when Envoy's admin interface says it is live. Rejects, with the end of its log, when it ends before or takes too long. */
export async function runEnvoy(options: RunEnvoyOptions): Promise<RunningEnvoy> {
  const { binary, bootstrap, logFile } = options
  // Hot restart shares memory between Envoys of one base id; two stacks on one machine must not meet there.
  const concurrency = options.concurrency === undefined ? [] : ['--concurrency', String(options.concurrency)]
  const child = spawn(binary, ['-c', bootstrap, '--disable-hot-restart', '--log-level', 'warning', ...concurrency], { env: options.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const tail = keepTail(child, logFile)
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', reject)
  })
  const callOff = child.pid === undefined ? () => undefined : endWithUs(child.pid)
  let ended = false
  const hasEnded = (): void => {
    ended = true
    callOff()
  }
  exited.then(hasEnded, hasEnded)
  const stop = async (graceMs: number): Promise<void> => {
    if (ended) return
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
    await exited.finally(() => clearTimeout(timer))
  }
  const deadline = Date.now() + options.timeoutMs
  while (!(await isReady(options.admin))) {
    if (ended) throw new Error(`Envoy ended while it started (${binary}). The end of its log (${logFile}):\n${tail()}`)
    if (Date.now() > deadline) {
      await stop(1000)
      throw new Error(`Envoy was not ready after ${options.timeoutMs / 1000} s. The end of its log (${logFile}):\n${tail()}`)
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  if (child.pid === undefined) throw new Error(`Envoy could not be started (${binary}).`)
  return { pid: child.pid, exited, stop }
}

function keepTail(child: ChildProcess, logFile: string): () => string {
  const file = createWriteStream(logFile)
  let tail = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      file.write(chunk)
      tail = (tail + chunk.toString()).slice(-LOG_TAIL)
    })
  }
  child.once('close', () => file.end())
  return () => tail
}

/** Envoy's admin `/ready` answers 200 LIVE once listeners, clusters and their first resources are there. */
function isReady(admin: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = request(`http://${admin}/ready`, { timeout: 1000, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    probe.on('error', () => resolve(false))
    probe.on('timeout', () => probe.destroy())
    probe.end()
  })
}
