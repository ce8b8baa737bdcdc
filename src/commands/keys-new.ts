// `tollgate keys new`: makes a key, prints it this once, and keeps its hash.

import { randomBytes } from 'node:crypto'
import { type Command, InvalidArgumentError } from 'commander'
import { mayUseModel } from '../callers/allowed-models.ts'
import { createApiKey, hashApiKey } from '../callers/api-key.ts'
import { KEY_ID_ATTRIBUTE } from '../callers/check-key.ts'
import { identityRule, isIdentity } from '../callers/identity.ts'
import type { KeyRecord } from '../callers/key-record.ts'
import { refuseAmbiguous } from '../callers/refuse-ambiguous.ts'
import { modelPatterns } from '../config/schema-callers.ts'
import { systemClock } from '../core/clock.ts'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'
import { type KeysPlace, readKeysPlace, withKeyBook } from './keys-place.ts'
import { addConfigOption, type ConfigOption } from './options.ts'
import { expiryRule, parseExpiry } from './parse-expiry.ts'

interface NewOptions extends ConfigOption {
  readonly user?: string
  readonly team?: string
  readonly attribute: ReadonlyMap<string, string>
  readonly models?: readonly string[]
  readonly expires?: string
  readonly json?: boolean
}

export function addKeysNewCommand(keys: Command, context: CommandContext): void {
  const command = keys.command('new').description('Make a key and print it, this once. Only its hash is kept.')
  addConfigOption(command)
  command
    .option('--user <name>', 'who holds it')
    .option('--team <name>', 'whose team that is')
    .option('-a, --attribute <name=value>', 'any other attribute that the source of keys has; may be repeated', collectAttribute, new Map())
    .option('--models <patterns...>', 'the models it may be used for, as names or patterns with *; every model unless given')
    .option('--expires <time>', 'after how long (12h, 90d, 8w, 1y) or on which day (2027-01-31) it ends; never unless given')
    .option('--json', 'print the key with everything about it as JSON')
    .action(async (options: NewOptions) => newKey(options, context))
}

function collectAttribute(text: string, before: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const equals = text.indexOf('=')
  if (equals < 1) throw new InvalidArgumentError('Write it as name=value.')
  return new Map([...before, [text.slice(0, equals), text.slice(equals + 1)]])
}

async function newKey(options: NewOptions, context: CommandContext): Promise<void> {
  const place = await readKeysPlace(options.config)
  const nowMs = systemClock.now()
  const { id, key } = createApiKey(randomBytes)
  const record: KeyRecord = {
    id,
    hash: hashApiKey(key),
    attributes: readAttributes(options, place),
    models: readModels(options.models),
    createdAtMs: nowMs,
    expiresAtMs: readExpiry(options.expires, nowMs),
    revokedAtMs: undefined,
  }
  noteUnknownModels(record, place, context)
  await withKeyBook(place, (book) => book.add(record))
  context.stdout(options.json === true ? `${JSON.stringify(describeNew(key, record), undefined, 2)}\n` : `${key}\n`)
  context.stderr(`This key is not shown again. Its id is ${id}: take it back with \`tollgate keys revoke ${id}\`.\n`)
}

function readAttributes({ user, team, attribute }: NewOptions, { config, source }: KeysPlace): ReadonlyMap<string, string> {
  const given = [...(user === undefined ? [] : [['user', user] as const]), ...(team === undefined ? [] : [['team', team] as const]), ...attribute]
  const attributes = new Map(given)
  if (attributes.size === 0) throw new CommandError('A key must say who holds it: add --user, --team or -a name=value.', 2)
  if (attributes.size < given.length) throw new CommandError('An attribute is given twice: once is enough.', 2)
  for (const [name, value] of attributes) {
    if (name === KEY_ID_ATTRIBUTE) throw new CommandError(`${KEY_ID_ATTRIBUTE} is the id that the key gets by itself: leave it out.`, 2)
    if (!source.attributes.has(name))
      throw new CommandError(`Keys have the attributes ${[...source.attributes].join(', ')}, and not ${JSON.stringify(name)}. Name it in the configuration, beside api_keys: attributes: [${name}]`, 2)
    if (!isIdentity(value) || value.trim() !== value) throw new CommandError(`${name} must be ${identityRule}, without spaces around it.`, 2)
  }
  try {
    refuseAmbiguous(config, { attributes, allowLists: [] })
  } catch (cause) {
    throw new CommandError(cause instanceof Error ? cause.message : String(cause), 2, { cause })
  }
  return attributes
}

function readModels(written: readonly string[] | undefined): readonly string[] | undefined {
  if (written === undefined) return undefined
  const parsed = modelPatterns.safeParse(written.flatMap((part) => part.split(',')).map((part) => part.trim()))
  if (!parsed.success) throw new CommandError('--models takes names of models, in which * stands for any characters.', 2)
  return parsed.data
}

function readExpiry(written: string | undefined, nowMs: number): number | undefined {
  if (written === undefined) return undefined
  const atMs = parseExpiry(written, nowMs)
  if (atMs === undefined) throw new CommandError(`--expires takes ${expiryRule}.`, 2)
  return atMs
}

// A model may come later, so this stops nothing.
function noteUnknownModels({ models = [] }: KeyRecord, { config }: KeysPlace, context: CommandContext): void {
  for (const pattern of models) {
    const isKnown = [...config.models.keys()].some((name) => mayUseModel({ attributes: new Map(), allowLists: [[pattern]] }, name))
    if (!isKnown) context.stderr(`warning: no model is called ${JSON.stringify(pattern)} now\n`)
  }
}

function describeNew(key: string, { id, attributes, models, expiresAtMs }: KeyRecord): object {
  return { key, id, attributes: Object.fromEntries(attributes), models: models ?? null, expires: expiresAtMs === undefined ? null : new Date(expiresAtMs).toISOString() }
}
