// Where two price lists differ, unit by unit and step by step.

import { type PriceStep, rateOf } from './model-price.ts'
import { type Unit, units } from './units.ts'

export interface PriceDifference {
  readonly unit: Unit
  /** The step: more input tokens than this. -1: from the first one on. */
  readonly above: number
  /** Pico-dollars for one. */
  readonly ours: number
  readonly theirs: number
}

/** Only units that their list names; the steps of both. */
export function comparePrices(ours: readonly PriceStep[], theirs: readonly PriceStep[]): PriceDifference[] {
  const named = units.filter((unit) => theirs.some(({ rates }) => rates[unit] !== undefined))
  const starts = [...new Set([...ours, ...theirs].map(({ above }) => above))].toSorted((a, b) => a - b)
  const differences: PriceDifference[] = []
  for (const unit of named) {
    let before: PriceDifference | undefined
    for (const above of starts) {
      const difference = { unit, above, ours: rateAbove(ours, unit, above), theirs: rateAbove(theirs, unit, above) }
      // A step that changes neither side says nothing new.
      if (difference.ours !== difference.theirs && (before?.ours !== difference.ours || before.theirs !== difference.theirs)) differences.push(difference)
      before = difference
    }
  }
  return differences
}

// A step of another's list names only what changes.
function rateAbove(steps: readonly PriceStep[], unit: Unit, above: number): number {
  const rates = Object.assign({}, ...steps.filter((step) => step.above <= above).map((step) => step.rates))
  return rateOf(rates, unit)
}
