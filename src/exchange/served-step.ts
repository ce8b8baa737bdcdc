// Which step of the chain has answered: Envoy says the provider and how many attempts there were.

import type { PlannedStep } from '../providers/plan-chain.ts'

/** `provider` is undefined where Envoy did not say. Undefined only for an empty chain. */
export function findServedStep(chain: readonly PlannedStep[], { provider, attempts }: { readonly provider: string | undefined; readonly attempts: number }): PlannedStep | undefined {
  const atAttempt = chain[Math.min(Math.max(attempts, 1), chain.length) - 1]
  return atAttempt?.provider.name === provider ? atAttempt : (chain.find((step) => step.provider.name === provider) ?? atAttempt)
}
