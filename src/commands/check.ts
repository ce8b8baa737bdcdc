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
  if (!loaded.ok) throw new CommandError(`${problems.map(formatProblem).join('\n')}\n${count(problems.length, 'problem')}.`)
  for (const warning of warnings) context.stdout(`warning: ${warning}\n`)
  const { config } = loaded
  for (const { name, api, credential } of config.providers.values())
    if (isCloud(credential)) context.stdout(`provider ${name} (${api}): ${describeCredential(credential)}; tollgate doctor tries it\n`)
  context.stdout(`${path} is valid: ${count(config.providers.size, 'provider')}, ${count(config.models.size, 'model')}, ${count(config.costs.length, 'cost')}, ${count(config.limits.length, 'limit file')} (revision ${config.revision}).\n`)
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
