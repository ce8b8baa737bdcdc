// The clusters of Tollgate's own two services. Both speak gRPC, thus HTTP/2 with prior knowledge.

import type { ListenAddress } from '../config/runtime-config.ts'
import { addressHosts, connectAddress, envoyAddress } from './address.ts'
import { typedConfig, type EnvoyObject } from './envoy-object.ts'
import type { RenderInput } from './render-input.ts'
import { resolution } from './resolution.ts'

export function grpcCluster({ config }: RenderInput, name: string, address: ListenAddress): EnvoyObject {
  return {
    name,
    ...resolution(addressHosts(address)),
    connect_timeout: '1s',
    per_connection_buffer_limit_bytes: config.envoy.maxBodyBytes,
    circuit_breakers: { thresholds: [{ max_connections: 1024, max_pending_requests: 16384, max_requests: 65536, max_retries: 64 }] },
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: envoyAddress(connectAddress(address)) } }] }] },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': typedConfig('envoy.extensions.upstreams.http.v3.HttpProtocolOptions', {
        explicit_http_config: { http2_protocol_options: { max_concurrent_streams: 1024 } },
        // Node answers about a thousand stream resets on one connection with GOAWAY, and the requests in flight are lost.
        common_http_protocol_options: { max_requests_per_connection: 900 },
      }),
    },
  }
}
