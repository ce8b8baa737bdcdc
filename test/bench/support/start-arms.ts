// The arms of the overhead benchmark: one provider, and in front of it Envoys that differ in nothing but their processor.

import { type ChildProcess, spawn } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { loadConfig } from '../../../src/config/load.ts'
import { formatProblem } from '../../../src/config/problem.ts'
import type { EnvoyObject } from '../../../src/envoy/envoy-object.ts'
import { renderBootstrap } from '../../../src/envoy/render.ts'
import type { EnvoyBinary } from '../../e2e/support/envoy-binaries.ts'
import { startEnvoy } from '../../e2e/support/start-envoy.ts'
import { until } from '../../e2e/support/until.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const PROGRAMS = { main: 'src/main.ts', 'noop-server': 'test/bench/noop-server.ts', 'fixed-provider': 'test/bench/support/fixed-provider.ts', 'load-generator': 'test/bench/support/load-generator.ts' }

export type ArmName = 'plain' | 'noop' | 'noop-handler' | 'noop-direct' | 'fixed-answers' | 'tollgate' | 'tollgate-direct' | 'tollgate-workers' | 'tollgate-limits' | 'tollgate-limits-direct'

export interface Arm {
  readonly name: ArmName
  readonly title: string
  /** Of Envoy's listener. */
  readonly port: number
  readonly adminUrl: string
  readonly envoyPid: number
  /** Undefined in the arm without a processor. */
  readonly processorPid: number | undefined
}

export interface Stack {
  readonly arms: readonly Arm[]
  readonly loadGenerator: string
  readonly providerPid: number
  stop(): Promise<void>
}

export interface StackOptions {
  readonly envoy: EnvoyBinary
  readonly arms: readonly ArmName[]
  /** Arguments for Node before the processor's program. */
  readonly nodeArguments: readonly string[]
}

/** Starts everything; stops what was started when one part fails. */
export async function startStack({ envoy, arms: wanted, nodeArguments }: StackOptions): Promise<Stack> {
  // Inside the clone, so that bundles find the installed packages; the folder is not part of the repository.
  await mkdir(join(root, '.tollgate'), { recursive: true })
  const directory = await mkdtemp(join(root, '.tollgate', 'bench-'))
  const cleanups: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })]
  const stop = async (): Promise<void> => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  }
  const run = async (label: string, program: keyof typeof PROGRAMS, parameters: readonly string[]): Promise<{ pid: number; output: () => Promise<string> }> => {
    const logPath = join(directory, `${label}.log`)
    const log = await open(logPath, 'a')
    const child = spawn(process.execPath, [...nodeArguments, join(directory, 'dist', `${program}.js`), ...parameters], { cwd: directory, stdio: ['ignore', log.fd, log.fd] })
    await log.close()
    cleanups.push(() => terminate(child))
    const output = async (): Promise<string> => {
      const text = await readFile(logPath, 'utf8')
      if (child.exitCode !== null) throw new Error(`${label} ended:\n${text}`)
      return text
    }
    return { pid: child.pid ?? 0, output }
  }
  try {
    await bundle(directory)
    const provider = await run('provider', 'fixed-provider', [])
    const providerPort = Number(await until('the provider listens', async () => /^\d+$/m.exec(await provider.output())?.[0]))
    const arms: Arm[] = []
    for (const name of wanted) arms.push(await startArm(name, providerPort))
    return { arms, loadGenerator: join(directory, 'dist', 'load-generator.js'), providerPid: provider.pid, stop }

    async function startArm(name: ArmName, port: number): Promise<Arm> {
      // A folder of its own: Tollgate watches the one its configuration is in, and here logs grow.
      const configPath = join(directory, name, 'tollgate.yaml')
      await mkdir(join(directory, name))
      await writeFile(join(directory, name, 'limits.yaml'), limits)
      await writeFile(configPath, configuration({ name, directory, port, envoyVersion: envoy.version }))
      const loaded = await loadConfig(configPath)
      if (!loaded.ok) throw new Error(loaded.problems.map(formatProblem).join('\n'))
      const processorPid = await startProcessor(name, configPath)
      const { bootstrap } = renderBootstrap(loaded.config, { accessLog: false })
      const running = await startEnvoy({ binary: envoy.path, bootstrap: adapt(name, bootstrap) })
      cleanups.push(() => running.stop())
      return { name, title: titles[name], port: running.port, adminUrl: running.adminUrl, envoyPid: running.pid, processorPid }
    }

    async function startProcessor(name: ArmName, configPath: string): Promise<number | undefined> {
      if (name === 'plain') return undefined
      const socket = `unix:${directory}/${name}-extproc.sock`
      const floor = floors[name]
      if (floor !== undefined) return (await run(name, 'noop-server', [socket, ...floor])).pid
      const tollgate = await run(name, 'main', ['serve', '-c', configPath])
      await until(`${name} serves`, async () => (await tollgate.output()).includes('Tollgate serves.'), { timeoutMs: 30_000 })
      return tollgate.pid
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Processors that are not Tollgate, by the flags of noop-server. */
const floors: Readonly<Partial<Record<ArmName, readonly string[]>>> = { noop: [], 'noop-handler': ['--handler'], 'noop-direct': ['--direct'], 'fixed-answers': ['--answers'] }

const titles: Readonly<Record<ArmName, string>> = {
  plain: 'Envoy alone',
  noop: 'Envoy + do-nothing processor on grpc-js, as Tollgate uses it',
  'noop-handler': 'Envoy + do-nothing processor on grpc-js as usual',
  'noop-direct': 'Envoy + do-nothing processor on the direct transport',
  'fixed-answers': 'Envoy + a processor that decodes every message and always answers the same',
  tollgate: 'Envoy + Tollgate',
  'tollgate-direct': 'Envoy + Tollgate on the direct transport',
  'tollgate-workers': 'Envoy + Tollgate with two workers',
  'tollgate-limits': 'Envoy + Tollgate, with a limit',
  'tollgate-limits-direct': 'Envoy + Tollgate on the direct transport, with a limit',
}

const limits = 'domain: bench\ndescriptors:\n  - key: user\n    rate_limit: {unit: hour, requests_per_unit: 4000000000}\n'

function configuration({ name, directory, port, envoyVersion }: { name: ArmName; directory: string; port: number; envoyVersion: string }): string {
  return [
    `providers: {mock: {api: openai, url: "http://127.0.0.1:${port}"}}`,
    'models: {bench: {providers: [mock]}}',
    'callers: [{headers: {user: x-user-id}}]',
    ...(name.startsWith('tollgate-limits') ? ['limits: [{file: limits.yaml, cost: llm_total_token}]'] : []),
    ...(name === 'tollgate-workers' ? ['workers: 2'] : []),
    'store: memory',
    `listen: {extproc: "unix:${directory}/${name}-extproc.sock", ratelimit: "unix:${directory}/${name}-ratelimit.sock", admin: "127.0.0.1:0", transport: ${name.endsWith('-direct') ? 'direct' : 'grpc-js'}}`,
    `envoy: {version: "${envoyVersion}", listen: "127.0.0.1:0", admin: "127.0.0.1:0"}`,
    '',
  ].join('\n')
}

/** What nobody gives a route needs one; and the plain arm has no processor at all. */
function adapt(name: ArmName, bootstrap: object): EnvoyObject {
  // Rendered by ourselves, a moment ago: objects, lists and plain values.
  const copy = structuredClone(bootstrap) as EnvoyObject
  if (name.startsWith('tollgate')) return copy
  // The shape that src/envoy/listener.ts gives it.
  const [listener] = (copy as unknown as RenderedBootstrap).static_resources.listeners
  const manager = listener?.filter_chains[0]?.filters[0]?.typed_config
  const [host] = manager?.route_config.virtual_hosts ?? []
  if (manager === undefined || host === undefined) throw new Error('The rendered configuration has another shape than this benchmark expects.')
  host.routes = [{ match: { prefix: '/' }, route: { cluster: 'mock', timeout: '0s' } }]
  if (name === 'plain') manager.http_filters = manager.http_filters.filter((filter) => filter.name !== 'tollgate.request')
  return copy
}

interface RenderedBootstrap {
  static_resources: {
    listeners: { filter_chains: { filters: { typed_config: { http_filters: { name: string }[]; route_config: { virtual_hosts: { routes: unknown[] }[] } } }[] }[] }[]
  }
}

/** As the package is built: what runs from a clone is slower, because tsx names every function again whenever it is created. */
async function bundle(directory: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: PROGRAMS,
    outdir: join(directory, 'dist'),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20.15',
    logLevel: 'warning',
  })
  await copyFile(join(root, 'package.json'), join(directory, 'package.json'))
}

async function terminate(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await exited
  clearTimeout(timer)
}
