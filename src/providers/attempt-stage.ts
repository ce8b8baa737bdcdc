// Whether an attempt at a provider needs Tollgate's attempt stage, or Envoy's own filters are enough.
// A second ext_proc stage costs about a fifth of the throughput, so it is rendered only where something must be computed per attempt.

import type { ProviderConfig, RuntimeConfig } from '../config/runtime-config.ts'
import { memoize } from '../core/memoize.ts'
import { providerApis } from './index.ts'
import { allPlans, type PlannedStep } from './plan-chain.ts'

export type AttemptStageNeed =
  /** Envoy's header_mutation and credential_injector do it all. */
  | 'none'
  /** The path or the credential must be set, the body stays. */
  | 'headers'
  /** The body must change too: some chain asks its providers for different model names. */
  | 'body'

/**
 * What the plain cluster of `provider` needs under this configuration (its other one always needs the body). Header edits of a failed attempt are still there in the next one (Envoy keeps one
 * header map per request, though each attempt starts from the client's body), so a provider that may follow one with another path or
 * another body length must set its own path and content-length as well.
 */
export function attemptStageNeed(config: Pick<RuntimeConfig, 'models' | 'envoy'>, provider: ProviderConfig): AttemptStageNeed {
  return needsOf(config)(provider)
}

const needsOf = memoize((config: Pick<RuntimeConfig, 'models' | 'envoy'>) => memoize((provider: ProviderConfig) => findNeed(config, provider)))

function findNeed(config: Pick<RuntimeConfig, 'models' | 'envoy'>, provider: ProviderConfig): AttemptStageNeed {
  let need: AttemptStageNeed = needsOwnHeaders(config, provider) ? 'headers' : 'none'
  for (const { steps, written } of allPlans(config)) {
    for (const [index, step] of steps.entries()) {
      if (step.provider.name !== provider.name || step.stage !== 'plain') continue
      if (step.upstreamModel !== written) return 'body'
      if (changesPath(step) || steps.slice(0, index).some((earlier) => leavesTraces(earlier, step, written))) need = 'headers'
    }
  }
  return need
}

// A path prefix must be put before every path. A cloud's token is only known here; a key in a file is read here, because Envoy does not
// follow every way of rotating one (docs/envoy.md, "Credentials"). Up to Envoy 1.39 the providers of a chain share their filters, so none
// of them can have its own injector.
function needsOwnHeaders(config: Pick<RuntimeConfig, 'models' | 'envoy'>, provider: ProviderConfig): boolean {
  if (provider.pathPrefix !== '' || !['none', 'env'].includes(provider.credential.kind)) return true
  return config.envoy.version !== '1.40' && sharesChain(config, provider)
}

function sharesChain(config: Pick<RuntimeConfig, 'models'>, provider: ProviderConfig): boolean {
  return [...config.models.values()].some((model) => model.chain.length > 1 && model.chain.some((step) => step.provider.name === provider.name))
}

// An earlier step of a plain one is plain itself.
function leavesTraces(earlier: PlannedStep, step: PlannedStep, written: string): boolean {
  return earlier.provider.pathPrefix !== step.provider.pathPrefix || changesPath(earlier) || earlier.upstreamModel !== written
}

// Some providers have the same body at another path: Azure's deployments, look-alikes without `/v1`.
function changesPath({ call, upstreamModel, provider: { settings } }: PlannedStep): boolean {
  const clientPath = '/v1/any'
  return call.path({ clientPath, upstreamModel, stream: false, settings }) !== clientPath
}

/** Headers that some provider of this configuration owns: each attempt sets or removes every one of them. Lower-case names. */
export const ownedHeaders: (config: Pick<RuntimeConfig, 'providers'>) => ReadonlySet<string> = memoize((config) => {
  const owned = new Set<string>()
  for (const provider of config.providers.values()) {
    const { credentialHeader, cloudHeaders } = providerApis[provider.api]
    for (const name of [credentialHeader, ...cloudHeaders]) owned.add(name)
    for (const name of provider.headers.keys()) owned.add(name)
  }
  return owned
})
