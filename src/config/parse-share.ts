// Shares as people write them: with their sign, because a bare 50 could be meant as tokens.

import { scaleDecimal } from '../core/money.ts'
import type { Parsed } from './problem.ts'

/** `50%`, `12.5%` → ten-thousandths, 1 … 10,000. */
export function parseShare(text: string): Parsed<number> {
  const scaled = text.endsWith('%') ? scaleDecimal(text.slice(0, -1), 2) : undefined
  if (scaled === undefined || !scaled.exact || scaled.value < 1 || scaled.value > 10_000) return { ok: false, message: shareRule }
  return { ok: true, value: scaled.value }
}

export const shareRule = 'a share such as 50% or 12.5%; more than 0%, at most 100%, with at most two decimals'
