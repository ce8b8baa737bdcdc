// `tollgate ledger`: prints the rows of the ledger, or writes them into a file.

import { createWriteStream } from 'node:fs'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { exportRows } from '../ledger/export-rows.ts'
import type { ListedRow } from '../ledger/listed-row.ts'
import { streamRows } from '../ledger/read-rows.ts'
import type { RowQuery } from '../ledger/row-query.ts'
import { formatDollars } from '../ledger/shown-row.ts'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'
import { formatTable } from './format-table.ts'
import { addLedgerPlaceOptions, collectWhere, findLedger, type LedgerPlaceOptions, parseMomentOption } from './ledger-place.ts'

interface LedgerOptions extends LedgerPlaceOptions, RowQuery {
  readonly limit?: number
  readonly oldestFirst?: boolean
  readonly format: 'table' | 'csv' | 'jsonl'
  readonly output?: string
}

/** Of a table, which is for looking at; files have everything. */
const DEFAULT_LIMIT = 50

export function addLedgerCommand(program: Command, context: CommandContext): void {
  const command = program.command('ledger').description('Print what exchanges have cost, the newest first, or export it. Works whether or not Tollgate is running.')
  addLedgerPlaceOptions(command)
  command
    .option('--from <time>', 'from this time on: 2026-03-01, 2026-03-01T12:00:00Z, or 24h or 7d ago', parseMomentOption)
    .option('--to <time>', 'before this time', parseMomentOption)
    .option('--where <attribute=value>', 'only of callers with this attribute, such as user=alice; may be repeated', collectWhere)
    .option('--model <pattern>', 'only of this model, as it was asked for, routed, called or billed; * stands for any characters')
    .option('--provider <name>', 'only answered by this provider')
    .option('--budget <name>', 'only what this budget counted')
    .option('--id <id>', 'only this exchange')
    .option('--limit <number>', `at most so many; ${DEFAULT_LIMIT} in a table, all of them otherwise`, parseLimit)
    .option('--oldest-first', 'in the order in which they were written')
    .addOption(new Option('--format <format>', 'a table for people, or everything for programs').choices(['table', 'csv', 'jsonl']).default('table'))
    .option('--output <file>', 'write into this file')
    .action(async (options: LedgerOptions) => printLedger(options, context))
}

function parseLimit(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Write a number from 1.')
}

async function printLedger(options: LedgerOptions, context: CommandContext): Promise<void> {
  const { format, output, oldestFirst = false } = options
  const directory = await findLedger(options, context)
  const limit = options.limit ?? (format === 'table' ? DEFAULT_LIMIT : Number.POSITIVE_INFINITY)
  const counted = { rows: 0, more: false }
  const rows = countRows(streamRows({ directory, query: queryOf(options), order: oldestFirst ? 'oldest' : 'newest' }), limit, counted)
  const pieces = format === 'table' ? tableOf(rows) : exportRows(rows, format)
  if (output === undefined) for await (const piece of pieces) context.stdout(piece)
  else await writeFile(resolve(context.cwd, output), pieces)
  if (counted.rows === 0) context.stderr('No row is like that.\n')
  else if (output !== undefined) context.stderr(`${counted.rows} rows in ${output}.\n`)
  else if (format === 'table' && counted.more) context.stderr(`The first ${counted.rows} rows; --limit shows more, --format csv exports all of them.\n`)
}

function queryOf({ from, to, where, model, provider, budget, id }: LedgerOptions): RowQuery {
  return {
    ...(where === undefined ? {} : { where }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(model === undefined ? {} : { model }),
    ...(provider === undefined ? {} : { provider }),
    ...(budget === undefined ? {} : { budget }),
    ...(id === undefined ? {} : { id }),
  }
}

async function* countRows(batches: AsyncIterable<readonly ListedRow[]>, limit: number, counted: { rows: number; more: boolean }): AsyncGenerator<readonly ListedRow[], void, undefined> {
  for await (const batch of batches) {
    const taken = batch.slice(0, limit - counted.rows)
    counted.rows += taken.length
    yield taken
    if (taken.length === batch.length) continue
    counted.more = true
    return
  }
}

async function writeFile(path: string, pieces: AsyncIterable<string>): Promise<void> {
  try {
    // Who asked for what is nobody else's concern.
    await pipeline(pieces, createWriteStream(path, { mode: 0o600 }))
  } catch (cause) {
    throw new CommandError(`${path} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`, 1, { cause })
  }
}

const HEADING = ['TIME', 'WHO', 'MODEL', 'PROVIDER', 'OUTCOME', 'INPUT', 'OUTPUT', 'USD', '']
const NUMBERS = [5, 6, 7]

async function* tableOf(batches: AsyncIterable<readonly ListedRow[]>): AsyncGenerator<string, void, undefined> {
  const rows: (readonly string[])[] = []
  for await (const batch of batches) for (const row of batch) rows.push(cellsOf(row))
  if (rows.length > 0) yield formatTable([HEADING, ...rows], { right: NUMBERS })
}

function cellsOf(row: ListedRow): readonly string[] {
  const { usage, nanoDollars, clientModel = '', downgradedFrom } = row
  return [
    `${row.finishedAt.slice(0, 19)}Z`,
    Object.entries(row.caller).map(([name, value]) => printable(`${name}=${value}`)).join(' '),
    printable(downgradedFrom === undefined ? clientModel : `${clientModel} (for ${downgradedFrom})`),
    row.provider ?? '',
    row.outcome,
    usage?.inputTokens?.toString() ?? '',
    usage?.outputTokens?.toString() ?? '',
    nanoDollars === undefined ? '' : formatDollars(nanoDollars),
    [...(row.estimated ? ['estimated'] : []), ...row.flags.filter((flag) => flag !== 'estimated' && flag !== row.outcome)].join(' '),
  ]
}

/** What a caller is called may come from outside, and must not move the cursor. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?')
}
