// What differs between the Envoy versions we render for; seen on 1.37.0, 1.38.3, 1.39.3 and 1.40.0 (docs/envoy.md, "Versions").

import type { EnvoyVersion } from '../config/runtime-config.ts'

export interface VersionFeatures {
  /**
   * `priority-group`: one cluster per provider, the order comes with each request.
   * `chain-cluster`: one cluster per chain with a priority per provider, chosen by the header x-tollgate-chain.
   */
  readonly chainForm: 'priority-group' | 'chain-cluster'
  /** Envoy may half-close ext_proc streams instead of resetting them. Up to 1.38.3 the switch crashes Envoy when clients disconnect. */
  readonly gracefulClose: boolean
}

export function versionFeatures(version: EnvoyVersion): VersionFeatures {
  switch (version) {
    case '1.37':
    case '1.38':
      return { chainForm: 'chain-cluster', gracefulClose: false }
    case '1.39':
      return { chainForm: 'chain-cluster', gracefulClose: true }
    case '1.40':
      return { chainForm: 'priority-group', gracefulClose: true }
  }
}
