// Which clusters of single providers there must be, and how many attempts there can be.

import type { ProviderConfig, RuntimeConfig } from '../config/runtime-config.ts'
import { stepClusterName } from '../providers/chain-name.ts'
import { allPlans, type StepStage } from '../providers/plan-chain.ts'

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

/** Attempts of the longest chain; 1 without models. */
export function longestChain(config: Pick<RuntimeConfig, 'models'>): number {
  return Math.max(1, ...[...config.models.values()].map((model) => model.chain.length))
}
