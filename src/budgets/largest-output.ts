// The longest answer that would still fit: what a clamp allows, and what a denial tells the client.

import type { Candidate, PlannedClaim } from './plan-claims.ts'
import type { CounterState } from './budget-store.ts'

/** Above it nobody counts: no model answers with more. */
const LONGEST_OUTPUT = 1 << 24

/**
 * The largest bound on output tokens with which every claim fits into what its counter has left; undefined when even an answer of one token would not.
 * Needs grow with the bound, so it is found by halving.
 */
export function largestOutput(candidate: Candidate, claims: readonly PlannedClaim[], counters: readonly CounterState[]): number | undefined {
  const fits = (maxOutputTokens: number): boolean => claims.every((claim, index) => fitsInto(candidate, claim, counters[index], maxOutputTokens))
  if (!fits(1)) return undefined
  let low = 1
  let high = LONGEST_OUTPUT
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(middle)) low = middle
    else high = middle - 1
  }
  return low
}

function fitsInto(candidate: Candidate, { budget, limit, startAt }: PlannedClaim, counter: CounterState | undefined, maxOutputTokens: number): boolean {
  const taken = (counter?.used ?? 0) + (counter?.held ?? 0)
  if (taken > startAt) return false
  if (budget.reserve === 'none' || limit === Number.MAX_SAFE_INTEGER) return true
  return taken + candidate.need(budget.unit, budget.reserve, maxOutputTokens) <= limit
}
