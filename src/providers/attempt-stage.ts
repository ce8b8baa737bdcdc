// Whether an attempt at a provider needs Tollgate's attempt stage, or Envoy's own filters are enough.
// A second ext_proc stage costs about a fifth of the throughput, so it is rendered only where something must be computed per attempt.

import type { ModelConfig, ProviderConfig, RuntimeConfig } from '../config/runtime-config.ts'
import { memoize } from '../core/memoize.ts'
import { providerApis } from './index.ts'

export type AttemptStageNeed =
  /** Envoy's header_mutation and credential_injector do it all. */
  | 'none'
  /** The path or the credential must be set, the body stays. */
  | 'headers'
  /** The body must change too: some chain asks its providers for different model names. */
  | 'body'

/**
 * What `provider` needs under this configuration. Header edits of a failed attempt are still there in the next one (Envoy keeps one
 * header map per request, though each attempt starts from the client's body), so a provider that may follow one with another path or
 * another body length must set its own path and content-length as well.
 */
export function attemptStageNeed(config: Pick<RuntimeConfig, 'models' | 'envoy'>, provider: ProviderConfig): AttemptStageNeed {
  return needsOf(config)(provider)
}

const needsOf = memoize((config: Pick<RuntimeConfig, 'models' | 'envoy'>) => memoize((provider: ProviderConfig) => findNeed(config, provider)))

function findNeed(config: Pick<RuntimeConfig, 'models' | 'envoy'>, provider: ProviderConfig): AttemptStageNeed {
  let need: AttemptStageNeed = needsOwnHeaders(config, provider) ? 'headers' : 'none'
  for (const model of config.models.values()) {
    for (const [index, step] of model.chain.entries()) {
      if (step.provider.name !== provider.name) continue
      if (changesModel(model, index)) return 'body'
      const leaks = model.chain.slice(0, index).some((earlier, at) => earlier.provider.pathPrefix !== provider.pathPrefix || changesModel(model, at))
      if (leaks) need = 'headers'
    }
  }
  return need
}

// A path prefix must be put before every path. A key in a file is read here, because Envoy does not follow every way of rotating one
// (docs/envoy.md, "Credentials"). Up to Envoy 1.39 the providers of a chain share their filters, so none of them can have its own injector.
function needsOwnHeaders(config: Pick<RuntimeConfig, 'models' | 'envoy'>, provider: ProviderConfig): boolean {
  if (provider.pathPrefix !== '' || provider.credential.kind === 'file') return true
  return config.envoy.version !== '1.40' && sharesChain(config, provider)
}

function sharesChain(config: Pick<RuntimeConfig, 'models'>, provider: ProviderConfig): boolean {
  return [...config.models.values()].some((model) => model.chain.length > 1 && model.chain.some((step) => step.provider.name === provider.name))
}

// Only a name other than the one that the request stage wrote needs a change per attempt.
function changesModel(model: ModelConfig, index: number): boolean {
  return model.chain[index]?.upstreamModel !== writtenModel(model)
}

/**
 * The model name that the request stage writes into the body: the upstream name when all steps of the chain agree on one,
 * so that a mere alias costs no attempt stage; else the canonical name.
 */
export function writtenModel(model: ModelConfig): string {
  const [first, ...rest] = model.chain
  return first !== undefined && rest.every((step) => step.upstreamModel === first.upstreamModel) ? first.upstreamModel : model.clientModel
}

/** Headers that some provider of this configuration owns: each attempt sets or removes every one of them. Lower-case names. */
export const ownedHeaders: (config: Pick<RuntimeConfig, 'providers'>) => ReadonlySet<string> = memoize((config) => {
  const owned = new Set<string>()
  for (const provider of config.providers.values()) {
    owned.add(providerApis[provider.api].credentialHeader)
    for (const name of provider.headers.keys()) owned.add(name)
  }
  return owned
})
