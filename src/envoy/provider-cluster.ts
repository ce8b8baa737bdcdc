// Clusters of providers: one per provider (two where some of its requests are converted), and on Envoy 1.37–1.39 one per chain of several.

import type { ProviderConfig, RuntimeConfig } from '../config/runtime-config.ts'
import type { Chain } from '../providers/possible-chains.ts'
import type { StepCluster } from './chains.ts'
import { chainEndpoint, fuseEndpoint, providerEndpoint } from './endpoints.ts'
import { duration, typedConfig, type EnvoyObject } from './envoy-object.ts'
import type { RenderInput } from './render-input.ts'
import { resolution } from './resolution.ts'
import { transportSocket } from './transport-socket.ts'
import { chainFilters, providerFilters } from './upstream-filters.ts'

export function providerCluster(input: RenderInput, { name, provider, stage }: StepCluster): EnvoyObject {
  const own = providerEndpoint(provider)
  const hasFuse = input.features.chainForm === 'priority-group' && movesOnWithoutHost(input.config)
  return {
    ...common(input, name, [provider]),
    // In the older form this cluster is only for chains of one provider, which have nowhere to move on to.
    load_assignment: assignment(name, hasFuse ? [own, fuseEndpoint(provider)] : [own]),
    ...(provider.scheme === 'https' ? { transport_socket: transportSocket(input, provider) } : {}),
    typed_extension_protocol_options: protocolOptions(providerFilters(input, provider, stage)),
  }
}

/** Providers in the order in which they are tried; each has its own priority and its own transport socket. */
export function chainCluster(input: RenderInput, name: string, { providers, stage }: Chain): EnvoyObject {
  return {
    ...common(input, name, providers),
    load_assignment: assignment(name, providers.map(chainEndpoint)),
    transport_socket_matches: [...new Map(providers.map((provider) => [provider.name, provider])).values()].map((provider) => ({
      name: provider.name,
      match: { provider: provider.name },
      transport_socket: transportSocket(input, provider),
    })),
    typed_extension_protocol_options: protocolOptions(chainFilters(input, providers, stage)),
  }
}

// A cluster serves all models, so one that wants it is enough.
function movesOnWithoutHost({ fallback, models }: RuntimeConfig): boolean {
  return fallback.noHost || [...models.values()].some((model) => model.fallback?.noHost === true)
}

function common({ config }: RenderInput, name: string, providers: readonly ProviderConfig[]): EnvoyObject {
  return {
    name,
    ...resolution(providers.map(({ host }) => host)),
    connect_timeout: duration(config.envoy.connectTimeoutMs),
    per_connection_buffer_limit_bytes: config.envoy.maxBodyBytes,
    circuit_breakers: { thresholds: [{ max_connections: 4096, max_pending_requests: 4096, max_requests: 8192, max_retries: 4096 }] },
    common_lb_config: { healthy_panic_threshold: { value: 0 } },
    upstream_connection_options: { tcp_keepalive: { keepalive_time: 60, keepalive_interval: 15, keepalive_probes: 4 } },
  }
}

function assignment(name: string, endpoints: readonly EnvoyObject[]): EnvoyObject {
  return { cluster_name: name, policy: { overprovisioning_factor: 10000 }, endpoints }
}

function protocolOptions(filters: readonly EnvoyObject[]): EnvoyObject {
  return {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': typedConfig('envoy.extensions.upstreams.http.v3.HttpProtocolOptions', {
      explicit_http_config: { http_protocol_options: {} },
      // vLLM's server and Node's close an idle connection after 5 s; a request sent into that close would be lost.
      common_http_protocol_options: { idle_timeout: '4s' },
      http_filters: filters,
    }),
  }
}
