// From the budgets that count an exchange to what must be claimed of their counters before it may begin.

import type { Budget, BudgetAction, BudgetUnit, ReserveMode } from './budget.ts'
import { WHOLE_SHARE } from './budget.ts'
import type { Claim } from './budget-store.ts'
import { counterKey } from './counter-key.ts'
import { limitOf, type LimitSource } from './limit-of.ts'
import { type BudgetSubject, mismatch } from './match-budget.ts'
import { slideAt, windowAt } from './window.ts'

/** One model that an exchange could be served by, and what that would take. */
export interface Candidate extends BudgetSubject {
  /** How many steps of `downgrade_to` it is away from what was asked. */
  readonly depth: number
  /** It is where a chain of `downgrade_to` ends, its beginning not being its end: nothing cheaper is meant to stand in for it. */
  readonly isCheapest: boolean
  /** The lowest bound on output tokens that can be set for the client; undefined: none can. */
  readonly leastOutputTokens: number | undefined
  /** What it will probably or at most use of a unit. `maxOutputTokens` replaces the client's own bound. Throws TollgateError for what cannot be bounded or priced. */
  need(unit: BudgetUnit, mode: Exclude<ReserveMode, 'none'>, maxOutputTokens?: number): number
}

/** A claim and where it comes from. */
export interface PlannedClaim extends Claim {
  readonly budget: Budget
  /** The limit in force, also where it is not enforced. */
  readonly limitInForce: number
  readonly limitSource: LimitSource
  /** Milliseconds since 1970; of a sliding window: when all that is charged now will be gone. */
  readonly windowEndMs: number
}

/** Nobody reaches it: the largest amount that a store keeps exactly. */
export const NO_LIMIT = Number.MAX_SAFE_INTEGER
/** Counters are kept this long after their window and the longest hold in it, for late settlements and for those who look back. */
const KEPT_AFTER_MS = 60 * 60 * 1000

export interface PlanInput {
  readonly budgets: readonly Budget[]
  readonly candidate: Candidate
  readonly nowMs: number
  readonly maxOutputTokens?: number
}

/** One claim for each budget that counts the candidate, in the order of the configuration. */
export function planClaims({ budgets, candidate, nowMs, maxOutputTokens }: PlanInput): readonly PlannedClaim[] {
  const claims: PlannedClaim[] = []
  for (const budget of budgets) {
    if (mismatch(budget, candidate) === undefined) claims.push(planClaim(budget, candidate, nowMs, maxOutputTokens))
  }
  return claims
}

function planClaim(budget: Budget, candidate: Candidate, nowMs: number, maxOutputTokens: number | undefined): PlannedClaim {
  const { limit: limitInForce, source: limitSource } = limitOf(budget, candidate.attributes, nowMs)
  const { startMs, endMs } = windowAt(budget.window, nowMs)
  const slide = slideAt(budget.window, nowMs)
  const isEnforced = budget.onExhausted !== 'allow'
  const base = {
    budget,
    limitInForce,
    limitSource,
    windowEndMs: endMs,
    key: counterKey(budget, candidate.attributes, slide === undefined ? startMs : undefined),
    amount: amountOf(budget, candidate, isEnforced, maxOutputTokens),
    limit: isEnforced ? limitInForce : NO_LIMIT,
    startAt: Math.min(roomStart(budget, limitInForce), ...tiersFor(budget, candidate, limitInForce).map((tier) => (tier.satisfied ? NO_LIMIT : tier.startAt))),
    forgetAtMs: endMs + budget.holdTtlMs + KEPT_AFTER_MS,
  }
  return slide === undefined ? base : { ...base, slide }
}

function amountOf(budget: Budget, candidate: Candidate, isEnforced: boolean, maxOutputTokens: number | undefined): number {
  if (budget.reserve === 'none') return 0
  // A budget that only watches refuses nobody, also for want of a price.
  if (!isEnforced) return needOrZero(budget, candidate, budget.reserve)
  return candidate.need(budget.unit, budget.reserve, maxOutputTokens)
}

function needOrZero(budget: Budget, candidate: Candidate, mode: Exclude<ReserveMode, 'none'>): number {
  try {
    return candidate.need(budget.unit, mode)
  } catch {
    return 0
  }
}

/** Where nothing is held, something must be left: used and held may be at most this for a request to begin. */
export function roomStart({ reserve, onExhausted }: Budget, limit: number): number {
  return reserve === 'none' && onExhausted !== 'allow' ? limit - 1 : NO_LIMIT
}

export interface TierState {
  readonly remainingShare: number
  readonly action: BudgetAction
  /** It acts once more than this is used and held. */
  readonly startAt: number
  /** The candidate is what it asks for. */
  readonly satisfied: boolean
}

/** What the tiers of a budget say to a candidate. The n-th of those that downgrade asks for n steps down, or for the end of the chain. */
export function tiersFor({ tiers }: Budget, { depth, isCheapest }: Pick<Candidate, 'depth' | 'isCheapest'>, limit: number): readonly TierState[] {
  let downgrades = 0
  return tiers.map(({ remainingShare, action }) => {
    if (action === 'downgrade') downgrades += 1
    const satisfied = action === 'warn' || action === 'allow' || (action === 'downgrade' && (depth >= downgrades || isCheapest))
    return { remainingShare, action, startAt: limit - shareOf(limit, remainingShare), satisfied }
  })
}

/** Rounded up: less than the share remains as soon as one unit less does. */
export function shareOf(limit: number, share: number): number {
  const whole = Math.floor(limit / WHOLE_SHARE)
  return whole * share + Math.ceil(((limit - whole * WHOLE_SHARE) * share) / WHOLE_SHARE)
}
