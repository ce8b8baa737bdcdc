// A provider's own account of what was used: the CSV that its console exports, per day and model. Columns are known by their names, or named.

import { scaleDecimal } from '../core/money.ts'
import { type CsvRecord, parseCsv } from './csv.ts'

/** Undefined: the file does not say. */
export interface ProviderUsage {
  /** In UTC: `2026-03-01`. */
  readonly day: string
  /** As the provider writes it. */
  readonly model: string
  readonly requests: number | undefined
  /** All of it, what was read from and written to a cache included. */
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly nanoDollars: bigint | undefined
}

export const usageColumns = ['date', 'model', 'requests', 'input', 'output', 'cost'] as const
export type UsageColumn = (typeof usageColumns)[number]

/** Column → the names it has in the file, whose numbers are added up. */
export type ColumnNames = Readonly<Partial<Record<UsageColumn, readonly string[]>>>

/**
 * The first that a file has counts. OpenAI: its exports of usage (`input_tokens` is all of it), of costs (`line_item`), and the one before both
 * (`n_…`). Anthropic: its exports of usage, where every kind of input has a column of its own, and of costs.
 */
const KNOWN: Readonly<Record<UsageColumn, readonly (readonly string[])[]>> = {
  date: [['usage_date_utc'], ['start_time_iso'], ['date'], ['day'], ['usage_date'], ['start_time'], ['timestamp']],
  model: [['model_version'], ['model'], ['snapshot_id'], ['line_item']],
  requests: [['num_model_requests'], ['n_requests'], ['requests']],
  input: [
    ['input_tokens'],
    ['usage_input_tokens_no_cache', 'usage_input_tokens_cache_write_5m', 'usage_input_tokens_cache_write_1h', 'usage_input_tokens_cache_read'],
    ['usage_input_tokens_no_cache', 'usage_input_tokens_cache_write', 'usage_input_tokens_cache_read'],
    ['n_context_tokens_total'],
    ['prompt_tokens'],
  ],
  output: [['output_tokens'], ['usage_output_tokens'], ['n_generated_tokens_total'], ['completion_tokens']],
  cost: [['cost_usd'], ['amount_value'], ['cost'], ['amount']],
}

const NANO_POWER = 9

/** Throws an Error that says what is missing or wrong, and on which line. Lines of days without usage are left out. */
export function parseProviderUsage(text: string, named: ColumnNames = {}): readonly ProviderUsage[] {
  const [heading, ...records] = parseCsv(text)
  if (heading === undefined) throw new Error('the file is empty')
  const columns = findColumns(heading.cells.map((cell) => cell.trim()), named)
  return records.flatMap((record) => {
    const usage = readRecord(record, columns)
    return usage === undefined ? [] : [usage]
  })
}

/** Positions of the cells that make up each column; empty where the file has none. */
type Positions = Readonly<Record<UsageColumn, readonly number[]>>

function findColumns(heading: readonly string[], named: ColumnNames): Positions {
  const lower = heading.map((name) => name.toLowerCase())
  const positionsOf = (column: UsageColumn): readonly number[] => {
    const given = named[column]
    const missing = given?.find((name) => !lower.includes(name.toLowerCase()))
    if (missing !== undefined) throw new Error(`there is no column ${JSON.stringify(missing)}; there are ${heading.join(', ')}`)
    const names = given ?? KNOWN[column].find((each) => each.every((name) => lower.includes(name))) ?? []
    return names.map((name) => lower.indexOf(name.toLowerCase()))
  }
  const positions = { date: positionsOf('date'), model: positionsOf('model'), requests: positionsOf('requests'), input: positionsOf('input'), output: positionsOf('output'), cost: positionsOf('cost') }
  for (const column of ['date', 'model'] as const) {
    if (positions[column].length !== 1) throw new Error(`no column is known to be the ${column}; name it with --columns ${column}=NAME. There are ${heading.join(', ')}`)
  }
  if (positions.input.length + positions.output.length + positions.cost.length === 0)
    throw new Error(`no column is known to be tokens or costs; name them with --columns input=NAME,output=NAME,cost=NAME. There are ${heading.join(', ')}`)
  return positions
}

function readRecord({ line, cells }: CsvRecord, columns: Positions): ProviderUsage | undefined {
  const cell = (position: number | undefined): string => (cells[position ?? -1] ?? '').trim()
  const model = modelOf(cell(columns.model[0]))
  const numbers = [...columns.requests, ...columns.input, ...columns.output, ...columns.cost]
  if (model === '' || numbers.every((position) => cell(position) === '')) return undefined
  const day = dayOf(cell(columns.date[0]))
  if (day === undefined) throw new Error(`line ${line}: ${JSON.stringify(cell(columns.date[0]))} is no date: 2026-03-01, a time in ISO 8601 or seconds since 1970`)
  const sum = (positions: readonly number[], power: number): bigint | undefined => {
    if (positions.length === 0) return undefined
    return positions.reduce((total, position) => total + readNumber(cell(position), { power, line }), 0n)
  }
  const count = (positions: readonly number[]): number | undefined => {
    const total = sum(positions, 0)
    return total === undefined ? undefined : Number(total)
  }
  return { day, model, requests: count(columns.requests), inputTokens: count(columns.input), outputTokens: count(columns.output), nanoDollars: sum(columns.cost, NANO_POWER) }
}

/** A line of OpenAI's costs is `gpt-4o-2024-08-06, input`. */
function modelOf(text: string): string {
  return text.split(',')[0]?.trim() ?? ''
}

function dayOf(text: string): string | undefined {
  const atMs = /^\d{9,11}$/.test(text) ? Number(text) * 1000 : /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? undefined : new Date(atMs).toISOString().slice(0, 'YYYY-MM-DD'.length)
}

/** Credits are negative; empty is nothing. */
function readNumber(text: string, { power, line }: { readonly power: number; readonly line: number }): bigint {
  if (text === '') return 0n
  const [, sign = '', digits = ''] = /^(-?)\$?(.*)$/.exec(text.replaceAll(',', '')) ?? []
  const value = scaleDecimal(digits, power)
  if (value === undefined) throw new Error(`line ${line}: ${JSON.stringify(text)} is no number`)
  return BigInt(sign === '-' ? -value.value : value.value)
}
