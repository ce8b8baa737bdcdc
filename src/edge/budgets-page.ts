// `GET /budgets`: how the budgets stand, in JSON.

import { amountNumber, unitName } from '../budgets/amount.ts'
import { type Budget, WHOLE_SHARE } from '../budgets/budget.ts'
import { type BudgetQuery, type BudgetState, type BudgetStates, readBudgetStates } from '../budgets/budget-state.ts'
import type { BudgetStore } from '../budgets/budget-store.ts'
import { describeWindow } from '../budgets/describe-window.ts'
import { type LimitSourceName, limitSourceName } from '../budgets/limit-of.ts'
import type { Clock } from '../core/clock.ts'
import { TollgateError } from '../core/errors.ts'
import { type AdminAnswer, type AdminPage, type AdminRequest, jsonAnswer } from './admin-page.ts'

/** Amounts are dollars where `unit` is `usd`, else integers. Times are ISO 8601. */
export interface ShownBudget {
  readonly budget: string
  /** The attributes of which each combination of values has a counter; none: one counter for everybody. */
  readonly per: readonly string[]
  /** Attribute → value, without those that the caller does not have. */
  readonly caller: Readonly<Record<string, string>>
  readonly unit: string
  readonly limit: number
  /** Numbered as in the configuration, from 1. */
  readonly limit_from: LimitSourceName
  /** When a boost ends. */
  readonly limit_until?: string
  readonly used: number
  readonly held: number
  readonly remaining: number
  /** Of the limit, 0 … 1. */
  readonly remaining_share: number
  /** In words: `day (Europe/Berlin)`. */
  readonly window: string
  readonly window_start: string
  /** Of a window that slides: when all of what counts now will be forgotten. */
  readonly resets_at: string
  /** The last tier that has been reached: its share and what it asks for. */
  readonly tier?: { readonly remaining_share: number; readonly action: string }
  /** What happens to the next request; missing: it is let through. */
  readonly action?: string
  readonly burn_per_hour: number
  /** When nothing will be left at this rate, if that is before the reset. */
  readonly gone_at?: string
  /** Patterns of what it counts; missing: everything. */
  readonly models?: readonly string[]
  readonly providers?: readonly string[]
  readonly routes?: readonly string[]
}

export interface ShownBudgets {
  readonly time: string
  readonly budgets: readonly ShownBudget[]
  /** Others would have been found; ask for fewer callers, or with a larger `limit`. */
  readonly more: boolean
}

export interface BudgetsPageOptions {
  readonly budgets: () => readonly Budget[]
  readonly store: Pick<BudgetStore, 'read' | 'list'>
  readonly clock: Clock
}

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1_000
/** Before a parameter's name: it is an attribute, whatever it is called. */
const ATTRIBUTE_PREFIX = 'caller.'

export function createBudgetsPage({ budgets, store, clock }: BudgetsPageOptions): AdminPage {
  return {
    async GET(request): Promise<AdminAnswer> {
      const configured = budgets()
      const query = parseQuery(request, configured)
      const nowMs = clock.now()
      const found = await readBudgetStates({ budgets: configured, store, nowMs }, query).catch((cause: unknown) => {
        throw new TollgateError('budgets_unavailable', 'The counters cannot be reached now. /readyz and the log say more.', { cause })
      })
      return jsonAnswer(showBudgets(found, nowMs))
    },
  }
}

function parseQuery({ query }: AdminRequest, budgets: readonly Budget[]): BudgetQuery {
  const where = new Map<string, string>()
  let budget: string | undefined
  let sort: BudgetQuery['sort'] = 'remaining'
  let limit = DEFAULT_LIMIT
  for (const [name, value] of query) {
    if (name === 'budget') budget = parseBudget(value, budgets)
    else if (name === 'sort') sort = parseSort(value)
    else if (name === 'limit') limit = parseLimit(value)
    else where.set(parseAttribute(name, budgets), value)
  }
  return { where, budget, sort, limit }
}

function parseBudget(name: string, budgets: readonly Budget[]): string {
  if (budgets.some((budget) => budget.name === name)) return name
  throw wrong('budget', `there is no budget ${JSON.stringify(name)}; there are: ${list(budgets.map((budget) => budget.name))}`)
}

function parseSort(text: string): BudgetQuery['sort'] {
  if (text === 'remaining' || text === 'budget') return text
  throw wrong('sort', 'allowed: remaining or budget')
}

function parseLimit(text: string): number {
  const limit = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= MAX_LIMIT) return limit
  throw wrong('limit', `allowed: a number from 1 to ${MAX_LIMIT}`)
}

function parseAttribute(parameter: string, budgets: readonly Budget[]): string {
  const name = parameter.startsWith(ATTRIBUTE_PREFIX) ? parameter.slice(ATTRIBUTE_PREFIX.length) : parameter
  const known = new Set(budgets.flatMap(({ per, where, overrides, boosts }) => [...per, ...where.keys(), ...[...overrides, ...boosts].flatMap((rule) => [...rule.where.keys()])]))
  if (known.has(name)) return name
  throw wrong(parameter, `no budget asks for the attribute ${JSON.stringify(name)}; they ask for: ${list([...known])}. Other parameters are budget, sort and limit`)
}

function wrong(parameter: string, problem: string): TollgateError {
  return new TollgateError('malformed_request', `The parameter ${JSON.stringify(parameter)}: ${problem}.`)
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ')
}

function showBudgets({ states, more }: BudgetStates, nowMs: number): ShownBudgets {
  return { time: isoTime(nowMs), budgets: states.map(showBudget), more }
}

function showBudget({ budget, attributes, limit, limitSource, used, held, remaining, remainingShare, window, tier, action, burn }: BudgetState): ShownBudget {
  const amount = (value: number): number => amountNumber(budget.unit, value)
  return {
    budget: budget.name,
    per: budget.per,
    caller: Object.fromEntries(attributes),
    unit: unitName(budget.unit),
    limit: amount(limit),
    limit_from: limitSourceName(limitSource),
    ...(limitSource.kind === 'boost' ? { limit_until: isoTime(limitSource.untilMs) } : {}),
    used: amount(used),
    held: amount(held),
    remaining: amount(remaining),
    remaining_share: Math.round(remainingShare * WHOLE_SHARE) / WHOLE_SHARE,
    window: describeWindow(budget.window),
    window_start: isoTime(window.startMs),
    resets_at: isoTime(window.endMs),
    ...(tier === undefined ? {} : { tier: { remaining_share: tier.remainingShare / WHOLE_SHARE, action: tier.action } }),
    ...(action === undefined ? {} : { action }),
    burn_per_hour: amount(burn.perHour),
    ...(burn.goneAtMs === undefined ? {} : { gone_at: isoTime(burn.goneAtMs) }),
    ...showScope(budget),
  }
}

function showScope({ models, providers, routes }: Budget): Pick<ShownBudget, 'models' | 'providers' | 'routes'> {
  return { ...(models.length === 0 ? {} : { models }), ...(providers.length === 0 ? {} : { providers }), ...(routes.length === 0 ? {} : { routes }) }
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
