// Where the ledger is that a command is about: the one of the configuration, or a directory that was named.

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { systemClock } from '../core/clock.ts'
import { listSegments } from '../ledger/segment-files.ts'
import { momentRule, parseMoment } from '../ledger/parse-moment.ts'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'
import { addConfigOption, type ConfigOption, readConfig } from './options.ts'

export interface LedgerPlaceOptions extends ConfigOption {
  readonly ledger?: string
}

export function addLedgerPlaceOptions(command: Command): void {
  addConfigOption(command)
  command.option('--ledger <directory>', 'where the ledger is, instead of what the configuration says')
}

/** Absolute. Throws a CommandError where there is no ledger. */
export async function findLedger(options: LedgerPlaceOptions, context: CommandContext): Promise<string> {
  const directory = options.ledger === undefined ? await configuredLedger(options.config, context) : resolve(context.cwd, options.ledger)
  if (!existsSync(directory) || listSegments(directory).length === 0) throw new CommandError(`There is no ledger in ${directory} yet: nothing has been written.`)
  return directory
}

async function configuredLedger(config: string, context: CommandContext): Promise<string> {
  const { ledger } = await readConfig(config, context)
  if (ledger !== undefined) return ledger.directory
  throw new CommandError(`${config} asks for no ledger: there are no budgets in it, or ledger is off. Add a section ledger, or name a directory with --ledger.`)
}

/** For --from and --to. */
export function parseMomentOption(text: string): string {
  const moment = parseMoment(text, systemClock.now())
  if (moment !== undefined) return moment
  throw new InvalidArgumentError(`Write ${momentRule}.`)
}

/** For --where, which may be repeated. */
export function collectWhere(text: string, before: ReadonlyMap<string, string> = new Map()): ReadonlyMap<string, string> {
  const equals = text.indexOf('=')
  if (equals < 1) throw new InvalidArgumentError('Write it as attribute=value.')
  return new Map([...before, [text.slice(0, equals), text.slice(equals + 1)]])
}
