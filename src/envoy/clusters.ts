// Every cluster of the configuration: Tollgate's own services, then who can be asked.

import { jwksClusters } from './callers.ts'
import { possibleChains } from '../providers/possible-chains.ts'
import { stepClusters } from './chains.ts'
import type { EnvoyObject } from './envoy-object.ts'
import { grpcCluster } from './grpc-cluster.ts'
import { extprocCluster, ratelimitCluster } from './names.ts'
import { chainCluster, providerCluster } from './provider-cluster.ts'
import type { RenderInput } from './render-input.ts'

export function clusters(input: RenderInput): readonly EnvoyObject[] {
  return [
    grpcCluster(input, extprocCluster, input.extprocAddresses),
    ...(input.config.limits.length > 0 ? [grpcCluster(input, ratelimitCluster, [input.ratelimitAddress])] : []),
    ...jwksClusters(input),
    ...stepClusters(input.config).map((cluster) => providerCluster(input, cluster)),
    ...(input.features.chainForm === 'chain-cluster' ? chainClusters(input) : []),
  ]
}

function chainClusters(input: RenderInput): readonly EnvoyObject[] {
  return [...possibleChains(input.config)].filter(([, chain]) => chain.providers.length > 1).map(([name, chain]) => chainCluster(input, name, chain))
}
