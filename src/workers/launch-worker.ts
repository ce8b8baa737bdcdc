// Starts a process of our own program and holds both ends of what connects us: a channel, and what it prints.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Duplex, Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** The file descriptor of a worker's end of the channel. A pair of sockets that nobody else can reach, and that ends with either process. */
export const CHANNEL_FD = 3

export interface WorkerProcess {
  /** Undefined when it could not be started. */
  readonly pid: number | undefined
  readonly stream: Duplex
  /** Resolves when it has ended and all that it printed has been passed on. */
  readonly exited: Promise<WorkerExit>
  kill(): void
}

/** How a process ended, in words: `exit code 1`, `SIGKILL`, or why it could not be started. */
export type WorkerExit = string

export interface LaunchOptions {
  /** Program and arguments. */
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Gets whole lines, one or many. */
  readonly write: (lines: string) => void
}

/** No line of ours is as long; something else is printing then, and is not waited for. */
const MAX_LINE = 1024 * 1024

/** Its standard error is ours: what is printed there is about a process that could not say it otherwise. */
export function launchWorker({ command: [program = '', ...programArguments], env, write }: LaunchOptions): WorkerProcess {
  const child = spawn(program, programArguments, { env, stdio: ['ignore', 'pipe', 'inherit', 'pipe'] })
  const [, stdout, , stream] = child.stdio
  passLines(stdout as Readable, write)
  return { pid: child.pid, stream: stream as Duplex, exited: exitOf(child), kill: () => void child.kill('SIGKILL') }
}

function exitOf(child: ChildProcess): Promise<WorkerExit> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${String(code)}`))
  })
}

/** A pipe cuts what is written into it anywhere; lines of several processes must not be mixed. */
function passLines(stream: Readable, write: (lines: string) => void): void {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  stream.on('data', (chunk: Buffer) => {
    const text = rest + decoder.write(chunk)
    const end = text.length > MAX_LINE ? text.length : text.lastIndexOf('\n') + 1
    rest = text.slice(end)
    if (end > 0) write(text.slice(0, end))
  })
  stream.once('end', () => {
    const last = rest + decoder.end()
    if (last !== '') write(`${last}\n`)
  })
}
