// `tollgate keys`: Tollgate's own API keys, made, listed and revoked.

import type { Command } from 'commander'
import { isApiKey, isApiKeyId } from '../callers/api-key.ts'
import { encodeKeyRecord, type KeyRecord } from '../callers/key-record.ts'
import { systemClock } from '../core/clock.ts'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'
import { formatTable } from './format-table.ts'
import { addKeysNewCommand } from './keys-new.ts'
import { readKeysPlace, withKeyBook } from './keys-place.ts'
import { addConfigOption, type ConfigOption } from './options.ts'

interface ListOptions extends ConfigOption {
  readonly json?: boolean
}

export function addKeysCommand(program: Command, context: CommandContext): void {
  const keys = program.command('keys').description('Make, list and revoke API keys, kept where api_keys in callers says.')
  addKeysNewCommand(keys, context)
  const list = keys.command('list').description('Show whose keys there are, and which of them are good. The keys themselves are nowhere to be shown.')
  addConfigOption(list)
  list.option('--json', 'print the list as JSON').action(async (options: ListOptions) => listKeys(options, context))
  const revoke = keys.command('revoke').description('Make a key worthless, within a second.').argument('<id>', 'its id; a whole key will do')
  addConfigOption(revoke)
  revoke.action(async (id: string, options: ConfigOption) => revokeKey(id, options, context))
}

async function listKeys({ config, json = false }: ListOptions, context: CommandContext): Promise<void> {
  const place = await readKeysPlace(config)
  const records = await withKeyBook(place, (book) => book.list())
  const nowMs = systemClock.now()
  if (json) {
    const shown = records.map((record) => ({ ...encodeKeyRecord(record), hash: undefined, state: stateOf(record, nowMs) }))
    context.stdout(`${JSON.stringify(shown, undefined, 2)}\n`)
    return
  }
  if (records.length === 0) return context.stderr(`There are no keys in ${place.shown}. Make one: tollgate keys new --user NAME\n`)
  const rows = records.map((record) => [
    record.id,
    stateOf(record, nowMs),
    [...record.attributes].map(([name, value]) => `${name}=${value}`).join(' '),
    record.models?.join(' ') ?? '*',
    day(record.createdAtMs),
    record.expiresAtMs === undefined ? 'never' : day(record.expiresAtMs),
  ])
  context.stdout(formatTable([['ID', 'STATE', 'WHO', 'MODELS', 'MADE', 'EXPIRES'], ...rows]))
}

async function revokeKey(text: string, { config }: ConfigOption, context: CommandContext): Promise<void> {
  // Who finds a key in the wrong place has the whole of it; it is not repeated.
  const id = isApiKey(text) ? text.split('-')[1] : text
  if (id === undefined || !isApiKeyId(id)) throw new CommandError('That is no id of a key: `tollgate keys list` shows them.', 2)
  const place = await readKeysPlace(config)
  const record = await withKeyBook(place, (book) => book.revoke(id, systemClock.now()))
  if (record === undefined) throw new CommandError(`There is no key ${id} in ${place.shown}.`)
  context.stdout(`The key ${id} is revoked: no request with it is accepted after one second.\n`)
}

function stateOf({ revokedAtMs, expiresAtMs }: KeyRecord, nowMs: number): 'good' | 'revoked' | 'expired' {
  if (revokedAtMs !== undefined) return 'revoked'
  return expiresAtMs !== undefined && expiresAtMs <= nowMs ? 'expired' : 'good'
}

function day(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10)
}
