// The charge of one exchange: every cost gets a number, whatever happens, because the answer was already served.

import { memoize } from '../core/memoize.ts'
import { MAX_COST } from './cost.ts'
import type { Cost, CostInput } from './cost.ts'

export interface ComputedCosts {
  /** Cost name → integer 0 … MAX_COST, in the order of the configuration; without costs in dollars when no price is known. */
  readonly values: Map<string, number>
  /** CEL costs that failed at run time; their value is the estimate. Nothing of the request but numbers is in `error`. */
  readonly failures: { readonly cost: string; readonly error: string }[]
  /** True when at least one value is an estimate. Says nothing about usage that was itself estimated (Usage.flags does). */
  readonly estimated: boolean
}

/**
 * Computes every cost of an exchange from its usage.
 *
 * A cost that cannot be computed (its expression fails, or it is a count that nobody said) is charged the estimate of that same cost,
 * and without one the total tokens of the usage. Unknown is never free: only when the total is unknown too does it come to 0. Tokens are no
 * dollars, so a cost in dollars has no value at all then: Envoy makes no charge from metadata that is not there.
 * @param estimates cost name → what was charged provisionally for this exchange; undefined when nothing was
 */
export function computeCosts(costs: readonly Cost[], input: CostInput, estimates: ReadonlyMap<string, number> | undefined): ComputedCosts {
  const values = new Map<string, number>()
  const failures: { cost: string; error: string }[] = []
  let estimated = false
  for (const cost of costs) {
    const result = cost.evaluate(input)
    if (result.ok) {
      values.set(cost.name, result.value)
      continue
    }
    const estimate = estimates?.get(cost.name) ?? (cost.type === 'MicroDollar' ? undefined : (input.usage.totalTokens ?? 0))
    if (estimate === undefined) continue
    estimated = true
    values.set(cost.name, toCharge(estimate))
    if (cost.type === 'CEL') failures.push({ cost: cost.name, error: result.error })
  }
  return { values, failures, estimated }
}

/** Every cost as 0: what an exchange is charged that reached no provider. */
export const zeroCosts: (costs: readonly Cost[]) => ReadonlyMap<string, number> = memoize((costs) => new Map(costs.map((cost) => [cost.name, 0])))

// Estimates come from outside this room: Envoy would drop a value that is no integer 0 … 1e9.
function toCharge(value: number): number {
  return Number.isNaN(value) ? 0 : Math.min(MAX_COST, Math.max(0, Math.ceil(value)))
}
