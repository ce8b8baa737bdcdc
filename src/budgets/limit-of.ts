// Which limit holds for a caller at this moment, and why that one: a boost that has not ended, else an override, else the limit of the budget.

import { memoize } from '../core/memoize.ts'
import { createPattern } from '../core/star-pattern.ts'
import type { Budget, CallerCondition } from './budget.ts'

/** `index`: its place among the budget's overrides or boosts. */
export type LimitSource =
  | { readonly kind: 'limit' }
  | { readonly kind: 'override'; readonly index: number }
  | { readonly kind: 'boost'; readonly index: number; readonly untilMs: number }

/** For people, who count from 1. */
export type LimitSourceName = 'limit' | `override ${number}` | `boost ${number}`

export function limitSourceName(source: LimitSource): LimitSourceName {
  return source.kind === 'limit' ? 'limit' : `${source.kind} ${source.index + 1}`
}

export interface LimitInForce {
  /** In the integers of the budget's unit. */
  readonly limit: number
  readonly source: LimitSource
}

const LIMIT: LimitSource = { kind: 'limit' }

/** Of the overrides and of the boosts the first that matches the caller counts; a boost until before its end. */
export function limitOf(budget: Pick<Budget, 'limit' | 'overrides' | 'boosts'>, attributes: ReadonlyMap<string, string>, nowMs: number): LimitInForce {
  for (const [index, { where, limit, untilMs }] of budget.boosts.entries()) {
    if (nowMs < untilMs && matchesCaller(where, attributes)) return { limit, source: { kind: 'boost', index, untilMs } }
  }
  for (const [index, { where, limit }] of budget.overrides.entries()) {
    if (matchesCaller(where, attributes)) return { limit, source: { kind: 'override', index } }
  }
  return { limit: budget.limit, source: LIMIT }
}

/** Every attribute of the condition must be there and match. One that the caller does not have matches nothing, not even `*`. */
export function matchesCaller(condition: CallerCondition, attributes: ReadonlyMap<string, string>): boolean {
  return testsOf(condition).every(({ name, patterns }) => {
    const value = attributes.get(name)
    return value !== undefined && patterns.some((matches) => matches(value))
  })
}

const testsOf = memoize((condition: CallerCondition) => [...condition].map(([name, patterns]) => ({ name, patterns: patterns.map(createPattern) })))
