// From the value of an expression to a charge: an integer 0 … MAX_COST, or the reason why it is none.

import { UnsignedInt } from 'cel-js/evaluator'
import { MAX_COST } from './cost.ts'
import type { CostResult } from './cost.ts'

const MAX_INT = 9_223_372_036_854_775_807n

/** 100 × 0.07 is 7.000000000000001 in binary: a double this near (relative, above 1) to an integer is meant to be it. */
const ROUNDING_NOISE = 1e-12

/** Bounds a result. Doubles are rounded up, so that a fraction of a unit is never free. */
export function toCostResult(value: unknown): CostResult {
  if (typeof value === 'number') return fromDouble(value)
  if (value instanceof UnsignedInt) return bound(value.valueOf())
  if (typeof value !== 'bigint') return { ok: false, error: 'the result is not a number' }
  // The library lets -(-2^63) through.
  if (value > MAX_INT) return { ok: false, error: 'a number left its range: above 64 bits' }
  return bound(value)
}

function bound(value: bigint): CostResult {
  if (value < 0n) return { ok: false, error: `the result is negative: ${value}` }
  if (value > MAX_COST) return { ok: true, value: MAX_COST, clamped: true }
  return { ok: true, value: Number(value), clamped: false }
}

function fromDouble(value: number): CostResult {
  if (!Number.isFinite(value)) return { ok: false, error: `the result is ${Number.isNaN(value) ? 'not a number' : 'infinite'}` }
  const nearest = Math.round(value)
  const noise = ROUNDING_NOISE * Math.max(1, Math.abs(value))
  const whole = Math.abs(value - nearest) <= noise ? nearest : Math.ceil(value)
  if (value < -noise) return { ok: false, error: `the result is negative: ${value}` }
  if (whole > MAX_COST) return { ok: true, value: MAX_COST, clamped: true }
  // Math.round(-1e-13) is -0.
  return { ok: true, value: whole === 0 ? 0 : whole, clamped: false }
}
