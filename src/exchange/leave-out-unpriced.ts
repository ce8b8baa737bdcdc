// Where a limit or a budget counts dollars, nobody is asked whose price is not known: the request would pass it for nothing.

import type { Budget } from '../budgets/budget.ts'
import { mismatch } from '../budgets/match-budget.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import { memoize } from '../core/memoize.ts'
import type { Format } from '../formats/format.ts'
import type { PlannedStep } from '../providers/plan-chain.ts'

export interface UnpricedInput {
  readonly config: RuntimeConfig
  readonly format: Format
  readonly clientModel: string
  readonly attributes: ReadonlyMap<string, string>
  /** The header route that chose the model. */
  readonly route: string | undefined
}

/** True when a limit file of the configuration counts a cost in dollars. */
const limitsDollars = memoize(({ costs, limits }: RuntimeConfig): boolean => limits.some((limit) => costs.some((cost) => cost.name === limit.costName && cost.type === 'MicroDollar')))

/** Budgets that count dollars and refuse somebody. */
const dollarBudgets = memoize(({ costs, budgets }: RuntimeConfig): readonly Budget[] => {
  const dollarCosts = new Set(costs.filter(({ type }) => type === 'MicroDollar').map(({ name }) => name))
  return budgets.filter(({ unit, onExhausted }) => onExhausted !== 'allow' && (unit.kind === 'usd' || (unit.kind === 'cost' && dollarCosts.has(unit.name))))
})

/** Never empty. Throws TollgateError `price_unknown` when the price of no step is known and something needs it. */
export function leaveOutUnpriced(chain: readonly PlannedStep[], input: UnpricedInput): readonly PlannedStep[] {
  const { config, format, clientModel } = input
  if (!format.metered || (!limitsDollars(config) && dollarBudgets(config).length === 0)) return chain
  const priced = chain.filter((step) => config.prices.knows({ provider: step.provider.name, model: step.upstreamModel }) || !needsPrice(step, input))
  if (priced.length > 0) return priced.length === chain.length ? chain : priced
  throw new TollgateError(
    'price_unknown',
    `The model ${clientModel} has no known price, and this gateway limits what is spent in dollars. Ask another model; the operator can set its price.`,
  )
}

function needsPrice({ provider }: PlannedStep, { config, clientModel, attributes, route }: UnpricedInput): boolean {
  return limitsDollars(config) || dollarBudgets(config).some((budget) => mismatch(budget, { attributes, clientModel, providers: [provider.name], route }) === undefined)
}

/** Those of `steps` that are not among the `priced`, for the log: `vllm (no price)`. */
export function namesOfUnpriced(steps: readonly PlannedStep[], priced: readonly PlannedStep[]): string[] {
  return steps.filter((step) => !priced.includes(step)).map(({ provider }) => `${provider.name} (no price)`)
}
