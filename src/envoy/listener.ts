// The listener that clients connect to, and its filters in the order in which a request passes them.

import { envoyAddress } from './address.ts'
import { accessLog } from './access-log.ts'
import { attemptLog } from './attempt-log.ts'
import { callerFilters } from './callers.ts'
import { duration, extension, type EnvoyObject } from './envoy-object.ts'
import { listenerTls } from './listener-tls.ts'
import { localReplies } from './local-replies.ts'
import { trafficName } from './names.ts'
import { rateLimitFilters } from './rate-limits.ts'
import type { RenderInput } from './render-input.ts'
import { requestStage } from './request-stage.ts'

/** `routes`: where the connection manager gets its routes from, `{route_config}` or `{rds}`. */
export function listener(input: RenderInput, routes: EnvoyObject): EnvoyObject {
  const { envoy } = input.config
  return {
    name: trafficName,
    address: envoyAddress(envoy.listen),
    per_connection_buffer_limit_bytes: envoy.maxBodyBytes,
    filter_chains: [
      {
        ...(envoy.tls === undefined ? {} : { transport_socket: listenerTls(envoy.tls, input.config.callers) }),
        filters: [
          extension('envoy.filters.network.http_connection_manager', 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
            stat_prefix: trafficName,
            use_remote_address: true,
            normalize_path: true,
            stream_idle_timeout: duration(envoy.streamIdleTimeoutMs),
            local_reply_config: localReplies(),
            ...(input.accessLog ? { access_log: [accessLog(input)] } : {}),
            http_filters: [
              ...callerFilters(input),
              requestStage(input),
              ...rateLimitFilters(input),
              // Else each attempt is told the host of the one before it (x-envoy-original-host).
              extension('envoy.filters.http.router', 'envoy.extensions.filters.http.router.v3.Router', { upstream_log: [attemptLog()], suppress_envoy_headers: true }),
            ],
            ...routes,
          }),
        ],
      },
    ],
  }
}
