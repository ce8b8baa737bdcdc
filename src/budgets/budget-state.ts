// How budgets stand: for people who look, not for admissions. Each counter of a current window is one state.

import { createPattern } from '../core/star-pattern.ts'
import type { Budget, BudgetAction, BudgetTier } from './budget.ts'
import type { BudgetStore, CounterState } from './budget-store.ts'
import { type Burn, burnOf } from './burn-rate.ts'
import { counterKey, parseCounterKey, windowPrefix } from './counter-key.ts'
import { type LimitSource, limitOf } from './limit-of.ts'
import { shareOf } from './plan-claims.ts'
import { slideAt, type Window, windowAt } from './window.ts'

export interface BudgetState {
  readonly budget: Budget
  /** Whose counter it is: the values of the budget's `per` that he has. */
  readonly attributes: ReadonlyMap<string, string>
  /** The limit in force for him, in the integers of the unit like all amounts here. */
  readonly limit: number
  readonly limitSource: LimitSource
  readonly used: number
  readonly held: number
  /** Neither used nor held; never below 0. */
  readonly remaining: number
  /** Of the limit, 0 … 1. */
  readonly remainingShare: number
  /** Of one that slides: what counts now, and when all of it will be forgotten. */
  readonly window: Window
  /** The last tier that has been reached. */
  readonly tier: BudgetTier | undefined
  /** What the budget does about the next request, however small; undefined: nothing. */
  readonly action: BudgetAction | undefined
  readonly burn: Burn
}

export interface BudgetQuery {
  /** Attribute → exact value. Empty: everybody. */
  readonly where: ReadonlyMap<string, string>
  /** Name of the only budget to show; undefined: all. */
  readonly budget: string | undefined
  /** `remaining`: the smallest share first. `budget`: in the order of the configuration, each by share. */
  readonly sort: 'remaining' | 'budget'
  /** Most states in the answer. */
  readonly limit: number
}

export interface BudgetStates {
  readonly states: readonly BudgetState[]
  /** There are others that the query would have found. */
  readonly more: boolean
}

export interface BudgetStateSources {
  readonly budgets: readonly Budget[]
  readonly store: Pick<BudgetStore, 'read' | 'list'>
  readonly nowMs: number
}

/** Of one budget: sorting needs them all at once, and nobody reads more. */
const MAX_LISTED = 10_000
/** From the mildest to the strictest. */
const STRICTNESS: readonly BudgetAction[] = ['allow', 'warn', 'downgrade', 'queue', 'deny']

interface Counter extends CounterState {
  readonly budget: Budget
  readonly attributes: ReadonlyMap<string, string>
}

/**
 * A budget is shown when the query names all that it has counters per, also if nothing was counted yet, or when it asks for nothing that the counters
 * do not tell apart. One with a condition on an attribute that the query does not name is shown once something was counted. Rejects when the store does.
 */
export async function readBudgetStates({ budgets, store, nowMs }: BudgetStateSources, query: BudgetQuery): Promise<BudgetStates> {
  const asked = budgets.filter((budget) => (query.budget === undefined || budget.name === query.budget) && couldCount(budget, query.where))
  const named = asked.filter((budget) => budget.per.every((name) => query.where.has(name)))
  const listed = asked.filter((budget) => !named.includes(budget) && [...query.where.keys()].every((name) => budget.per.includes(name)))
  const counters = [...(await readNamed(named, store, query, nowMs))]
  let more = false
  for (const budget of listed) {
    const found = await listCounters(budget, store, query, nowMs)
    counters.push(...found.counters)
    more ||= found.more
  }
  const states = counters.map((counter) => stateOf(counter, query.where, nowMs)).toSorted(comparator(query.sort, budgets))
  return { states: states.slice(0, query.limit), more: more || states.length > query.limit }
}

/** False when what the query says of the caller is against the budget's condition. */
function couldCount({ where }: Budget, known: ReadonlyMap<string, string>): boolean {
  return [...where].every(([name, patterns]) => {
    const value = known.get(name)
    return value === undefined || patterns.some((pattern) => createPattern(pattern)(value))
  })
}

async function readNamed(budgets: readonly Budget[], store: Pick<BudgetStore, 'read'>, { where }: BudgetQuery, nowMs: number): Promise<readonly Counter[]> {
  const refs = budgets.map((budget) => {
    const { startMs, endMs } = windowAt(budget.window, nowMs)
    const slide = slideAt(budget.window, nowMs)
    return { key: counterKey(budget, where, startMs), forgetAtMs: endMs, ...(slide === undefined ? {} : { slide }) }
  })
  const states = refs.length === 0 ? [] : await store.read(refs, nowMs)
  return budgets.flatMap((budget, index) => {
    const { used = 0, held = 0 } = states[index] ?? {}
    const isCertain = where.size === 0 || [...budget.where.keys()].every((name) => where.has(name))
    return isCertain || used + held > 0 ? [{ budget, attributes: selectAttributes(budget, where), used, held }] : []
  })
}

async function listCounters(budget: Budget, store: Pick<BudgetStore, 'list'>, { where }: BudgetQuery, nowMs: number): Promise<{ readonly counters: readonly Counter[]; readonly more: boolean }> {
  const { startMs } = windowAt(budget.window, nowMs)
  const found = await store.list(windowPrefix(budget, startMs), { nowMs, limit: MAX_LISTED })
  const counters = found.flatMap(({ key, used, held }): readonly Counter[] => {
    const name = parseCounterKey(key)
    if (name === undefined) return []
    const { attributes, whole } = name
    // Counters that another configuration made for other attributes are nobody's now.
    const isOurs = whole ? counterKey(budget, attributes, startMs) === key : [...attributes.keys()].every((each) => budget.per.includes(each))
    const isAsked = [...where].every(([each, value]) => attributes.get(each) === value)
    return isOurs && isAsked && used + held > 0 ? [{ budget, attributes, used, held }] : []
  })
  return { counters, more: found.length >= MAX_LISTED }
}

function selectAttributes({ per }: Budget, where: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map(per.flatMap((name) => (where.has(name) ? [[name, where.get(name) ?? '']] : [])))
}

function stateOf({ budget, attributes, used, held }: Counter, where: ReadonlyMap<string, string>, nowMs: number): BudgetState {
  // What the query says of the caller may decide between limits, even where it makes no counter of its own.
  const { limit, source } = limitOf(budget, new Map([...where, ...attributes]), nowMs)
  const window = windowAt(budget.window, nowMs)
  const remaining = Math.max(0, limit - used - held)
  return {
    budget,
    attributes,
    limit,
    limitSource: source,
    used,
    held,
    remaining,
    remainingShare: limit === 0 ? 0 : remaining / limit,
    window,
    tier: budget.tiers.filter((tier) => isReached(tier, limit, used + held)).at(-1),
    action: actionOf(budget, limit, used + held),
    burn: burnOf({ spec: budget.window, window, used, remaining, nowMs }),
  }
}

function isReached({ remainingShare }: BudgetTier, limit: number, taken: number): boolean {
  return taken > limit - shareOf(limit, remainingShare)
}

function actionOf({ tiers, onExhausted }: Budget, limit: number, taken: number): BudgetAction | undefined {
  const actions = tiers.filter((tier) => isReached(tier, limit, taken)).map(({ action }) => action)
  if (taken >= limit) actions.push(onExhausted)
  return STRICTNESS.findLast((action) => actions.includes(action))
}

function comparator(sort: BudgetQuery['sort'], budgets: readonly Budget[]): (a: BudgetState, b: BudgetState) => number {
  const byShare = (a: BudgetState, b: BudgetState): number => a.remainingShare - b.remainingShare
  const byBudget = (a: BudgetState, b: BudgetState): number => budgets.indexOf(a.budget) - budgets.indexOf(b.budget)
  const byCaller = (a: BudgetState, b: BudgetState): number => compareTexts(callerText(a), callerText(b))
  return sort === 'remaining' ? (a, b) => byShare(a, b) || byBudget(a, b) || byCaller(a, b) : (a, b) => byBudget(a, b) || byShare(a, b) || byCaller(a, b)
}

function callerText({ attributes }: BudgetState): string {
  return [...attributes.values()].join('\0')
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
