// Prices as people write them, read digit by digit: 0.1 dollars is a tenth of a dollar, whatever a double makes of it.

import { scaleDecimal } from '../core/money.ts'
import type { Parsed } from './problem.ts'

/** More is a mistake: the dearest model costs 600 dollars per million tokens. */
const MAX_DOLLARS = 1_000_000
/** A millionth of a dollar per million tokens is one pico-dollar per token, the smallest there is. */
const DECIMALS = 6

/** More than anyone's bill, and little enough for sums of nano-dollars to stay safe integers. */
const MAX_BUDGET_DOLLARS = 5_000_000

/** A limit in dollars → nano-dollars, digit by digit. */
export function parseBudgetDollars(input: string | number): Parsed<number> {
  const scaled = scaleDecimal(String(input).replace(/^\$/, ''), 9)
  if (scaled === undefined || !scaled.exact || scaled.value > MAX_BUDGET_DOLLARS * 1e9) return { ok: false, message: budgetDollarRule }
  return { ok: true, value: scaled.value }
}

export const budgetDollarRule = `dollars such as 100 or 0.25, from 0 to ${MAX_BUDGET_DOLLARS} and with at most 9 decimals`

export const dollarRule = `dollars such as 2.50, from 0 to ${MAX_DOLLARS} and with at most ${DECIMALS} decimals`

/** `digits`: how many decimals the result has, so that 2.5 with 6 digits is 2,500,000. YAML's numbers keep what was written: up to 15 digits. */
export function parseDollars(input: string | number, digits: number): Parsed<number> {
  const scaled = scaleDecimal(String(input).replace(/^\$/, ''), digits)
  if (scaled === undefined || scaled.value > MAX_DOLLARS * 10 ** digits) return { ok: false, message: dollarRule }
  if (scaled.exact && scaleDecimal(String(input).replace(/^\$/, ''), DECIMALS)?.exact === true) return { ok: true, value: scaled.value }
  return { ok: false, message: `${dollarRule}; finer prices cannot be counted` }
}
