// Where a limit counts dollars, nobody is asked whose price is not known: the request would pass every limit for nothing.

import type { RuntimeConfig } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import { memoize } from '../core/memoize.ts'
import type { Format } from '../formats/format.ts'
import type { PlannedStep } from '../providers/plan-chain.ts'

/** True when a limit file of the configuration counts a cost in dollars. */
const limitsDollars = memoize(({ costs, limits }: RuntimeConfig): boolean => limits.some((limit) => costs.some((cost) => cost.name === limit.costName && cost.type === 'MicroDollar')))

export interface UnpricedInput {
  readonly config: RuntimeConfig
  readonly format: Format
  readonly clientModel: string
}

/** Never empty. Throws TollgateError `price_unknown` when the price of no step is known and a limit needs it. */
export function leaveOutUnpriced(chain: readonly PlannedStep[], { config, format, clientModel }: UnpricedInput): readonly PlannedStep[] {
  if (!format.metered || !limitsDollars(config)) return chain
  const priced = chain.filter(({ provider, upstreamModel }) => config.prices.knows({ provider: provider.name, model: upstreamModel }))
  if (priced.length > 0) return priced.length === chain.length ? chain : priced
  throw new TollgateError(
    'price_unknown',
    `The model ${clientModel} has no known price, and this gateway limits what is spent in dollars. Ask another model; the operator can set its price.`,
  )
}

/** Those of `steps` that are not among the `priced`, for the log: `vllm (no price)`. */
export function namesOfUnpriced(steps: readonly PlannedStep[], priced: readonly PlannedStep[]): string[] {
  return steps.filter((step) => !priced.includes(step)).map(({ provider }) => `${provider.name} (no price)`)
}
