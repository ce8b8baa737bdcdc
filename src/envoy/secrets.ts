// Credentials that Envoy reads by itself. Only the name of an environment variable is rendered, never a value.
// Keys in files are not here: Envoy reads a file secret once unless an SDS file points to it, follows only renames, and up to 1.39
// answers 503 when the file ends with a newline (docs/envoy.md, "Credentials"). The attempt stage has none of these traps.

import type { ProviderConfig } from '../config/runtime-config.ts'
import { attemptStageNeed } from '../providers/attempt-stage.ts'
import { stepClusters } from './chains.ts'
import { typedConfig, type EnvoyObject } from './envoy-object.ts'
import { secretName } from './names.ts'
import type { RenderInput } from './render-input.ts'

/** Secrets for the bootstrap. */
export function staticSecrets(input: RenderInput): readonly EnvoyObject[] {
  return injectedProviders(input).map(({ provider, variable }) => genericSecret(provider, variable))
}

/** One SDS file per secret: Envoy refuses a file with several. File name → its single resource. */
export function secretFiles(input: RenderInput): ReadonlyMap<string, EnvoyObject> {
  const files = new Map<string, EnvoyObject>()
  for (const { provider, variable } of injectedProviders(input)) {
    files.set(secretFileName(secretName(provider.name)), typedConfig('envoy.extensions.transport_sockets.tls.v3.Secret', genericSecret(provider, variable)))
  }
  return files
}

/** How a filter names its secret: in the bootstrap by name; in xDS mode by file, because new clusters may need secrets the bootstrap has not. */
export function secretReference({ secretDirectory }: RenderInput, name: string): EnvoyObject {
  if (secretDirectory === undefined) return { name }
  const path = `${secretDirectory}/${secretFileName(name)}`
  return { name, sds_config: { resource_api_version: 'V3', path_config_source: { path, watched_directory: { path: secretDirectory } } } }
}

function secretFileName(name: string): string {
  return `sds.${name}.yaml`
}

function genericSecret(provider: ProviderConfig, variable: string): EnvoyObject {
  return { name: secretName(provider.name), generic_secret: { secret: { environment_variable: variable } } }
}

function injectedProviders({ config }: RenderInput): readonly { readonly provider: ProviderConfig; readonly variable: string }[] {
  return stepClusters(config).flatMap(({ provider, stage }) =>
    stage === 'plain' && provider.credential.kind === 'env' && attemptStageNeed(config, provider) === 'none' ? [{ provider, variable: provider.credential.name }] : [],
  )
}
