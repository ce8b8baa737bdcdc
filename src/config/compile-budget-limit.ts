// limit:, overrides: and boosts: of a budget → what is counted, and how much of it is allowed to whom.

import type { BudgetBoost, BudgetOverride, BudgetUnit, CallerCondition } from '../budgets/budget.ts'
import { whyNotAttribute } from './compile-callers.ts'
import { listNames } from './compile-models.ts'
import type { Draft } from './draft.ts'
import { didYouMean } from './nearest-name.ts'
import { budgetBoost, budgetLimit, budgetOverride, callerCondition, type WrittenCondition } from './schema-budgets.ts'
import type { Path } from './yaml-source.ts'

const units = ['tokens', 'input_tokens', 'output_tokens', 'usd', 'requests'] as const

export interface LimitContext {
  /** Names of costs, of those too that did not compile. */
  readonly costs: ReadonlySet<string>
  readonly attributes: ReadonlySet<string>
  /** Milliseconds since 1970. */
  readonly nowMs: number
}

export interface CompiledLimit {
  readonly unit: BudgetUnit
  readonly limit: number
  readonly overrides: readonly BudgetOverride[]
  readonly boosts: readonly BudgetBoost[]
}

/** Undefined when the limit itself is wrong; overrides and boosts that are wrong are left out. `path` is that of the budget. */
export function compileBudgetLimit(draft: Draft, path: Path, context: LimitContext): CompiledLimit | undefined {
  const key = draft.keys([...path, 'limit'])[0]
  const overrides = compileOverrides(draft, path, key, context)
  const boosts = compileBoosts(draft, path, key, context)
  const unit = key === undefined ? undefined : compileUnit(draft, [...path, 'limit', key], key, context.costs)
  const limit = amountOf(draft.pick([...path, 'limit'], budgetLimit), key)
  return unit === undefined || limit === undefined ? undefined : { unit, limit, overrides, boosts }
}

function compileUnit(draft: Draft, path: Path, key: string, costs: ReadonlySet<string>): BudgetUnit | undefined {
  const kind = units.find((unit) => unit === key)
  if (kind !== undefined) {
    if (costs.has(key)) draft.warn(path, `"${key}" means the unit of budgets here, not the cost of the same name; give the cost another name if that is meant`, 'key')
    return { kind }
  }
  if (costs.has(key)) return { kind: 'cost', name: key }
  draft.problem(path, `"${key}" is neither a unit nor a cost, allowed: ${units.join(', ')}, or a cost: ${listNames([...costs])}${didYouMean(key, [...units, ...costs])}`, 'key')
  return undefined
}

function amountOf(limit: Readonly<Record<string, number | undefined>> | undefined, key: string | undefined): number | undefined {
  return key === undefined ? undefined : limit?.[key]
}

function compileOverrides(draft: Draft, path: Path, key: string | undefined, context: LimitContext): readonly BudgetOverride[] {
  const overrides: BudgetOverride[] = []
  for (let index = 0; index < draft.count([...path, 'overrides']); index += 1) {
    const at: Path = [...path, 'overrides', index]
    const where = compileCondition(draft, [...at, 'where'], context.attributes)
    checkUnit(draft, [...at, 'limit'], key)
    const limit = amountOf(draft.pick(at, budgetOverride)?.limit, key)
    if (limit !== undefined) overrides.push({ where, limit })
  }
  return overrides
}

function compileBoosts(draft: Draft, path: Path, key: string | undefined, context: LimitContext): readonly BudgetBoost[] {
  const boosts: BudgetBoost[] = []
  for (let index = 0; index < draft.count([...path, 'boosts']); index += 1) {
    const at: Path = [...path, 'boosts', index]
    const where = compileCondition(draft, [...at, 'where'], context.attributes)
    checkUnit(draft, [...at, 'limit'], key)
    const untilMs = draft.pick([...at, 'until'], budgetBoost.shape.until)
    if (untilMs !== undefined && untilMs <= context.nowMs) draft.warn([...at, 'until'], 'which is over, so this boost does nothing any more; remove it')
    const limit = amountOf(draft.pick(at, budgetBoost)?.limit, key)
    if (limit !== undefined && untilMs !== undefined) boosts.push({ where, limit, untilMs })
  }
  return boosts
}

// Whoever writes {requests: 5} for a budget in tokens may mean five of either.
function checkUnit(draft: Draft, path: Path, key: string | undefined): void {
  const other = draft.keys(path).find((written) => written !== key)
  if (key !== undefined && other !== undefined) draft.problem([...path, other], `"${other}" is not what this budget counts, allowed: ${key}, as in its limit`, 'key')
}

/** The mapping at `path`; attributes that no caller can have are problems. */
export function compileCondition(draft: Draft, path: Path, attributes: ReadonlySet<string>): CallerCondition {
  for (const attribute of draft.keys(path)) {
    const reason = whyNotAttribute(attribute, attributes)
    if (reason !== undefined) draft.problem([...path, attribute], reason, 'key')
  }
  const written: WrittenCondition = draft.pick(path, callerCondition) ?? {}
  return new Map(Object.entries(written).map(([attribute, values]) => [attribute, typeof values === 'string' ? [values] : values]))
}
