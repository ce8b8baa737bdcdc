// Which provider chains a request can be given: the request stage leaves out providers that do not speak the client's format
// or cannot be called, so every selection of a model's chain, in its order, must have a route.

import type { ProviderConfig, RuntimeConfig } from '../config/runtime-config.ts'
import { chainClusterName, stepClusterName } from '../providers/chain-name.ts'
import { allPlans, type PlannedStep, type StepStage } from '../providers/plan-chain.ts'

/** One cluster of a provider. */
export interface StepCluster {
  readonly name: string
  readonly provider: ProviderConfig
  readonly stage: StepStage
}

/**
 * Every cluster of a single provider that some request may be sent to, in order of first use. A provider that no model names has none, so
 * that a key nobody needs cannot stop Envoy.
 */
export function stepClusters(config: Pick<RuntimeConfig, 'models'>): readonly StepCluster[] {
  const used = new Map<string, StepCluster>()
  for (const { steps } of allPlans(config)) {
    for (const step of steps) used.set(stepClusterName(step), { name: stepClusterName(step), provider: step.provider, stage: step.stage })
  }
  return [...used.values()]
}

export interface Chain {
  readonly providers: readonly ProviderConfig[]
  readonly stage: StepStage
}

/** Chain cluster name → its providers: every non-empty selection of every plan. A chain of n providers has 2^n - 1 of them. */
export function possibleChains(config: Pick<RuntimeConfig, 'models'>): ReadonlyMap<string, Chain> {
  const chains = new Map<string, Chain>()
  for (const { steps } of allPlans(config)) {
    for (const selection of selections(steps)) {
      const stage = selection.some((step) => step.stage === 'convert') ? 'convert' : 'plain'
      chains.set(chainClusterName(selection), { providers: selection.map((step) => step.provider), stage })
    }
  }
  return chains
}

/** Attempts of the longest chain; 1 without models. */
export function longestChain(config: Pick<RuntimeConfig, 'models'>): number {
  return Math.max(1, ...[...config.models.values()].map((model) => model.chain.length))
}

// Longest first, so that the whole chain stands before its parts.
function selections(steps: readonly PlannedStep[]): readonly (readonly PlannedStep[])[] {
  const [first, ...rest] = steps
  if (first === undefined) return []
  const without = selections(rest)
  return [...without.map((selection) => [first, ...selection]), [first], ...without].toSorted((a, b) => b.length - a.length)
}
