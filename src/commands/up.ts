// `tollgate up`: Envoy and Tollgate together, in the foreground. What `npm start` runs.

import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import type { Command } from 'commander'
import type { App } from '../app/app.ts'
import { startApp } from '../app/start-app.ts'
import type { Adaptation } from '../config/adapt-config.ts'
import { toReadConfig } from '../config/packed-config.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import type { Log } from '../core/log.ts'
import { createLogger } from '../edge/logger.ts'
import type { FailureMode } from '../mock/failure-plan.ts'
import { parseFailure } from '../mock/parse-failure.ts'
import { isClone, packageRoot } from '../package-info.ts'
import { renderedVersion } from '../up/envoy-version.ts'
import { type EnvoyProgram, ensureEnvoy } from '../up/find-envoy.ts'
import { followConfig } from '../up/follow-config.ts'
import { InstallError } from '../up/install-error.ts'
import { type MockedProviders, missingCredentials, mockMissingProviders } from '../up/mock-missing-providers.ts'
import { requireFreeAddress } from '../up/require-free-address.ts'
import { type RunningEnvoy, runEnvoy } from '../up/run-envoy.ts'
import { toolsDirectory } from '../up/tools-directory.ts'
import { whatToTry } from '../up/what-to-try.ts'
import { writeXds } from '../up/write-xds.ts'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'
import { addConfigOption, addLogOptions, type ConfigOption, type LogOptions, readWithSources } from './options.ts'
import { workerProgram } from './worker-program.ts'

interface UpOptions extends ConfigOption, LogOptions {
  readonly mock: boolean
  readonly mockFail: readonly string[]
  readonly stateDir: string
}

const ENVOY_START_TIMEOUT_MS = 30_000
/** After Ctrl-C, exchanges under way may take this long to finish. */
const STOP_GRACE_MS = 5_000

export function addUpCommand(program: Command, context: CommandContext): void {
  const command = program.command('up').description('Run Envoy and Tollgate together in the foreground; Ctrl-C stops both.')
  addConfigOption(command)
  addLogOptions(command)
  command
    .option('--mock', 'play every provider whose credential is not set with a built-in mock', false)
    .option('--mock-fail <provider=how>', 'let a mock fail: openai=429, openai=503:0.2 for a fifth of the requests, openai=reset; may be repeated, includes --mock', collect, [])
    .option('--state-dir <dir>', "where Envoy's configuration files and log go", '.tollgate')
    .action(async (options: UpOptions) => up(options, context))
}

function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value]
}

async function up(given: UpOptions, context: CommandContext): Promise<void> {
  const options = { ...given, mock: given.mock || given.mockFail.length > 0 }
  const failing = readMockFailures(options.mockFail)
  const format = context.isTerminal && context.env['TOLLGATE_LOG_FORMAT'] === undefined && options.logFormat === 'json' ? 'pretty' : options.logFormat
  const log = createLogger({ level: options.logLevel, format, write: (line) => context.stdout(line) })
  const loaded = await readWithSources(options.config, context)
  if (!options.mock) requireCredentials(loaded.config, context)
  const stateDir = resolve(context.cwd, options.stateDir)
  await mkdir(join(stateDir, 'run'), { recursive: true })
  const envoyProgram = await obtainEnvoy(context)

  const stop: (() => unknown)[] = []
  try {
    const mocks = options.mock ? await mockMissingProviders(loaded.config, context.env) : undefined
    if (mocks !== undefined) stop.push(() => mocks.close())
    if (mocks !== undefined) failMocks(mocks, failing)
    const adaptation: Adaptation = { envoyVersion: renderedVersion(envoyProgram.version), mockPorts: mocks?.ports ?? {} }
    const read = toReadConfig(loaded, adaptation)
    const { config } = read
    const app = await start('Tollgate', startApp({ read, log, env: context.env, program: workerProgram({ ...options, logFormat: format }, context) }))
    stop.push(() => app.close(STOP_GRACE_MS))
    const envoy = await startEnvoy({ config, binary: envoyProgram.path, stateDir, context })
    stop.push(() => envoy.stop(STOP_GRACE_MS))
    const following = followConfig({ path: options.config, app, log, xdsDir: join(stateDir, 'run', 'xds'), adaptation })
    stop.push(() => following.close())
    announce({ app, mocks, context, log, config, path: options.config })
    await untilOver(envoy, context)
  } finally {
    // The last started is the first stopped: Envoy goes before what it calls.
    for (const end of stop.reverse()) await end()
  }
}

function readMockFailures(written: readonly string[]): ReadonlyMap<string, FailureMode> {
  return new Map(
    written.map((text) => {
      const at = text.indexOf('=')
      if (at < 1) throw new CommandError(`--mock-fail ${text}: write a provider, = and how it fails, such as openai=429`)
      const mode = parseFailure(text.slice(at + 1))
      if (!mode.ok) throw new CommandError(`--mock-fail ${text}: ${mode.message}`)
      return [text.slice(0, at), mode.value] as const
    }),
  )
}

function failMocks(mocks: MockedProviders, failing: ReadonlyMap<string, FailureMode>): void {
  try {
    mocks.fail(failing)
  } catch (cause) {
    throw new CommandError(`--mock-fail: ${cause instanceof Error ? cause.message : String(cause)}`, 1, { cause })
  }
}

function requireCredentials(config: RuntimeConfig, context: CommandContext): void {
  const missing = missingCredentials(config, context.env)
  if (missing.length === 0) return
  const lines = missing.map((provider) => `  ${provider.name} needs ${provider.credential.kind === 'env' ? provider.credential.name : 'its credential'}`)
  throw new CommandError(`Credentials are missing from the environment:\n${lines.join('\n')}\nSet them, or start with --mock to have these providers played by mocks.`)
}

/** An InstallError is written for the person at the terminal, so it is all that is shown. */
async function obtainEnvoy({ env, stderr }: Pick<CommandContext, 'env' | 'stderr'>): Promise<EnvoyProgram> {
  try {
    const tools = toolsDirectory({ environment: env, root: packageRoot, isClone, home: homedir() })
    return await ensureEnvoy({ toolsDirectory: tools, environment: env, progress: (line) => stderr(`${line}\n`) })
  } catch (cause) {
    if (cause instanceof InstallError) throw new CommandError(`There is no Envoy to run: ${cause.message}`, 1, { cause })
    throw cause
  }
}

async function startEnvoy({ config, binary, stateDir, context }: { config: RuntimeConfig; binary: string; stateDir: string; context: CommandContext }): Promise<RunningEnvoy> {
  for (const address of [config.envoy.listen, config.envoy.admin]) await start('Envoy', requireFreeAddress(address))
  const { bootstrap } = await writeXds(config, join(stateDir, 'run', 'xds'), { accessLog: false })
  const logFile = join(stateDir, 'run', 'envoy.log')
  return start('Envoy', runEnvoy({ binary, bootstrap, admin: config.envoy.admin, logFile, env: context.env, timeoutMs: ENVOY_START_TIMEOUT_MS }))
}

async function start<Started>(what: string, starting: Promise<Started>): Promise<Started> {
  try {
    return await starting
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    const hint = /EADDRINUSE|Address already in use|another process listens there/i.test(message) ? '\nAnother process has this address: stop it, or change `listen` or `envoy` in the configuration.' : ''
    throw new CommandError(`${what} could not start: ${message}${hint}`, 1, { cause })
  }
}

function announce({ app, mocks, context, log, config, path }: { app: App; mocks: MockedProviders | undefined; context: CommandContext; log: Log; config: RuntimeConfig; path: string }): void {
  const program = isClone ? `node ${relative(context.cwd, join(packageRoot, 'bin', 'tollgate'))}` : 'tollgate'
  const command = { program, options: path === 'tollgate.yaml' ? '' : ` -c ${path}` }
  context.stderr(whatToTry({ config, mocked: mocks?.addresses ?? new Map(), admin: app.addresses.admin, command }))
  log.debug({ ...app.addresses, revision: config.revision }, 'Tollgate is up.')
}

async function untilOver(envoy: RunningEnvoy, context: CommandContext): Promise<void> {
  const end = await Promise.race([context.terminated.then(() => 'wanted' as const), envoy.exited])
  if (end === 'wanted') {
    context.stderr('Stopping …\n')
    return
  }
  throw new CommandError(`Envoy ended by itself (${end.signal ?? `exit code ${String(end.code)}`}). Its log is in the state folder under run/envoy.log.`)
}
