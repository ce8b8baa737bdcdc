// The ext_proc filter of the request stage: sees every request once, before its route is known, and its answer.

import { callerAttributes, callerNamespaces } from './callers.ts'
import { duration, extension, type EnvoyObject } from './envoy-object.ts'
import {
  attemptCountAttribute,
  attemptNamespace,
  backendNameAttribute,
  codeDetailsAttribute,
  routeNamespace,
  usageNamespace,
} from './names.ts'
import { processorCall } from './processor-call.ts'
import type { RenderInput } from './render-input.ts'

export function requestStage(input: RenderInput): EnvoyObject {
  const { config } = input
  return extension('tollgate.request', 'envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor', {
    grpc_service: processorCall(input, 'request'),
    failure_mode_allow: false,
    status_on_error: { code: 503 },
    message_timeout: duration(config.envoy.messageTimeoutMs),
    processing_mode: {
      request_header_mode: 'SEND',
      request_body_mode: 'BUFFERED',
      response_header_mode: 'SEND',
      response_body_mode: 'BUFFERED',
      request_trailer_mode: 'SKIP',
      response_trailer_mode: 'SKIP',
    },
    allow_mode_override: true,
    ...(callerAttributes(config).length > 0 ? { request_attributes: callerAttributes(config) } : {}),
    response_attributes: [backendNameAttribute, attemptCountAttribute, codeDetailsAttribute],
    metadata_options: { forwarding_namespaces: { untyped: [attemptNamespace, ...callerNamespaces(config)] }, receiving_namespaces: { untyped: [usageNamespace, routeNamespace] } },
    mutation_rules: { allow_all_routing: true, allow_envoy: true },
  })
}
