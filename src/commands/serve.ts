// `tollgate serve`: the sidecar alone, next to an Envoy that somebody else runs.

import type { Command } from 'commander'
import type { App } from '../app/app.ts'
import { startApp } from '../app/start-app.ts'
import { toReadConfig } from '../config/packed-config.ts'
import { followConfig } from '../up/follow-config.ts'
import type { Log } from '../core/log.ts'
import { createLogger } from '../edge/logger.ts'
import { missingCredentials } from '../up/mock-missing-providers.ts'
import { writeXds } from '../up/write-xds.ts'
import { CommandError } from './command-error.ts'
import type { CommandContext } from './command-context.ts'
import { addConfigOption, addLogOptions, type ConfigOption, type LogOptions, parseSeconds, readWithSources } from './options.ts'
import { workerProgram } from './worker-program.ts'

interface ServeOptions extends ConfigOption, LogOptions {
  readonly xdsDir?: string
  readonly drainDelay: number
  readonly drainTimeout: number
}

export function addServeCommand(program: Command, context: CommandContext): void {
  const command = program.command('serve').description('Run the sidecar: the external processor, the rate limit service and the admin pages.')
  addConfigOption(command)
  addLogOptions(command)
  command
    .option('--xds-dir <dir>', 'also keep the Envoy configuration in this folder up to date, as files that Envoy reloads by itself')
    .option('--drain-delay <time>', 'on SIGTERM, keep serving this long while /readyz already says no', parseSeconds, 0)
    .option('--drain-timeout <time>', 'then wait at most this long for exchanges under way', parseSeconds, 60)
    .action(async (options: ServeOptions) => serve(options, context))
}

async function serve(options: ServeOptions, context: CommandContext): Promise<void> {
  const read = toReadConfig(await readWithSources(options.config, context))
  const { config } = read
  const log = createLogger({ level: options.logLevel, format: options.logFormat, write: (line) => context.stdout(line) })
  if (options.xdsDir !== undefined) await writeXds(config, options.xdsDir)
  const app = await startApp({ read, log, env: context.env, program: workerProgram(options, context) }).catch((cause: unknown) => {
    throw new CommandError(`Tollgate could not start: ${cause instanceof Error ? cause.message : String(cause)}`, 1, { cause })
  })
  const following = followConfig({ path: options.config, app, log, xdsDir: options.xdsDir })
  log.info({ ...app.addresses, transport: config.transport, revision: config.revision, models: config.models.size }, 'Tollgate serves.')
  for (const { name, credential } of missingCredentials(config, context.env)) {
    log.warn({ provider: name, ...(credential.kind === 'env' ? { variable: credential.name } : {}) }, 'A provider has no credential: it is left out of every chain.')
  }
  await context.terminated
  following.close()
  await drain({ app, log, options, context })
}

// A second signal cuts the waiting short: main.ts ends the process then.
async function drain({ app, log, options, context }: { app: App; log: Log; options: ServeOptions; context: CommandContext }): Promise<void> {
  log.info({ delay_s: options.drainDelay, timeout_s: options.drainTimeout }, 'Draining: exchanges under way may finish.')
  app.drain()
  await context.sleep(options.drainDelay * 1000)
  await app.close(options.drainTimeout * 1000)
  log.info({}, 'Stopped.')
}
