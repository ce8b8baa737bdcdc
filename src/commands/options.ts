// Options that several commands share, so that they mean the same everywhere.

import { type Command, InvalidArgumentError, Option } from 'commander'
import { loadConfig } from '../config/load.ts'
import { parseDuration } from '../config/parse-duration.ts'
import type { Problem } from '../config/problem.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import type { Sources } from '../config/sources.ts'
import type { LogFormat, LogLevel } from '../edge/logger.ts'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'

export interface ConfigOption {
  readonly config: string
}
export interface LogOptions {
  readonly logLevel: LogLevel
  readonly logFormat: LogFormat
}

export function addConfigOption(command: Command): void {
  command.addOption(new Option('-c, --config <file>', 'the configuration file').default('tollgate.yaml').env('TOLLGATE_CONFIG'))
}

export function addLogOptions(command: Command): void {
  command.addOption(new Option('--log-level <level>', 'what is logged').choices(['debug', 'info', 'warn', 'error']).default('info').env('TOLLGATE_LOG_LEVEL'))
  command.addOption(new Option('--log-format <format>', 'for machines or for people').choices(['json', 'pretty']).default('json').env('TOLLGATE_LOG_FORMAT'))
}

/** `30`, `30s`, `5m` → seconds. */
export function parseSeconds(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  const ms = parseDuration(text)
  if (typeof ms !== 'number') throw new InvalidArgumentError('Write a time like 30s or 5m.')
  return ms / 1000
}

/** Reads and checks the configuration; every problem is in the message of the error. Warnings go to stderr. */
export async function readConfig(path: string, context: Pick<CommandContext, 'stderr'>): Promise<RuntimeConfig> {
  return (await readWithSources(path, context)).config
}

/** The same, for a command that hands it on to other processes. */
export async function readWithSources(path: string, context: Pick<CommandContext, 'stderr'>): Promise<{ readonly config: RuntimeConfig; readonly sources: Sources }> {
  const loaded = await loadConfig(path)
  if (!loaded.ok) throw new CommandError(`${loaded.problems.map(formatProblem).join('\n')}\n${count(loaded.problems.length)} in the configuration; nothing was started.`)
  for (const warning of loaded.warnings) context.stderr(`warning: ${formatProblem(warning)}\n`)
  return loaded
}

export function formatProblem({ file, line, column, message }: Problem): string {
  return `${file}:${line}:${column}: ${message}`
}

function count(problems: number): string {
  return problems === 1 ? '1 problem' : `${problems} problems`
}
