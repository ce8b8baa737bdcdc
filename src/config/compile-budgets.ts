// budgets: → compiled budgets. What only shows when they are seen beside models, prices and limits is in check-budgets.ts.

import type { Budget, BudgetTier, WindowSpec } from '../budgets/budget.ts'
import { createPattern } from '../core/star-pattern.ts'
import type { Cost } from '../costs/cost.ts'
import { compileBudgetLimit, compileCondition, type CompiledLimit, type LimitContext } from './compile-budget-limit.ts'
import { compileWindow } from './compile-budget-window.ts'
import { whyNotAttribute } from './compile-callers.ts'
import { costNames } from './compile-costs.ts'
import { listNames } from './compile-models.ts'
import type { Draft } from './draft.ts'
import { didYouMean } from './nearest-name.ts'
import { budgetSchema, budgetTier } from './schema-budgets.ts'
import { attributeName, routeName } from './schema-names.ts'
import type { Path } from './yaml-source.ts'

export interface BudgetContext {
  readonly costs: readonly Cost[]
  readonly attributes: ReadonlySet<string>
  /** Milliseconds since 1970. */
  readonly nowMs: number
  /** The counters are in this process, and cannot be out of reach. */
  readonly countsHere: boolean
}

/** Budgets that are wrong are left out. */
export function compileBudgets(draft: Draft, { costs, attributes, nowMs, countsHere }: BudgetContext): readonly Budget[] {
  const budgets: Budget[] = []
  const context: LimitContext = { costs: costNames(draft, costs), attributes, nowMs }
  for (let index = 0; index < draft.count(['budgets']); index += 1) {
    const path: Path = ['budgets', index]
    const limit = compileBudgetLimit(draft, path, context)
    const window = compileWindow(draft, path)
    checkName(draft, path)
    checkPer(draft, path, attributes)
    checkNames(draft, path)
    const budget = assemble(draft, path, { limit, window, attributes })
    if (budget === undefined) continue
    warnAboutIdleFields(draft, path, budget, countsHere)
    budgets.push(budget)
  }
  return budgets
}

interface BudgetParts {
  readonly limit: CompiledLimit | undefined
  readonly window: WindowSpec | undefined
  readonly attributes: ReadonlySet<string>
}

function assemble(draft: Draft, path: Path, { limit, window, attributes }: BudgetParts): Budget | undefined {
  const where = compileCondition(draft, [...path, 'where'], attributes)
  const tiers = compileTiers(draft, path)
  const written = draft.pick(path, budgetSchema)
  if (written === undefined || limit === undefined || window === undefined) return undefined
  const { name, per, models, providers, routes, clamp, reserve } = written
  return {
    name,
    per,
    where,
    models,
    providers,
    routes,
    ...limit,
    window,
    tiers,
    onExhausted: written.on_exhausted,
    queueMs: written.queue.timeout,
    clamp,
    reserve,
    holdTtlMs: written.hold_ttl,
    onStoreFailure: written.on_store_failure,
    localShare: written.local_share,
  }
}

function checkName(draft: Draft, path: Path): void {
  const name = draft.pick([...path, 'name'], budgetSchema.shape.name)
  const earlier = indexesBefore(path).find((index) => draft.pick(['budgets', index, 'name'], budgetSchema.shape.name) === name)
  if (name !== undefined && earlier !== undefined) draft.problem([...path, 'name'], `which is already the name of budgets[${earlier}]; choose another name`)
}

function indexesBefore(path: Path): number[] {
  return Array.from({ length: Number(path.at(-1)) }, (_, index) => index)
}

function checkPer(draft: Draft, path: Path, attributes: ReadonlySet<string>): void {
  const seen = new Set<string>()
  for (let index = 0; index < draft.count([...path, 'per']); index += 1) {
    const at: Path = [...path, 'per', index]
    const attribute = draft.pick(at, attributeName)
    if (attribute === undefined) continue
    const reason = seen.has(attribute) ? `"${attribute}" is already in this list; remove one` : whyNotAttribute(attribute, attributes)
    if (reason !== undefined) draft.problem(at, reason, 'key')
    seen.add(attribute)
  }
}

function checkNames(draft: Draft, path: Path): void {
  const routes = Array.from({ length: draft.count(['routes']) }, (_, index) => draft.pick(['routes', index, 'name'], routeName)).filter((name) => name !== undefined)
  for (let index = 0; index < draft.count([...path, 'routes']); index += 1) {
    const at: Path = [...path, 'routes', index]
    const name = draft.pick(at, routeName)
    if (name !== undefined && !routes.includes(name)) draft.problem(at, `which is no name of a route, allowed: ${listNames(routes)}${didYouMean(name, routes)}`)
  }
  warnAboutPatterns(draft, [...path, 'models'], { kind: 'model', known: draft.keys(['models']) })
  warnAboutPatterns(draft, [...path, 'providers'], { kind: 'provider', known: draft.keys(['providers']) })
}

function warnAboutPatterns(draft: Draft, path: Path, { kind, known }: { readonly kind: 'model' | 'provider'; readonly known: readonly string[] }): void {
  const { shape } = budgetSchema
  for (const [index, pattern] of (draft.pick(path, kind === 'model' ? shape.models : shape.providers) ?? []).entries()) {
    if (known.some(createPattern(pattern))) continue
    draft.warn([...path, index], `which matches no ${kind}, so nothing is counted for it; ${kind}s are: ${listNames(known)}${didYouMean(pattern, known)}`)
  }
}

function compileTiers(draft: Draft, path: Path): readonly BudgetTier[] {
  const tiers: (BudgetTier & { readonly at: Path })[] = []
  for (let index = 0; index < draft.count([...path, 'tiers']); index += 1) {
    const at: Path = [...path, 'tiers', index]
    const written = draft.pick(at, budgetTier)
    if (written === undefined) continue
    const tier = { remainingShare: written.remaining, action: written.action, at }
    if (tiers.some((other) => other.remainingShare === tier.remainingShare && other.action === tier.action)) draft.problem(at, 'which is already there above; remove one')
    tiers.push(tier)
  }
  const end = tiers.toSorted((a, b) => b.remainingShare - a.remainingShare).find((tier) => tier.action === 'deny')
  for (const { remainingShare, at } of tiers) {
    if (end !== undefined && remainingShare < end.remainingShare)
      draft.warn([...at, 'remaining'], `which is never reached, because below ${end.remainingShare / 100}% every request is denied; remove this tier or lower that one`)
  }
  return tiers.toSorted((a, b) => b.remainingShare - a.remainingShare).map(({ remainingShare, action }) => ({ remainingShare, action }))
}

function warnAboutIdleFields(draft: Draft, path: Path, budget: Budget, countsHere: boolean): void {
  const warn = (field: string, why: string): void => {
    if (draft.has([...path, field])) draft.warn([...path, field], `${field} has no effect, because ${why}`, 'key')
  }
  if (!isQueued(budget)) warn('queue', 'no action of this budget is queue; set on_exhausted or a tier to it')
  if (budget.onStoreFailure !== 'local') warn('local_share', 'on_store_failure is not local; set it, or remove this')
  else if (countsHere) warn('local_share', 'counters in the memory of this process cannot be out of reach; remove it, or set store to a Redis')
  if (budget.clamp && (budget.unit.kind === 'requests' || budget.unit.kind === 'input_tokens')) warn('clamp', 'fewer output tokens leave no more of what this budget counts; remove it')
}

function isQueued({ onExhausted, tiers }: Budget): boolean {
  return onExhausted === 'queue' || tiers.some((tier) => tier.action === 'queue')
}

/** Envoy must wait that much longer for an answer of ours. */
export function longestQueueMs(budgets: readonly Budget[]): number {
  return Math.max(0, ...budgets.filter(isQueued).map((budget) => budget.queueMs))
}
