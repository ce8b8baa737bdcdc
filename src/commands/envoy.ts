// `tollgate envoy`: the Envoy configuration that goes with tollgate.yaml, printed or written.

import { writeFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import type { EnvoyVersion } from '../config/runtime-config.ts'
import { renderBootstrap } from '../envoy/render.ts'
import { renderAnnotated } from '../envoy/to-yaml.ts'
import { writeXds } from '../up/write-xds.ts'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'
import { addConfigOption, type ConfigOption, readConfig } from './options.ts'

interface EnvoyOptions extends ConfigOption {
  readonly envoyVersion?: EnvoyVersion
  readonly output?: string
  readonly xdsDir?: string
  readonly json?: boolean
  readonly accessLog: boolean
  readonly extprocAddress?: string
  readonly ratelimitAddress?: string
  readonly caFile?: string
}

export function addEnvoyCommand(program: Command, context: CommandContext): void {
  const command = program.command('envoy').description('Print the Envoy configuration that goes with tollgate.yaml, with every setting explained.')
  addConfigOption(command)
  command
    .addOption(new Option('--envoy-version <version>', 'the Envoy it is for, instead of envoy.version in the configuration').choices(['1.37', '1.38', '1.39', '1.40']))
    .option('-o, --output <file>', 'write it there instead of printing it')
    .option('--xds-dir <dir>', 'write files that Envoy reloads by itself (bootstrap.yaml starts it) instead of one static configuration')
    .option('--extproc-address <address>', 'where Envoy reaches the processor, when that differs from listen.extproc')
    .option('--ratelimit-address <address>', 'where Envoy reaches the rate limit service, when that differs from listen.ratelimit')
    .option('--ca-file <file>', 'certificates to trust for providers without a ca_file')
    .option('--no-access-log', 'leave out the access log on standard output')
    .option('--json', 'print JSON instead of commented YAML')
    .action(async (options: EnvoyOptions) => printEnvoy(options, context))
}

async function printEnvoy(options: EnvoyOptions, context: CommandContext): Promise<void> {
  if (options.xdsDir !== undefined && options.output !== undefined) throw new CommandError('--xds-dir and --output exclude each other: a folder of files, or one file.', 2)
  const config = await readConfig(options.config, context)
  const render = {
    ...(options.envoyVersion === undefined ? {} : { version: options.envoyVersion }),
    ...(options.caFile === undefined ? {} : { systemCaFile: options.caFile }),
    accessLog: options.accessLog,
    connect: {
      ...(options.extprocAddress === undefined ? {} : { extproc: options.extprocAddress }),
      ...(options.ratelimitAddress === undefined ? {} : { ratelimit: options.ratelimitAddress }),
    },
  }
  if (options.xdsDir !== undefined) {
    const { bootstrap, changed } = await writeXds(config, options.xdsDir, render)
    context.stderr(`${changed.length === 0 ? 'Nothing has changed.' : `Written: ${changed.join(', ')}.`} Start Envoy with: envoy -c ${bootstrap}\n`)
    return
  }
  const header = [`Envoy ${options.envoyVersion ?? config.envoy.version} for tollgate, made from ${options.config} (revision ${config.revision}).`]
  const text = options.json === true ? `${JSON.stringify(renderBootstrap(config, render).bootstrap, undefined, 2)}\n` : renderAnnotated(config, { ...render, header })
  if (options.output === undefined) return context.stdout(text)
  try {
    await writeFile(options.output, text)
  } catch (cause) {
    throw new CommandError(`Cannot write ${options.output}: ${cause instanceof Error ? cause.message : String(cause)}`, 1, { cause })
  }
}
