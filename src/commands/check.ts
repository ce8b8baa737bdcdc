// `tollgate check`: is the configuration right, and does it do what its author thinks?

import type { Command } from 'commander'
import { findTraps } from '../config/explain-traps.ts'
import { loadConfig } from '../config/load.ts'
import { formatProblem } from '../config/problem.ts'
import { describeCredential } from '../credentials/describe-credential.ts'
import { isCloud } from '../credentials/is-cloud.ts'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'
import { addConfigOption, type ConfigOption } from './options.ts'

interface CheckOptions extends ConfigOption {
  readonly json?: boolean
}

export function addCheckCommand(program: Command, context: CommandContext): void {
  const command = program.command('check').description('Validate the configuration and explain its traps. Exits 1 when it has problems.')
  addConfigOption(command)
  command.option('--json', 'print problems and warnings as JSON').action(async (options: CheckOptions) => check(options, context))
}

async function check({ config: path, json = false }: CheckOptions, context: CommandContext): Promise<void> {
  const loaded = await loadConfig(path)
  const problems = loaded.ok ? [] : loaded.problems
  const warnings = loaded.ok ? [...loaded.warnings.map(formatProblem), ...findTraps(loaded.config, { env: context.env }).map((trap) => trap.message)] : []
  if (json) {
    context.stdout(`${JSON.stringify({ ok: loaded.ok, problems, warnings }, undefined, 2)}\n`)
    if (!loaded.ok) throw new CommandError('')
    return
  }
  if (!loaded.ok) throw new CommandError(`${problems.map(formatProblem).join('\n')}\n${problems.length === 1 ? '1 problem' : `${problems.length} problems`}.`)
  for (const warning of warnings) context.stdout(`warning: ${warning}\n`)
  const { config } = loaded
  for (const { name, api, credential } of config.providers.values())
    if (isCloud(credential)) context.stdout(`provider ${name} (${api}): ${describeCredential(credential)}; tollgate doctor tries it\n`)
  context.stdout(`${path} is valid: ${config.providers.size} providers, ${config.models.size} models, ${config.costs.length} costs, ${config.limits.length} limit files (revision ${config.revision}).\n`)
}
