// RuntimeConfigs for tests of the rendered Envoy configuration: providers without a key and addresses with free ports unless said.

import type { Credential, EnvoySettings, ModelConfig, ProviderConfig, RuntimeConfig } from '../../src/config/runtime-config.ts'
import type { DomainRules } from '../../src/ratelimit/domain-rules.ts'
import { buildConfig, buildModel, buildProvider } from './build-config.ts'

export function provider(name: string, fields: Partial<ProviderConfig> = {}): ProviderConfig {
  return buildProvider(name, { credential: { kind: 'none' }, ...fields })
}

export function fromEnvironment(name: string): Credential {
  return { kind: 'env', name }
}

/** A model served by `steps` in order; a pair asks that provider under another name. */
export function model(clientModel: string, steps: readonly (ProviderConfig | [ProviderConfig, string])[]): ModelConfig {
  return buildModel(clientModel, ...steps)
}

/** Rules of a rate limit file of which only the key paths matter. */
export function domainRules(domain: string, keyPaths: readonly (readonly string[])[]): DomainRules {
  const root = { exact: new Map(), patterns: [], sharedPattern: undefined, valueToMetric: false, rule: undefined }
  return { domain, root, denyAtLimit: true, keyPaths }
}

export interface ConfigParts extends Partial<Omit<RuntimeConfig, 'models' | 'envoy'>> {
  readonly models: readonly ModelConfig[]
  readonly envoy?: Partial<EnvoySettings>
}

export function runtimeConfig({ models, envoy, ...rest }: ConfigParts): RuntimeConfig {
  const config = buildConfig({ models: new Map(models.map((each) => [each.clientModel, each])), ...rest })
  return { ...config, envoy: { ...config.envoy, listen: '127.0.0.1:0', admin: '127.0.0.1:0', ...envoy } }
}
