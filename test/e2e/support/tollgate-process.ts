// The command line as its users have it: bin/tollgate as a process of its own, with what it writes and how it ends.

import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { until } from './until.ts'

const program = new URL('../../../bin/tollgate', import.meta.url).pathname

export interface TollgateProcess {
  readonly pid: number
  stdout(): string
  stderr(): string
  /** Resolves with the exit code, or the signal's name. */
  readonly exited: Promise<number | string>
  kill(signal: NodeJS.Signals): void
  /** Resolves when it has written this to standard output or error; rejects with all it has written when it ends before. */
  saying(text: string | RegExp): Promise<void>
  /** For cleaning up: ends it however it takes. */
  stop(): Promise<void>
}

export interface TollgateStart {
  readonly directory: string
  /** Added to the environment; undefined takes a variable out. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

export function startTollgate(programArguments: readonly string[], { directory, environment = {} }: TollgateStart): TollgateProcess {
  const child = spawn(process.execPath, [program, ...programArguments], { cwd: directory, env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  let ended: number | string | undefined
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const exited = new Promise<number | string>((resolve) => {
    // `close` comes after all output, `exit` may come before.
    child.once('close', (code, signal) => {
      ended = code ?? signal ?? 'unknown'
      resolve(ended)
    })
  })
  return {
    pid: child.pid ?? 0,
    stdout: () => stdout,
    stderr: () => stderr,
    exited,
    kill: (signal) => child.kill(signal),
    saying: async (text) => {
      await until(
        `tollgate ${programArguments.join(' ')} says ${String(text)}`,
        () => {
          if (typeof text === 'string' ? (stdout + stderr).includes(text) : text.test(stdout + stderr)) return true
          if (ended !== undefined) throw new Error(`tollgate ended (${String(ended)}) before it said ${String(text)}:\n${stdout}${stderr}`)
          return false
        },
        { timeoutMs: 30_000 },
      )
    },
    stop: async () => {
      if (ended !== undefined) return
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await exited
      clearTimeout(timer)
    },
  }
}

export interface TollgateResult {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command to its end. */
export async function runTollgate(programArguments: readonly string[], start: TollgateStart): Promise<TollgateResult> {
  const running = startTollgate(programArguments, start)
  const code = await running.exited
  return { code, stdout: running.stdout(), stderr: running.stderr() }
}

export interface ChildProcessInfo {
  readonly pid: number
  /** The program's name. */
  readonly name: string
}

/** The children of a process. Linux. */
export function childrenOf(parent: number): readonly ChildProcessInfo[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.flatMap((pid) => {
    const stat = readStat(pid)
    // The name in parentheses may hold anything; the state and the parent follow it (proc(5)).
    const end = stat.lastIndexOf(')')
    return Number(stat.slice(end + 2).split(' ')[1]) === parent ? [{ pid: Number(pid), name: stat.slice(stat.indexOf('(') + 1, end) }] : []
  })
}

function readStat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    // It has ended in the meantime.
    return ''
  }
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
