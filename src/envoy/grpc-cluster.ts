// The clusters of Tollgate's own two services. Both speak gRPC, thus HTTP/2 with prior knowledge.

import type { ListenAddress } from '../config/runtime-config.ts'
import { addressHosts, connectAddress, envoyAddress } from './address.ts'
import { typedConfig, type EnvoyObject } from './envoy-object.ts'
import type { RenderInput } from './render-input.ts'
import { resolution } from './resolution.ts'

/** `addresses`: one for each process that serves; never empty. */
export function grpcCluster({ config }: RenderInput, name: string, addresses: readonly ListenAddress[]): EnvoyObject {
  return {
    name,
    ...resolution(addresses.flatMap(addressHosts)),
    connect_timeout: '1s',
    per_connection_buffer_limit_bytes: config.envoy.maxBodyBytes,
    circuit_breakers: { thresholds: [{ max_connections: 1024, max_pending_requests: 16384, max_requests: 65536, max_retries: addresses.length > 1 ? RETRIES_AMONG_SEVERAL : 64 }] },
    ...(addresses.length > 1 ? amongSeveral : {}),
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: addresses.map((address) => ({ endpoint: { address: envoyAddress(connectAddress(address)) } })) }] },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': typedConfig('envoy.extensions.upstreams.http.v3.HttpProtocolOptions', {
        explicit_http_config: { http2_protocol_options: { max_concurrent_streams: 1024 } },
        // Node answers about a thousand stream resets on one connection with GOAWAY, and the requests in flight are lost.
        common_http_protocol_options: { max_requests_per_connection: 900 },
      }),
    },
  }
}

/** Until it is left out, every call to a process that is gone is tried again. */
const RETRIES_AMONG_SEVERAL = 4096

/**
 * A process that is gone has the fewest requests of all, so least-request would send it every new one. It is left out after its first
 * refused connection and tried again a second later, by which time it has been started again. Answers say nothing about a process here:
 * an error status may be our own decision.
 */
const amongSeveral: EnvoyObject = {
  lb_policy: 'LEAST_REQUEST',
  outlier_detection: {
    split_external_local_origin_errors: true,
    consecutive_local_origin_failure: 1,
    enforcing_local_origin_success_rate: 0,
    enforcing_consecutive_5xx: 0,
    enforcing_consecutive_gateway_failure: 0,
    enforcing_success_rate: 0,
    interval: '0.5s',
    base_ejection_time: '1s',
    max_ejection_time: '1s',
    max_ejection_percent: 100,
  },
}
