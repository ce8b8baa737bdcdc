// What is wrong with budgets only when they are seen beside models, prices and limits. All of it is a warning: the rest of the configuration works.

import type { Budget } from '../budgets/budget.ts'
import { createPattern } from '../core/star-pattern.ts'
import type { Cost, CostType } from '../costs/cost.ts'
import type { PriceBook } from '../prices/price-book.ts'
import type { RuleNode } from '../ratelimit/domain-rules.ts'
import { listNames } from './compile-models.ts'
import type { Draft } from './draft.ts'
import type { LimitFile, ModelConfig } from './runtime-config.ts'
import { budgetTier } from './schema-budgets.ts'
import type { Path } from './yaml-source.ts'

export interface BudgetSurroundings {
  readonly models: ReadonlyMap<string, ModelConfig>
  readonly prices: PriceBook
  readonly costs: readonly Cost[]
  readonly limits: readonly LimitFile[]
}

/** `budgets` are all of the file, in its order: none of them was wrong. */
export function checkBudgets(draft: Draft, budgets: readonly Budget[], around: BudgetSurroundings): void {
  for (const [index, budget] of budgets.entries()) {
    const path: Path = ['budgets', index]
    const models = [...around.models.values()].filter(({ clientModel }) => isNamed(budget.models, clientModel))
    if (models.length === 0) continue
    warnAboutDowngrade(draft, path, budget, models)
    warnAboutPrices(draft, path, budget, { ...around, models })
    warnAboutWorstCase(draft, path, budget, models)
    warnAboutLimits(draft, path, budget, around)
  }
}

/** No patterns: everything is named. */
function isNamed(patterns: readonly string[], name: string): boolean {
  return patterns.length === 0 || patterns.some((pattern) => createPattern(pattern)(name))
}

function warnAboutDowngrade(draft: Draft, path: Path, { tiers, onExhausted }: Budget, models: readonly ModelConfig[]): void {
  if (models.some((model) => model.downgradeTo !== undefined)) return
  const message = 'but no model that it counts has downgrade_to, so such requests are denied; name a cheaper model there'
  const written = tiers.map((_, index): Path => [...path, 'tiers', index, 'action'])
  const tier = written.find((at) => draft.pick(at, budgetTier.shape.action) === 'downgrade')
  const place = onExhausted === 'downgrade' ? [...path, 'on_exhausted'] : tier
  if (place !== undefined) draft.warn(place, message)
}

interface PricedModels extends Pick<BudgetSurroundings, 'prices' | 'costs'> {
  readonly models: readonly ModelConfig[]
}

function warnAboutPrices(draft: Draft, path: Path, budget: Budget, { models, prices, costs }: PricedModels): void {
  const { unit, onExhausted } = budget
  const countsDollars = unit.kind === 'usd' || costs.some(({ name, type }) => type === 'MicroDollar' && unit.kind === 'cost' && name === unit.name)
  // A budget that only watches lets everything through.
  if (!countsDollars || onExhausted === 'allow') return
  const unknown = models.flatMap(({ chain }) =>
    chain
      .filter(({ provider, upstreamModel }) => isNamed(budget.providers, provider.name) && !prices.knows({ provider: provider.name, model: upstreamModel }))
      .map(({ provider, upstreamModel }) => `${upstreamModel} at ${provider.name}`),
  )
  if (unknown.length === 0) return
  const fix = 'set price of the provider, or name the model under prices (free, when nobody bills it)'
  draft.warn([...path, 'limit'], `no price is known for ${listNames([...new Set(unknown)])}, so what this budget counts never goes there, and is refused where nobody else serves it; ${fix}`, 'key')
}

function warnAboutWorstCase(draft: Draft, path: Path, budget: Budget, models: readonly ModelConfig[]): void {
  if (budget.reserve !== 'worst_case' || budget.unit.kind === 'requests' || budget.unit.kind === 'input_tokens') return
  const unbounded = models.filter((model) => model.maxOutputTokens === undefined).map((model) => model.clientModel)
  if (unbounded.length === 0) return
  draft.warn([...path, 'reserve'], `under which requests without a bound on their output are refused for ${listNames(unbounded)}; set max_output_tokens of these models`)
}

/** Units that count the same as a cost of this type. */
const SAME_AS: Readonly<Partial<Record<Budget['unit']['kind'], CostType>>> = { tokens: 'TotalToken', input_tokens: 'InputToken', output_tokens: 'OutputToken', usd: 'MicroDollar' }

// A rule lives in one place: two that say the same are changed one at a time.
function warnAboutLimits(draft: Draft, path: Path, budget: Budget, { costs, limits }: BudgetSurroundings): void {
  const { unit, window, per, models } = budget
  if (window.kind !== 'calendar') return
  const wanted = { keys: [...per, ...(models.length > 0 ? ['model'] : [])].toSorted().join(), unit: window.every, models }
  for (const { costName, rules } of limits) {
    const type = costs.find((cost) => cost.name === costName)?.type
    const countsSame = unit.kind === 'cost' ? unit.name === costName : type !== undefined && SAME_AS[unit.kind] === type
    if (!countsSame || !hasRule(rules.root, wanted, [])) continue
    draft.warn(path, `this budget counts the same as the limits of domain "${rules.domain}", per ${window.every} and for the same callers; keep the rule in one place`, 'key')
  }
}

interface WantedRule {
  /** Descriptor keys, sorted and joined. */
  readonly keys: string
  readonly unit: string
  /** What may stand behind the key `model`. */
  readonly models: readonly string[]
}

// Descriptors with another value are for single callers, as overrides are: those may well stand beside a budget.
function hasRule({ rule, exact, patterns }: RuleNode, wanted: WantedRule, keys: readonly string[]): boolean {
  if (rule !== undefined && !rule.unlimited && rule.unit === wanted.unit && keys.toSorted().join() === wanted.keys) return true
  const children: (readonly [string, RuleNode])[] = [...exact, ...patterns.map(({ text, node }) => [text, node] as const)]
  return children.some(([keyValue, child]) => hasRule(child, wanted, [...keys, wanted.models.some((model) => keyValue === `model_${model}`) ? 'model' : keyValue]))
}
