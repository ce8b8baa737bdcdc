// What one budget said to one model, as people read it.

import { amountNumber, unitName } from '../budgets/amount.ts'
import { type Budget, WHOLE_SHARE } from '../budgets/budget.ts'
import type { CounterState } from '../budgets/budget-store.ts'
import { describeWindow } from '../budgets/describe-window.ts'
import { missesOf } from '../budgets/explain-match.ts'
import type { Shortage } from '../budgets/judge.ts'
import { limitOf, limitSourceName } from '../budgets/limit-of.ts'
import type { BudgetSubject } from '../budgets/match-budget.ts'
import { type PlannedClaim, tiersFor } from '../budgets/plan-claims.ts'
import type { TriedModel } from '../budgets/tried-model.ts'
import { windowAt } from '../budgets/window.ts'
import type { ExplainedBudget, MissedBudget } from './explanation.ts'

export interface BudgetToExplain {
  readonly claim: Pick<PlannedClaim, 'budget' | 'limitInForce' | 'limitSource' | 'windowEndMs' | 'amount'>
  readonly model: Pick<TriedModel, 'depth' | 'isCheapest'>
  /** Before the request; undefined: nobody asked. */
  readonly counter: CounterState | undefined
  /** Undefined where it was not short. */
  readonly shortage: Shortage | undefined
}

export function explainBudget({ claim, model, counter, shortage }: BudgetToExplain): ExplainedBudget {
  const { budget } = claim
  const taken = counter === undefined ? undefined : counter.used + counter.held
  return {
    ...describeBudget(claim),
    ...(counter === undefined ? {} : explainCounter(claim, counter)),
    reserve: budget.reserve,
    needs: amountNumber(budget.unit, claim.amount),
    tiers: taken === undefined ? [] : reachedTiers(claim, model, taken),
    verdict: verdictOf(claim, taken, shortage),
    ...(shortage === undefined ? {} : { action: shortage.action }),
  }
}

/** A budget that counts a request of which nobody can say what it needs. */
export function explainUnaskedBudget(budget: Budget, attributes: ReadonlyMap<string, string>, atMs: number): ExplainedBudget {
  const { limit: limitInForce, source: limitSource } = limitOf(budget, attributes, atMs)
  const { endMs: windowEndMs } = windowAt(budget.window, atMs)
  return { ...describeBudget({ budget, limitInForce, limitSource, windowEndMs }), reserve: budget.reserve, tiers: [], verdict: 'not_asked' }
}

/** The nearest first; those that are equally near in the order of the configuration. */
export function explainMisses(budgets: readonly Budget[], subject: BudgetSubject): readonly MissedBudget[] {
  const missed = budgets.map((budget) => ({ budget: budget.name, because: missesOf(budget, subject) }))
  return missed.filter(({ because }) => because.length > 0).toSorted((a, b) => a.because.length - b.because.length)
}

function describeBudget({ budget, limitInForce, limitSource, windowEndMs }: Omit<BudgetToExplain['claim'], 'amount'>): Pick<ExplainedBudget, 'budget' | 'unit' | 'per' | 'limit' | 'limit_from' | 'limit_until' | 'window' | 'window_start' | 'resets_at'> {
  return {
    budget: budget.name,
    unit: unitName(budget.unit),
    per: budget.per,
    limit: amountNumber(budget.unit, limitInForce),
    limit_from: limitSourceName(limitSource),
    ...(limitSource.kind === 'boost' ? { limit_until: isoTime(limitSource.untilMs) } : {}),
    window: describeWindow(budget.window),
    ...(budget.window.kind === 'sliding' ? {} : { window_start: isoTime(windowAt(budget.window, windowEndMs - 1).startMs) }),
    resets_at: isoTime(windowEndMs),
  }
}

function explainCounter({ budget, limitInForce }: BudgetToExplain['claim'], { used, held }: CounterState): Pick<ExplainedBudget, 'used' | 'held' | 'left'> {
  const amount = (value: number): number => amountNumber(budget.unit, value)
  return { used: amount(used), held: amount(held), left: amount(Math.max(0, limitInForce - used - held)) }
}

function reachedTiers({ budget, limitInForce }: BudgetToExplain['claim'], model: BudgetToExplain['model'], taken: number): ExplainedBudget['tiers'] {
  const reached = tiersFor(budget, model, limitInForce).filter(({ startAt }) => taken > startAt)
  return reached.map(({ remainingShare, action, satisfied }) => ({ remaining_share: remainingShare / WHOLE_SHARE, action, satisfied }))
}

function verdictOf({ budget, limitInForce, amount }: BudgetToExplain['claim'], taken: number | undefined, shortage: Shortage | undefined): ExplainedBudget['verdict'] {
  if (taken === undefined) return shortage === undefined ? 'not_asked' : 'in_line'
  if (shortage !== undefined) return shortage.cause === 'room' ? 'no_room' : 'tier'
  return budget.onExhausted === 'allow' && taken + amount > limitInForce ? 'would_deny' : 'fits'
}

export function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
