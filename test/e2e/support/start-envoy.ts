// Runs a real Envoy for a test: free ports, its log captured, stopped by its own process id.

import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './until.ts'

export interface RunningEnvoy {
  /** `http://127.0.0.1:<port>` of the listener. */
  readonly url: string
  readonly port: number
  readonly adminUrl: string
  readonly pid: number
  /** Everything Envoy has written so far: its own log, and access log lines on standard output. */
  log(): string
  /** Resolves with the exit code, or the signal's name, once the process is gone: a crash is visible. */
  readonly exited: Promise<number | string>
  stop(): Promise<void>
}

export interface EnvoyStart {
  /** Path of the binary. */
  readonly binary: string
  /** Bootstrap as an object; listener and admin may ask for port 0. */
  readonly bootstrap: object
  /** Added to the environment, for credentials. */
  readonly environment?: Readonly<Record<string, string>>
  /** Worker threads; 2 unless given. */
  readonly concurrency?: number
}

/** Starts Envoy and waits until it is ready for requests. Rejects with its log when it exits first. */
export async function startEnvoy({ binary, bootstrap, environment = {}, concurrency = 2 }: EnvoyStart): Promise<RunningEnvoy> {
  const directory = await mkdtemp(join(tmpdir(), 'tollgate-envoy-'))
  const bootstrapPath = join(directory, 'envoy.json')
  const adminPath = join(directory, 'admin-address')
  await writeFile(bootstrapPath, JSON.stringify(bootstrap))
  // A dynamic base id keeps Envoys of other tests apart; their shared memory would collide otherwise.
  const child = spawn(
    binary,
    ['-c', bootstrapPath, '--use-dynamic-base-id', '--admin-address-path', adminPath, '--concurrency', String(concurrency), '--log-level', 'info', '--drain-time-s', '1'],
    { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let log = ''
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  let hasExited = false
  const exited = new Promise<number | string>((resolve) => {
    child.on('exit', (code, signal) => {
      hasExited = true
      resolve(code ?? signal ?? 'unknown')
    })
    child.on('error', (error) => {
      hasExited = true
      log += error.message
      resolve(error.message)
    })
  })
  const stop = async (): Promise<void> => {
    if (!hasExited) await terminate(child, exited)
    await rm(directory, { recursive: true, force: true })
  }
  try {
    const ready = async (): Promise<{ adminUrl: string; port: number } | undefined> => {
      if (hasExited) throw new Error(`Envoy exited before it was ready:\n${log}`)
      return readPorts(adminPath)
    }
    const { adminUrl, port } = await until('Envoy is ready', ready, { timeoutMs: 30_000 })
    return { url: `http://127.0.0.1:${port}`, port, adminUrl, pid: child.pid ?? 0, log: () => log, exited, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function readPorts(adminPath: string): Promise<{ adminUrl: string; port: number } | undefined> {
  const address = await readFile(adminPath, 'utf8').catch(() => '')
  if (address === '') return undefined
  const adminUrl = `http://${address.trim()}`
  const ready = await fetch(`${adminUrl}/ready`).catch(() => undefined)
  if (ready?.status !== 200) return undefined
  const listeners = await (await fetch(`${adminUrl}/listeners`)).text()
  const port = /:(\d+)\s*$/m.exec(listeners)?.[1]
  return port === undefined ? undefined : { adminUrl, port: Number(port) }
}

// SIGTERM lets Envoy end by itself; a test must not hang on one that does not.
async function terminate(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await exited
  clearTimeout(timer)
}
