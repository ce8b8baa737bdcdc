// Which provider chains a request can be given: the request stage leaves out providers that do not speak the client's format
// or cannot be called, so every selection of a model's chain, in its order, must have a route.

import type { ProviderConfig, RuntimeConfig } from '../config/runtime-config.ts'
import { chainClusterName } from '../providers/chain-name.ts'

/** Providers that some model uses, in order of first use. The others get no cluster, so that a key nobody needs cannot stop Envoy. */
export function usedProviders(config: Pick<RuntimeConfig, 'models'>): readonly ProviderConfig[] {
  const used = new Map<string, ProviderConfig>()
  for (const model of config.models.values()) {
    for (const { provider } of model.chain) used.set(provider.name, provider)
  }
  return [...used.values()]
}

/** Chain cluster name → its providers: every non-empty selection of every model's chain. A chain of n providers has 2^n - 1 of them. */
export function possibleChains(config: Pick<RuntimeConfig, 'models'>): ReadonlyMap<string, readonly ProviderConfig[]> {
  const chains = new Map<string, readonly ProviderConfig[]>()
  for (const model of config.models.values()) {
    const providers = model.chain.map((step) => step.provider)
    for (const selection of selections(providers)) chains.set(chainClusterName(selection.map((provider) => provider.name)), selection)
  }
  return chains
}

/** Attempts of the longest chain; 1 without models. */
export function longestChain(config: Pick<RuntimeConfig, 'models'>): number {
  return Math.max(1, ...[...config.models.values()].map((model) => model.chain.length))
}

// Longest first, so that the whole chain stands before its parts.
function selections(providers: readonly ProviderConfig[]): readonly (readonly ProviderConfig[])[] {
  const [first, ...rest] = providers
  if (first === undefined) return []
  const without = selections(rest)
  return [...without.map((selection) => [first, ...selection]), [first], ...without].toSorted((a, b) => b.length - a.length)
}
