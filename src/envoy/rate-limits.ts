// Rate limit calls: per limit file one filter, and per key path of the file two descriptors: a check with 0 hits before the provider
// is called, and a charge with the real cost when the stream is done. Both read what the request stage wrote into dynamic metadata.

import type { LimitFile } from '../config/runtime-config.ts'
import { extension, typedConfig, type EnvoyObject } from './envoy-object.ts'
import { exchangeKey, limitFilterName, ratelimitCluster, usageNamespace } from './names.ts'
import type { RenderInput } from './render-input.ts'

export function rateLimitFilters({ config }: RenderInput): readonly EnvoyObject[] {
  return config.limits.map(({ rules }) =>
    extension(limitFilterName(rules.domain), 'envoy.extensions.filters.http.ratelimit.v3.RateLimit', {
      domain: rules.domain,
      timeout: '3s',
      failure_mode_deny: true,
      status_on_error: { code: 503 },
      enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
      rate_limit_service: {
        transport_api_version: 'V3',
        grpc_service: {
          envoy_grpc: { cluster_name: ratelimitCluster },
          initial_metadata: [{ key: exchangeKey, value: `%DYNAMIC_METADATA(${usageNamespace}:exchange_id)%` }],
        },
      },
    }),
  )
}

/** `typed_per_filter_config` of the virtual host: on-stream-done charges are honoured only there, not in the filter's own `rate_limits`. */
export function rateLimitsPerRoute({ config }: RenderInput): EnvoyObject {
  const perFilter: Record<string, EnvoyObject> = {}
  for (const limit of config.limits) {
    perFilter[limitFilterName(limit.rules.domain)] = typedConfig('envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute', {
      rate_limits: limit.rules.keyPaths.flatMap((keyPath) => checkAndCharge(limit, keyPath)),
    })
  }
  return perFilter
}

function checkAndCharge(limit: LimitFile, keyPath: readonly string[]): readonly EnvoyObject[] {
  // An attribute that a request does not have drops the whole descriptor, so a limit per team does not touch callers without one.
  const actions = keyPath.map((key) => ({
    metadata: { descriptor_key: key, metadata_key: { key: usageNamespace, path: [{ key }] }, source: 'DYNAMIC' },
  }))
  return [
    { actions, hits_addend: { number: 0 } },
    { actions, hits_addend: { format: `%DYNAMIC_METADATA(${usageNamespace}:${limit.costName})%` }, apply_on_stream_done: true },
  ]
}
