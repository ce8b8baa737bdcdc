// The names of Envoy's clusters for providers and chains: the value of x-tollgate-chain, and on Envoy 1.37–1.39 the cluster it selects.

import { memoize } from '../core/memoize.ts'
import type { StepStage } from './plan-chain.ts'

interface Named {
  readonly provider: { readonly name: string }
  readonly stage: StepStage
}

/** A provider's cluster. Provider names have no dot. */
export function stepClusterName({ provider, stage }: Named): string {
  return stage === 'plain' ? provider.name : `${provider.name}.${stage}`
}

/** One step: its own cluster. Several: the names of their providers joined by `+`, which no provider name may contain. */
export const chainClusterName: (steps: readonly Named[]) => string = memoize((steps) => {
  const names = steps.map(({ provider }) => provider.name).join('+')
  return steps.some(({ stage }) => stage === 'convert') ? `${names}.convert` : names
})
