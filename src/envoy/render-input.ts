// What every part of the renderer is given.

import type { EnvoyVersion, ListenAddress, RuntimeConfig } from '../config/runtime-config.ts'
import { workerAddresses } from '../core/worker-address.ts'
import { versionFeatures, type VersionFeatures } from './version-features.ts'

export interface RenderOptions {
  /** Instead of the version in the configuration. */
  readonly version?: EnvoyVersion
  /** One JSON line per request on standard output; on unless false. */
  readonly accessLog?: boolean
  /** Certificates to trust for providers without a `ca_file`; Debian's bundle unless given. */
  readonly systemCaFile?: string
  /** Where Envoy reaches Tollgate when that differs from where Tollgate listens, as between containers; of several processors the first. */
  readonly connect?: { readonly extproc?: ListenAddress; readonly ratelimit?: ListenAddress }
}

export interface RenderInput {
  readonly config: RuntimeConfig
  readonly features: VersionFeatures
  readonly accessLog: boolean
  readonly systemCaFile: string
  /** One for each process that serves Envoy. */
  readonly extprocAddresses: readonly ListenAddress[]
  readonly ratelimitAddress: ListenAddress
  /** Directory of the SDS files in xDS mode; undefined when secrets stand in the bootstrap. */
  readonly secretDirectory: string | undefined
}

/** Where Debian, Ubuntu, Alpine and Envoy's own images keep the system's certificates. */
export const defaultSystemCaFile = '/etc/ssl/certs/ca-certificates.crt'

export function renderInput(config: RuntimeConfig, options: RenderOptions, secretDirectory?: string): RenderInput {
  const version = options.version ?? config.envoy.version
  return {
    // The need for an attempt stage depends on the version, so everything below must see the one that is rendered for.
    config: { ...config, envoy: { ...config.envoy, version } },
    features: versionFeatures(version),
    accessLog: options.accessLog ?? true,
    systemCaFile: options.systemCaFile ?? defaultSystemCaFile,
    extprocAddresses: workerAddresses(options.connect?.extproc ?? config.listen.extproc, config.workers),
    ratelimitAddress: options.connect?.ratelimit ?? config.listen.ratelimit,
    secretDirectory,
  }
}
