// The router's log of attempts: one entry for each that came to nothing, sent to Tollgate in batches. It is how Tollgate learns of a 429 that
// was retried, which no downstream filter sees (docs/decisions/0011-cool-down.md). Nothing is sent while all goes well.

import { RETRY_HEADERS } from '../core/parse-retry-after.ts'
import { extension, type EnvoyObject } from './envoy-object.ts'
import { backendNamespace, extprocCluster } from './names.ts'

export function attemptLog(): EnvoyObject {
  return {
    ...extension('envoy.access_loggers.http_grpc', 'envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig', {
      additional_response_headers_to_log: RETRY_HEADERS,
      common_config: {
        log_name: 'tollgate.attempts',
        transport_api_version: 'V3',
        grpc_service: { envoy_grpc: { cluster_name: extprocCluster } },
        buffer_flush_interval: '0.05s',
        custom_tags: [{ tag: 'provider', metadata: { kind: { host: {} }, metadata_key: { key: backendNamespace, path: [{ key: 'name' }] } } }],
      },
    }),
    // Refused key, too many requests, errors of the provider, and everything that is no answer. A client that leaves is none of them.
    filter: { or_filter: { filters: [status('EQ', 401), status('EQ', 429), status('GE', 500), { response_flag_filter: { flags: failureFlags } }] } },
  }
}

/** Timeout, resets by either side, refused or closed connection, silence, broken protocol ("Response Flags" in Envoy's documentation). */
const failureFlags = ['UT', 'LR', 'UR', 'UF', 'UC', 'SI', 'UPE']

function status(op: 'EQ' | 'GE', value: number): EnvoyObject {
  // The key allows overrides by Envoy's runtime, which nobody sets.
  return { status_code_filter: { comparison: { op, value: { default_value: value, runtime_key: 'tollgate.attempt_log' } } } }
}
