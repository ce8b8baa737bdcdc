// The whole product for a test: `tollgate serve` as its own process, in front of mock providers, behind a real Envoy.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { loadConfig } from '../../../src/config/load.ts'
import { formatProblem } from '../../../src/config/problem.ts'
import type { RuntimeConfig } from '../../../src/config/runtime-config.ts'
import { renderBootstrap } from '../../../src/envoy/render.ts'
import type { EnvoyBinary } from './envoy-binaries.ts'
import { envoyBinary } from './envoy-binaries.ts'
import { type RunningEnvoy, startEnvoy } from './start-envoy.ts'
import { until } from './until.ts'

const mainFile = new URL('../../../src/main.ts', import.meta.url).pathname
const builtFile = new URL('../../../dist/main.js', import.meta.url).pathname

/** One line of the log of a gateway. */
export type LogLine = Readonly<Record<string, unknown>>

export interface Sidecar {
  readonly pid: number
  readonly adminUrl: string
  /** Every line logged so far. */
  readonly lines: readonly LogLine[]
  /** The lines about exchanges. */
  exchanges(): LogLine[]
  readonly process: ChildProcess
  readonly exited: Promise<number | string>
  stop(): Promise<void>
}

export interface Gateway extends Sidecar {
  readonly url: string
  readonly envoy: RunningEnvoy
  readonly config: RuntimeConfig
  readonly configPath: string
  readonly directory: string
}

export interface GatewayStart {
  /** tollgate.yaml without `listen`, which is added. */
  readonly yaml: string
  /** File name → text, beside tollgate.yaml. */
  readonly files?: Readonly<Record<string, string>>
  readonly environment?: Readonly<Record<string, string>>
  readonly envoy?: EnvoyBinary
  /** The Node that runs the sidecar; that of the test unless given. */
  readonly node?: string
  /** False: lines about exchanges are thrown away, as a test of very many needs. */
  readonly keepExchanges?: boolean
  /** True: the program as packages have it, dist/main.js, which starts in a quarter of the time. See buildProgram. */
  readonly built?: boolean
  /** Further settings of the `envoy` section. */
  readonly envoySettings?: Readonly<Record<string, string | number | object>>
}

export async function startGateway({ yaml, files = {}, environment = {}, envoy = envoyBinary('1.40'), node, keepExchanges = true, built = false, envoySettings = {} }: GatewayStart): Promise<Gateway> {
  const directory = await mkdtemp(join(tmpdir(), 'tollgate-e2e-'))
  const configPath = join(directory, 'tollgate.yaml')
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
  await writeFile(configPath, `${yaml}\n${listenSection(directory, envoy, envoySettings)}`)
  const cleanups: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })]
  try {
    const loaded = await loadConfig(configPath)
    if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join('\n'))
    const sidecar = await startSidecar({ configPath, environment, keepExchanges, built, ...(node === undefined ? {} : { node }) })
    cleanups.push(() => sidecar.stop())
    const running = await startEnvoy({ binary: envoy.path, bootstrap: renderBootstrap(loaded.config, { accessLog: false }).bootstrap, environment })
    cleanups.push(() => running.stop())
    return { ...sidecar, url: running.url, envoy: running, config: loaded.config, configPath, directory, stop: () => runAll(cleanups) }
  } catch (error) {
    await runAll(cleanups)
    throw error
  }
}

export interface SidecarStart {
  readonly configPath: string
  readonly environment?: Readonly<Record<string, string>>
  readonly node?: string
  readonly keepExchanges?: boolean
  readonly built?: boolean
}

/** Makes dist/main.js of the sources as they are. */
export function buildProgram(): void {
  execFileSync(process.execPath, [new URL('../../../scripts/build.mjs', import.meta.url).pathname], { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** `tollgate serve`; resolves when it says that it serves. Its ledger is beside its configuration, where that names no other place. */
export async function startSidecar({ configPath, environment = {}, node = process.execPath, keepExchanges = true, built = false }: SidecarStart): Promise<Sidecar> {
  const program = built ? [builtFile] : ['--import', 'tsx', mainFile]
  const child = spawn(node, [...program, 'serve', '-c', configPath], { env: { ...process.env, XDG_STATE_HOME: dirname(configPath), ...environment }, stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: LogLine[] = []
  let rest = ''
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) if (keepExchanges || !part.includes('"msg":"exchange"')) lines.push(JSON.parse(part) as LogLine)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  let ended: number | string | undefined
  const exited = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = code ?? signal ?? 'unknown'
      resolve(ended)
    })
  })
  const stop = async (): Promise<void> => {
    if (ended !== undefined) return
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await exited
    clearTimeout(timer)
  }
  const serving = await until(
    'the sidecar serves',
    () => {
      if (ended !== undefined) throw new Error(`The sidecar ended (${String(ended)}):\n${errors}${JSON.stringify(lines.at(-1) ?? '')}`)
      return lines.find((line) => line['msg'] === 'Tollgate serves.')
    },
    { timeoutMs: 60_000 },
  ).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { pid: child.pid ?? 0, adminUrl: `http://${String(serving['admin'])}`, lines, exchanges: () => lines.filter((line) => line['msg'] === 'exchange'), process: child, exited, stop }
}

// The steps of `npm test` that play some of these tests again say so (scripts/test-steps.mjs).
const transport = process.env['TOLLGATE_TEST_TRANSPORT'] ?? 'grpc-js'

function listenSection(directory: string, envoy: EnvoyBinary, settings: Readonly<Record<string, string | number | object>>): string {
  const further = Object.entries(settings).map(([name, value]) => `, ${name}: ${JSON.stringify(value)}`)
  return [
    `listen: {extproc: "unix:${directory}/extproc.sock", ratelimit: "unix:${directory}/ratelimit.sock", admin: "127.0.0.1:0", transport: ${transport}}`,
    `envoy: {version: "${envoy.version}", listen: "127.0.0.1:0", admin: "127.0.0.1:0"${further.join('')}}`,
    '',
  ].join('\n')
}

// The last started goes first; one that fails to stop does not keep the others.
async function runAll(cleanups: readonly (() => Promise<unknown>)[]): Promise<void> {
  const results = []
  for (const cleanup of [...cleanups].reverse()) results.push(await Promise.allSettled([cleanup()]))
  const failed = results.flat().find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
