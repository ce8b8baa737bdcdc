// Amounts as people read them.

import { formatDecimal, nanoToDollars } from '../core/money.ts'
import type { BudgetUnit } from './budget.ts'

const grouped = new Intl.NumberFormat('en-US')
/** Digits of a dollar after the point: amounts are nano-dollars. */
const DOLLAR_DIGITS = 9

/** `tokens`, `usd`, or the name of the cost. */
export function unitName(unit: BudgetUnit): string {
  return unit.kind === 'cost' ? unit.name : unit.kind
}

/** The bare number, for headers and tables: dollars in decimal, everything else as it is. */
export function formatAmount(unit: BudgetUnit, amount: number): string {
  return unit.kind === 'usd' ? formatDecimal(amount, DOLLAR_DIGITS) : String(amount)
}

/** As a number, for JSON: dollars in decimal, everything else as it is. */
export function amountNumber(unit: BudgetUnit, amount: number): number {
  return unit.kind === 'usd' ? nanoToDollars(amount) : amount
}

/** With its unit, for sentences: `$0.25`, `1,200 tokens`, `3 requests`. */
export function describeAmount(unit: BudgetUnit, amount: number): string {
  if (unit.kind === 'usd') return `$${formatDecimal(amount, DOLLAR_DIGITS)}`
  return `${grouped.format(amount)} ${unitName(unit).replaceAll('_', ' ')}`
}
