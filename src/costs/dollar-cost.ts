// The cost in dollars, in the unit that a hit can count: Envoy takes integers up to 1e9, so millionths of a dollar.

import { NANO_PER_MICRO } from '../core/money.ts'
import { MAX_COST, type Cost, type CostResult } from './cost.ts'

/** Micro-dollars, rounded up. Evaluating it fails when no price is known: that is not 0. */
export function createDollarCost(name: string): Cost {
  return {
    name,
    type: 'MicroDollar',
    expression: undefined,
    evaluate({ nanoDollars }): CostResult {
      if (nanoDollars === undefined) return { ok: false, error: 'no price is known for this model of this provider' }
      const value = Math.ceil(nanoDollars / NANO_PER_MICRO)
      return { ok: true, value: Math.min(value, MAX_COST), clamped: value > MAX_COST }
    },
  }
}
