// Which budgets an exchange is charged to.

import { memoize } from '../core/memoize.ts'
import { createPattern } from '../core/star-pattern.ts'
import type { Budget } from './budget.ts'
import { matchesCaller } from './limit-of.ts'

/** What budgets can be told apart by. */
export interface BudgetSubject {
  readonly attributes: ReadonlyMap<string, string>
  readonly clientModel: string
  /** Who may be asked; a budget of some providers counts when one of them is among these. */
  readonly providers: readonly string[]
  /** The header route that chose the model. */
  readonly route: string | undefined
}

type Mismatch = 'caller' | 'model' | 'provider' | 'route'

/** Why a budget does not count an exchange; undefined when it does. */
export function mismatch(budget: Budget, { attributes, clientModel, providers, route }: BudgetSubject): Mismatch | undefined {
  const { isModel } = matchers(budget)
  if (!matchesCaller(budget.where, attributes)) return 'caller'
  if (!isModel(clientModel)) return 'model'
  if (budget.routes.length > 0 && (route === undefined || !budget.routes.includes(route))) return 'route'
  return providers.some((provider) => countsProvider(budget, provider)) ? undefined : 'provider'
}

/** Whether what this provider serves is charged to the budget. */
export function countsProvider(budget: Budget, provider: string): boolean {
  return matchers(budget).isProvider(provider)
}

const matchers = memoize((budget: Budget) => ({ isModel: anyOf(budget.models), isProvider: anyOf(budget.providers) }))

function anyOf(patterns: readonly string[]): (name: string) => boolean {
  if (patterns.length === 0) return () => true
  const tests = patterns.map(createPattern)
  return (name) => tests.some((test) => test(name))
}
