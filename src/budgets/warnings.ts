// Who must hear of a budget that runs low: once per counter, window and threshold, over all processes of the store.

import { after } from '../core/after.ts'
import type { Clock } from '../core/clock.ts'
import type { Standing } from './admission.ts'
import type { Budget, BudgetAction } from './budget.ts'
import type { BudgetStore } from './budget-store.ts'
import { parseCounterKey } from './counter-key.ts'
import { shareOf } from './plan-claims.ts'

/** The counter of a budget has passed the threshold of a tier, or its end. */
export interface BudgetWarning {
  readonly budget: Budget
  /** The caller's values that the counter is for. */
  readonly attributes: ReadonlyMap<string, string>
  /** What happens to requests from here on: the tier's action, or what the budget does without room. */
  readonly action: BudgetAction
  /** Of the limit, in ten-thousandths: below it the tier acts; 0 when nothing is left. */
  readonly threshold: number
  readonly limit: number
  readonly used: number
  readonly held: number
  /** When the window ends, in milliseconds since 1970. */
  readonly resetMs: number
}

export interface WarningsOptions {
  readonly store: Pick<BudgetStore, 'first'>
  readonly clock: Pick<Clock, 'now'>
  readonly onWarning: (warning: BudgetWarning) => void
}

/** Warnings that this process remembers; what it forgets is asked of the store again. */
const MAX_REMEMBERED = 10_000
/** The store forgets first: who asks it again before that would be told that somebody else was first. */
const LATER_THAN_STORE_MS = 1_000

/** To be called with every standing. Costs nothing while more than the first threshold remains. */
export function createWarnings({ store, clock, onWarning }: WarningsOptions): (standings: readonly Standing[]) => void {
  /** Name of the warning → when the window ends in which it was given. A window that slides has one counter for ever. */
  const told = new Map<string, number>()

  function tell(standing: Standing, threshold: number, action: BudgetAction): void {
    const { claim, used, held } = standing
    const name = `${claim.key}~${String(threshold)}`
    const nowMs = clock.now()
    // Exchanges may settle long after their window.
    if (claim.windowEndMs <= nowMs || (told.get(name) ?? nowMs) > nowMs) return
    if (told.size >= MAX_REMEMBERED) told.clear()
    told.set(name, claim.windowEndMs + LATER_THAN_STORE_MS)
    const warning = { budget: claim.budget, attributes: parseCounterKey(claim.key)?.attributes ?? new Map(), action, threshold, limit: claim.limitInForce, used, held, resetMs: claim.windowEndMs }
    void after(store.first(name, { nowMs, ttlMs: Math.max(1, claim.windowEndMs - nowMs) }), (isFirst) => {
      if (isFirst) onWarning(warning)
    })
  }

  return (standings) => {
    for (const standing of standings) {
      const { claim, used, held } = standing
      const remaining = claim.limitInForce - used - held
      if (remaining <= 0) tell(standing, 0, claim.budget.onExhausted)
      for (const { remainingShare, action } of claim.budget.tiers) {
        if (remaining < shareOf(claim.limitInForce, remainingShare)) tell(standing, remainingShare, action)
      }
    }
  }
}

/** Budgets that only watch, and would have refused this admission. */
export function wouldHaveDenied(standings: readonly Standing[]): readonly Budget[] {
  return standings.filter(({ claim, used, held }) => claim.budget.onExhausted === 'allow' && used + held > claim.limitInForce).map(({ claim }) => claim.budget)
}
