// `tollgate reconcile`: what a provider says was used beside what the ledger says.

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { type ColumnNames, parseProviderUsage, type ProviderUsage, usageColumns } from '../ledger/provider-usage.ts'
import { streamRows } from '../ledger/read-rows.ts'
import { type Compared, type ReconciledModel, reconcile, type Reconciliation } from '../ledger/reconcile.ts'
import { sumRows } from '../ledger/sum-rows.ts'
import type { CommandContext } from './command-context.ts'
import { CommandError } from './command-error.ts'
import { formatTable } from './format-table.ts'
import { addLedgerPlaceOptions, findLedger, type LedgerPlaceOptions } from './ledger-place.ts'

interface ReconcileOptions extends LedgerPlaceOptions {
  readonly columns?: ColumnNames
  readonly provider?: readonly string[]
  readonly tolerance: number
  readonly json?: boolean
}

const DAY_MS = 86_400_000
/** Rows are written at the end of their exchange, or a little later. */
const LATE_MS = 3_600_000

export function addReconcileCommand(program: Command, context: CommandContext): void {
  const command = program
    .command('reconcile')
    .description("Compare a provider's export of usage or costs (CSV) with the ledger, per day and model. Exits with 1 where they differ.")
    .argument('<file>', "what the provider's console exports: OpenAI's and Anthropic's are known")
  addLedgerPlaceOptions(command)
  command
    .option('--columns <names>', `what columns of the file are called: ${usageColumns.map((name) => `${name}=NAME`).join(',')}; NAME+NAME adds two up`, parseColumns)
    .option('--provider <names...>', 'compare with what these providers answered; unless given, with those that serve a model which the file names')
    .option('--tolerance <share>', 'differences up to this share are none', parseShare, 0.01)
    .option('--json', 'print the comparison as JSON')
    .action(async (file: string, options: ReconcileOptions) => reconcileFile(file, options, context))
}

function parseColumns(text: string): ColumnNames {
  return Object.fromEntries(
    text.split(',').map((part) => {
      const equals = part.indexOf('=')
      const column = usageColumns.find((name) => name === part.slice(0, equals).trim())
      if (equals === -1 || column === undefined) throw new InvalidArgumentError(`Write ${usageColumns.map((name) => `${name}=NAME`).join(',')}, or some of them.`)
      return [column, part.slice(equals + 1).split('+').map((name) => name.trim())]
    }),
  )
}

function parseShare(text: string): number {
  const match = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text)
  const share = match === null ? Number(/^(?:0(?:\.\d+)?|1)$/.test(text) ? text : Number.NaN) : Number(match[1]) / 100
  if (share >= 0 && share <= 1) return share
  throw new InvalidArgumentError('Write a share like 1% or 0.01; 0 for none.')
}

async function reconcileFile(file: string, { columns, provider, tolerance, json = false, ...place }: ReconcileOptions, context: CommandContext): Promise<void> {
  const theirs = await readUsage(resolve(context.cwd, file), columns)
  const directory = await findLedger(place, context)
  const days = theirs.map(({ day }) => day).toSorted()
  const query = { from: `${days[0]}T00:00:00.000Z`, to: new Date(Date.parse(days.at(-1) ?? '') + DAY_MS + LATE_MS).toISOString() }
  const ours = await sumRows(streamRows({ directory, query, order: 'oldest' }), ['day', 'provider', 'billed_model'])
  const result = reconcile({ theirs, ours, providers: provider === undefined ? undefined : new Set(provider.flatMap((names) => names.split(','))), tolerance })
  const apart = result.models.filter(({ verdict }) => verdict !== 'close').length
  if (json) context.stdout(`${JSON.stringify({ ok: apart === 0, tolerance, ...result }, undefined, 2)}\n`)
  else print(result, context)
  if (apart > 0) throw new CommandError(`${apart} of ${result.models.length} differ by more than ${tolerance * 100} %, or are on one side only.`)
}

async function readUsage(path: string, columns: ColumnNames | undefined): Promise<readonly ProviderUsage[]> {
  let usage: readonly ProviderUsage[]
  try {
    usage = parseProviderUsage(await readFile(path, 'utf8'), columns)
  } catch (cause) {
    throw new CommandError(`${path} cannot be read as usage: ${cause instanceof Error ? cause.message : String(cause)}.`, 1, { cause })
  }
  if (usage.length > 0) return usage
  throw new CommandError(`${path} has no line with a model and a number in it.`)
}

const HEADING = ['DAY', 'MODEL', '', 'THEIRS', 'OURS', 'DIFFERENCE', '', '']
const NUMBERS = [3, 4, 5, 6]

function print({ models, providers, unattributed }: Reconciliation, context: CommandContext): void {
  context.stdout(formatTable([HEADING, ...models.flatMap(linesOf)], { right: NUMBERS }))
  context.stderr(`Compared with what ${providers.length === 0 ? 'nobody' : providers.join(', ')} answered; days are UTC.\n`)
  if (unattributed.rows > 0) context.stderr(`${unattributed.rows} exchanges of that time ($${unattributed.cost}) are not in it: their end was not seen, or nobody answered them.\n`)
}

/** One line for each number that both sides or one of them say. */
function linesOf({ day, model, verdict, inputTokens, outputTokens, cost, estimatedRows, estimatedCost, rowsWithoutUsage }: ReconciledModel): readonly (readonly string[])[] {
  const estimates = [...(estimatedRows > 0 ? [`${estimatedRows} rows of ours are estimates ($${estimatedCost})`] : []), ...(rowsWithoutUsage > 0 ? [`${rowsWithoutUsage} without tokens`] : [])]
  const numbers: readonly (readonly [string, Compared])[] = [['input', inputTokens], ['output', outputTokens], ['USD', cost]]
  return numbers
    .filter(([, { theirs, ours }]) => theirs !== undefined || ours !== undefined)
    .map(([name, compared], index) => [...(index === 0 ? [day, model] : ['', '']), name, ...differenceOf(compared), index === 0 ? [verdict, ...estimates].join(', ') : ''])
}

function differenceOf({ theirs, ours }: Compared): readonly string[] {
  const [left, right] = [theirs?.toString() ?? '', ours?.toString() ?? '']
  if (theirs === undefined || ours === undefined) return [left, right, '', '']
  const difference = ours - theirs
  const share = theirs === 0 ? '' : `${((100 * difference) / theirs).toFixed(1)} %`
  return [left, right, String(Number(difference.toPrecision(12))), share]
}
