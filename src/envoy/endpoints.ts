// The endpoints of provider clusters.

import type { ProviderConfig } from '../config/runtime-config.ts'
import { hostHeader } from '../providers/host-header.ts'
import { socketAddress } from './address.ts'
import type { EnvoyObject } from './envoy-object.ts'
import { backendNamespace } from './names.ts'

/** The provider's host as one locality; `hostname` is what auto_host_rewrite makes the Host header. */
export function providerEndpoint(provider: ProviderConfig): EnvoyObject {
  return { priority: 0, lb_endpoints: [ownHost(provider, {})] }
}

/**
 * A provider of a chain cluster, with its own priority, its own socket, and a fuse. Envoy forgets which priorities were tried when those that
 * are left have no host, and would ask again one that failed; the fuse keeps them from being empty. As it is degraded, nobody gets there while
 * any other provider of the chain is left to ask. Seen on 1.37.0, 1.38.3 and 1.39.3.
 */
export function chainEndpoint(provider: ProviderConfig, priority: number): EnvoyObject {
  const socket = { 'envoy.transport_socket_match': { provider: provider.name } }
  return { priority, lb_endpoints: [ownHost(provider, socket), { ...fuse(provider), health_status: 'DEGRADED' }] }
}

/**
 * An endpoint that refuses every connection, used only when the provider's name resolves to nothing. Envoy never retries "no healthy
 * host", but it does retry a refused connection, so the fuse lets the next provider of the chain have its turn.
 */
export function fuseEndpoint(provider: ProviderConfig): EnvoyObject {
  return { priority: 1, lb_endpoints: [fuse(provider)] }
}

function ownHost(provider: ProviderConfig, furtherMetadata: EnvoyObject): EnvoyObject {
  return {
    endpoint: { hostname: hostHeader(provider), address: socketAddress(provider.host, provider.port) },
    metadata: { filter_metadata: { [backendNamespace]: { name: provider.name }, ...furtherMetadata } },
  }
}

function fuse(provider: ProviderConfig): EnvoyObject {
  return { endpoint: { address: socketAddress('127.0.0.1', closedPort) }, metadata: { filter_metadata: { [backendNamespace]: { name: provider.name } } } }
}

/** Port of the long dead discard service: privileged, and nothing listens there. */
const closedPort = 9
