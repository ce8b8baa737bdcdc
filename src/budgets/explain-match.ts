// Why a budget does not count a request, for people: what would have had to be another, what it is, and what would have matched.

import { createPattern } from '../core/star-pattern.ts'
import type { Budget } from './budget.ts'
import { type BudgetSubject, countsProvider } from './match-budget.ts'

/** One thing that would have had to be another. */
export interface Miss {
  readonly what: 'caller' | 'model' | 'route' | 'provider'
  /** The caller's attribute; only where `what` is `caller`. */
  readonly attribute?: string
  /** What it is; empty: the caller has no such attribute, or no route chose the model. */
  readonly found: readonly string[]
  /** Patterns (`*`: any characters; names of routes as they are), one of which would have matched. */
  readonly wanted: readonly string[]
}

/** Everything that is in the way; empty for a budget that counts the request. */
export function missesOf(budget: Budget, { attributes, clientModel, providers, route }: BudgetSubject): readonly Miss[] {
  const misses: Miss[] = []
  for (const [attribute, wanted] of budget.where) {
    const value = attributes.get(attribute)
    if (value === undefined || !isAmong(wanted, value)) misses.push({ what: 'caller', attribute, found: value === undefined ? [] : [value], wanted })
  }
  if (budget.models.length > 0 && !isAmong(budget.models, clientModel)) misses.push({ what: 'model', found: [clientModel], wanted: budget.models })
  if (budget.routes.length > 0 && (route === undefined || !budget.routes.includes(route))) misses.push({ what: 'route', found: route === undefined ? [] : [route], wanted: budget.routes })
  if (!providers.some((provider) => countsProvider(budget, provider))) misses.push({ what: 'provider', found: providers, wanted: budget.providers })
  return misses
}

function isAmong(patterns: readonly string[], value: string): boolean {
  return patterns.some((pattern) => createPattern(pattern)(value))
}
