// One JSON line per request on Envoy's standard output. It names the exchange, so that it can be joined with Tollgate's own line.
// No header that could carry a credential is in it, and no query string, because some clients put their key there.

import { extension, type EnvoyObject } from './envoy-object.ts'
import { backendNamespace, usageNamespace } from './names.ts'
import type { RenderInput } from './render-input.ts'

export function accessLog({ config }: RenderInput): EnvoyObject {
  const costs: Record<string, string> = {}
  for (const cost of config.costs) costs[cost.name] = usageMetadata(cost.name)
  return extension('envoy.access_loggers.stdout', 'envoy.extensions.access_loggers.stream.v3.StdoutAccessLog', {
    log_format: {
      json_format: {
        time: '%START_TIME%',
        exchange_id: usageMetadata('exchange_id'),
        method: '%REQ(:METHOD)%',
        path: '%PATH(NQ:ORIG_OR_PATH)%',
        status: '%RESPONSE_CODE%',
        details: '%RESPONSE_CODE_DETAILS%',
        flags: '%RESPONSE_FLAGS%',
        model: usageMetadata('model'),
        provider: `%UPSTREAM_METADATA(${backendNamespace}:name)%`,
        attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%',
        costs,
        request_bytes: '%BYTES_RECEIVED%',
        response_bytes: '%BYTES_SENT%',
        duration_ms: '%DURATION%',
      },
    },
  })
}

function usageMetadata(key: string): string {
  return `%DYNAMIC_METADATA(${usageNamespace}:${key})%`
}
