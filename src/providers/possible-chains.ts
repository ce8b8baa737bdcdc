// Which provider chains a request can be given: the request stage leaves out providers that do not serve the client's endpoint, cannot be
// called, or cool down, so every selection of every order must have a route where Envoy needs one for each (1.37–1.39).

import type { ProviderConfig, RuntimeConfig } from '../config/runtime-config.ts'
import { memoize } from '../core/memoize.ts'
import { chainClusterName } from './chain-name.ts'
import { chosenOrders, weightedOrders } from './chain-orders.ts'
import { type PlannedStep, planOrder, servedFormats, type StepStage } from './plan-chain.ts'

export interface Chain {
  readonly providers: readonly ProviderConfig[]
  readonly stage: StepStage
}

/** Chain cluster name → its providers. A chain of n providers has 2^n - 1 selections; n·2^(n-1) when each has a weight. */
export const possibleChains: (config: Pick<RuntimeConfig, 'models'>) => ReadonlyMap<string, Chain> = memoize((config) => {
  const chains = new Map<string, Chain>()
  const add = (steps: readonly PlannedStep[]): void => {
    const stage = steps.some((step) => step.stage === 'convert') ? 'convert' : 'plain'
    chains.set(chainClusterName(steps), { providers: steps.map((step) => step.provider), stage })
  }
  for (const model of config.models.values()) {
    // Also of what a caller chose: who cannot do what a request wants is left out after its order was planned.
    for (const order of [...weightedOrders(model), ...chosenOrders(model)]) {
      for (const format of servedFormats(order)) for (const selection of selections(planOrder(order, format))) add(selection)
    }
  }
  return chains
})

// Longest first, so that the whole chain stands before its parts.
function selections(steps: readonly PlannedStep[]): readonly (readonly PlannedStep[])[] {
  const [first, ...rest] = steps
  if (first === undefined) return []
  const without = selections(rest)
  return [...without.map((selection) => [first, ...selection]), [first], ...without].toSorted((a, b) => b.length - a.length)
}
