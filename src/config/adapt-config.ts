// What `tollgate up` changes in a configuration that was read: written as data, so that every process can do the same.

import type { EnvoyVersion, ProviderConfig, RuntimeConfig } from './runtime-config.ts'

/** Plain JSON. */
export interface Adaptation {
  /** Instead of the version in the file: that of the Envoy that was found. */
  readonly envoyVersion: EnvoyVersion
  /** Provider → port of the mock that plays it, on 127.0.0.1. */
  readonly mockPorts: Readonly<Record<string, number>>
}

/** A provider that came in later keeps its own address. */
export function adaptConfig(config: RuntimeConfig, { envoyVersion, mockPorts }: Adaptation): RuntimeConfig {
  const adapt = (provider: ProviderConfig): ProviderConfig => {
    const port = Object.hasOwn(mockPorts, provider.name) ? mockPorts[provider.name] : undefined
    return port === undefined ? provider : { ...provider, ...atMock(provider, port) }
  }
  const providers = new Map([...config.providers].map(([name, provider]) => [name, adapt(provider)]))
  const models = new Map(
    [...config.models].map(([name, model]) => [name, { ...model, chain: model.chain.map((step) => ({ ...step, provider: adapt(step.provider) })) }]),
  )
  return { ...config, providers, models, envoy: { ...config.envoy, version: envoyVersion } }
}

/** The mock has the API's own paths, whatever stands before them at the real one. */
function atMock({ settings }: ProviderConfig, port: number): Partial<ProviderConfig> {
  return { scheme: 'http', host: '127.0.0.1', port, pathPrefix: '', settings: { ...settings, apiPath: undefined }, credential: { kind: 'none' }, caFile: undefined }
}
