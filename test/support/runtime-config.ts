// Small RuntimeConfigs for tests that need one without reading a file.

import type { ChainStep, Credential, EnvoySettings, ModelConfig, ProviderConfig, RuntimeConfig } from '../../src/config/runtime-config.ts'
import type { Cost } from '../../src/costs/cost.ts'
import type { DomainRules } from '../../src/ratelimit/domain-rules.ts'

export function provider(name: string, fields: Partial<ProviderConfig> = {}): ProviderConfig {
  return {
    name,
    api: 'openai',
    scheme: 'http',
    host: '127.0.0.1',
    port: 8000,
    pathPrefix: '',
    credential: { kind: 'none' },
    headers: new Map(),
    caFile: undefined,
    ...fields,
  }
}

export function fromEnvironment(name: string): Credential {
  return { kind: 'env', name }
}

/** A model served by `providers` in order; a pair asks that provider under another name. */
export function model(clientModel: string, providers: readonly (ProviderConfig | readonly [ProviderConfig, string])[]): ModelConfig {
  const chain = providers.map((each): ChainStep => ('name' in each ? { provider: each, upstreamModel: clientModel } : { provider: each[0], upstreamModel: each[1] }))
  return { clientModel, chain, ownedBy: chain[0]?.provider.name ?? '' }
}

/** Rules of a rate limit file of which only the key paths matter. */
export function domainRules(domain: string, keyPaths: readonly (readonly string[])[]): DomainRules {
  return { domain, root: { exact: new Map(), patterns: [], sharedPattern: undefined, valueToMetric: false, rule: undefined }, denyAtLimit: true, keyPaths }
}

const totalTokens: Cost = {
  name: 'llm_total_token',
  type: 'TotalToken',
  expression: undefined,
  evaluate: () => ({ ok: true, value: 0, clamped: false }),
}

export interface ConfigParts extends Partial<Omit<RuntimeConfig, 'models' | 'providers' | 'envoy'>> {
  readonly models: readonly ModelConfig[]
  readonly envoy?: Partial<EnvoySettings>
}

export function runtimeConfig({ models, envoy, ...rest }: ConfigParts): RuntimeConfig {
  return {
    revision: '000000000000',
    files: [],
    providers: new Map(models.flatMap((each) => each.chain.map((step) => [step.provider.name, step.provider] as const))),
    models: new Map(models.map((each) => [each.clientModel, each])),
    defaultModel: undefined,
    routes: [],
    callers: [],
    costs: [totalTokens],
    limits: [],
    store: { kind: 'memory' },
    listen: { extproc: '127.0.0.1:8080', ratelimit: '127.0.0.1:8081', admin: '127.0.0.1:9090' },
    envoy: {
      version: '1.40',
      listen: '127.0.0.1:0',
      admin: '127.0.0.1:0',
      maxBodyBytes: 52_428_800,
      messageTimeoutMs: 10_000,
      streamIdleTimeoutMs: 900_000,
      connectTimeoutMs: 5_000,
      ...envoy,
    },
    ...rest,
  }
}
