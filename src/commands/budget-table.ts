// The budgets as a table for a terminal of any width: what does not fit is left out, the least important first.

import type { ShownBudget, ShownBudgets } from '../edge/budgets-page.ts'
import { displayWidth, fitText, printable } from './display-width.ts'

export interface TableStyle {
  /** In cells; Infinity: as wide as it wants to be. */
  readonly width: number
  /** Most lines; Infinity: all. */
  readonly height: number
  readonly color: boolean
}

interface Column {
  readonly heading: string
  readonly isNumber?: boolean
  /** The smaller, the longer it stays; columns without one always stay. */
  readonly rank?: number
  cell(shown: ShownBudget, nowMs: number): string
}

const GAP = '  '
const BAR_CELLS = 10
const SGR: Readonly<Record<'short' | 'empty', string>> = { short: '\u001b[33m', empty: '\u001b[31m' }
const RESET = '\u001b[0m'

const columns: readonly Column[] = [
  { heading: 'BUDGET', cell: ({ budget }) => budget },
  { heading: 'CALLER', cell: callerText },
  { heading: 'LEFT', cell: (shown) => `${bar(shown)} ${share(shown.remaining_share).padStart(4)}`, rank: 1 },
  { heading: 'USED', isNumber: true, cell: (shown) => amountText(shown, shown.used), rank: 4 },
  { heading: 'HELD', isNumber: true, cell: (shown) => amountText(shown, shown.held), rank: 6 },
  { heading: 'REMAINING', isNumber: true, cell: (shown) => amountText(shown, shown.remaining), rank: 2 },
  { heading: 'LIMIT', isNumber: true, cell: (shown) => amountText(shown, shown.limit), rank: 5 },
  { heading: 'UNIT', cell: ({ unit }) => unit, rank: 9 },
  { heading: 'RESETS', isNumber: true, cell: ({ resets_at: at }, nowMs) => timeText(Date.parse(at) - nowMs), rank: 3 },
  { heading: 'PER HOUR', isNumber: true, cell: (shown) => amountText(shown, shown.burn_per_hour), rank: 8 },
  { heading: 'GONE IN', isNumber: true, cell: ({ gone_at: at }, nowMs) => (at === undefined ? '' : Date.parse(at) <= nowMs ? 'now' : timeText(Date.parse(at) - nowMs)), rank: 7 },
  { heading: 'NEXT', cell: ({ action }) => action ?? 'passes', rank: 0 },
]

/** Ends with a line end. */
export function formatBudgets({ time, budgets, more }: ShownBudgets, { width, height, color }: TableStyle): string {
  const nowMs = Date.parse(time)
  const kept = fitColumns(columns.map((column) => ({ column, cells: [column.heading, ...budgets.map((shown) => printable(column.cell(shown, nowMs)))] })), width)
  const lines = [undefined, ...budgets].map((shown, row) => {
    const line = kept.map(({ column, cells, cellWidth }) => align(cells[row] ?? '', cellWidth, column.isNumber === true)).join(GAP).trimEnd()
    return paint(fitText(line, width), shown, color)
  })
  const isCut = lines.length > height
  const fitting = isCut ? lines.slice(0, Math.max(1, height - 1)) : lines
  const rest = isCut || more ? [fitText('… and more: --where, --budget and --sort choose what is shown.', width)] : []
  return [...fitting, ...rest].map((line) => `${line}\n`).join('')
}

interface Fitted {
  readonly column: Column
  readonly cells: readonly string[]
  readonly cellWidth: number
}

function fitColumns(all: readonly Omit<Fitted, 'cellWidth'>[], width: number): readonly Fitted[] {
  let kept: readonly Fitted[] = all.map((each) => ({ ...each, cellWidth: Math.max(...each.cells.map(displayWidth)) }))
  for (;;) {
    const leastImportant = Math.max(...kept.map(({ column }) => column.rank ?? -1))
    const narrowed = narrowNames(kept, width, namesFor(leastImportant))
    if (leastImportant === -1 || widthOf(narrowed) <= width) return narrowed
    kept = kept.filter(({ column }) => column.rank !== leastImportant)
  }
}

/** How short names may become so that a column of this rank can stay. */
function namesFor(rank: number): number {
  if (rank > 3) return 20
  return rank > 0 ? 10 : 6
}

/** The widest of the columns that always stay gives first, and none more than down to `floor`. */
function narrowNames(kept: readonly Fitted[], width: number, floor: number): readonly Fitted[] {
  const narrowed = [...kept]
  for (let excess = widthOf(narrowed) - width; excess > 0 && excess < Infinity; excess -= 1) {
    const widest = Math.max(...narrowed.map(({ column, cellWidth }) => (column.rank === undefined ? cellWidth : 0)))
    const at = narrowed.findIndex(({ column, cellWidth }) => column.rank === undefined && cellWidth === widest)
    const fitted = narrowed[at]
    if (fitted === undefined || widest <= floor) break
    narrowed[at] = { ...fitted, cellWidth: widest - 1 }
  }
  return narrowed
}

function widthOf(kept: readonly Fitted[]): number {
  return kept.reduce((sum, { cellWidth }) => sum + cellWidth, GAP.length * (kept.length - 1))
}

function align(text: string, width: number, isNumber: boolean): string {
  const fitted = fitText(text, width)
  const space = ' '.repeat(width - displayWidth(fitted))
  return isNumber ? space + fitted : fitted + space
}

function paint(line: string, shown: ShownBudget | undefined, color: boolean): string {
  if (!color || shown === undefined || (shown.action === undefined && shown.remaining > 0)) return line
  return `${SGR[shown.remaining > 0 ? 'short' : 'empty']}${line}${RESET}`
}

function callerText({ per, caller }: ShownBudget): string {
  return per.length === 0 ? 'everybody' : per.map((name) => `${name}=${caller[name] ?? '(none)'}`).join(' ')
}

/** `█` left, as the number beside it says; `▒` held, which may come back; `░` used. Something that is not nothing takes a cell. */
function bar({ used, held, remaining, limit }: ShownBudget): string {
  const cells = (amount: number): number => (limit > 0 && amount > 0 ? Math.max(1, Math.round((BAR_CELLS * amount) / limit)) : 0)
  const others = (used > 0 ? 1 : 0) + (held > 0 ? 1 : 0)
  const left = remaining > 0 ? Math.min(BAR_CELLS - others, cells(remaining)) : 0
  const taken = BAR_CELLS - left
  const heldCells = Math.min(cells(held), used > 0 ? taken - 1 : taken)
  return '█'.repeat(left) + '▒'.repeat(heldCells) + '░'.repeat(taken - heldCells)
}

function share(remainingShare: number): string {
  // The addition is for shares like 0.29, which times 100 is a little less than 29.
  const percent = remainingShare * 100 + 1e-9
  return `${remainingShare > 0 && percent < 1 ? '<1' : Math.floor(percent)}%`
}

function amountText({ unit }: ShownBudget, amount: number): string {
  if (unit !== 'usd') return amount.toLocaleString('en-US')
  const digits = amount > 0 && amount < 1 ? 4 : 2
  return `$${amount.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`
}

/** Two units at most: `12s`, `22m 59s`, `3h 5m`, `30d 21h`. */
function timeText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m ${seconds % 60}s`
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? `${hours}h ${minutes % 60}m` : `${Math.floor(hours / 24)}d ${hours % 24}h`
}
