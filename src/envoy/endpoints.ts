// The endpoints of provider clusters.

import type { ProviderConfig } from '../config/runtime-config.ts'
import { hostHeader } from '../providers/host-header.ts'
import { socketAddress } from './address.ts'
import type { EnvoyObject } from './envoy-object.ts'
import { backendNamespace } from './names.ts'

/** The provider's host as one locality; `hostname` is what auto_host_rewrite makes the Host header. */
export function providerEndpoint(provider: ProviderConfig, priority: number, options: { readonly matchSocket: boolean }): EnvoyObject {
  const socketMatch = options.matchSocket ? { 'envoy.transport_socket_match': { provider: provider.name } } : {}
  return {
    priority,
    lb_endpoints: [
      {
        endpoint: { hostname: hostHeader(provider), address: socketAddress(provider.host, provider.port) },
        metadata: { filter_metadata: { [backendNamespace]: { name: provider.name }, ...socketMatch } },
      },
    ],
  }
}

/**
 * An endpoint that refuses every connection, used only when the provider's name resolves to nothing. Envoy never retries "no healthy
 * host", but it does retry a refused connection, so the fuse lets the next provider of the chain have its turn.
 */
export function fuseEndpoint(provider: ProviderConfig): EnvoyObject {
  return {
    priority: 1,
    lb_endpoints: [{ endpoint: { address: socketAddress('127.0.0.1', closedPort) }, metadata: { filter_metadata: { [backendNamespace]: { name: provider.name } } } }],
  }
}

/** Port of the long dead discard service: privileged, and nothing listens there. */
const closedPort = 9
