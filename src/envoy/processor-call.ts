// How both stages call the external processor.

import { extension, type EnvoyObject } from './envoy-object.ts'
import { extprocCluster, stageKey } from './names.ts'
import type { RenderInput } from './render-input.ts'

/** The `grpc_service` of an ext_proc filter. */
export function processorCall({ extprocAddresses }: RenderInput, stage: 'request' | 'attempt'): EnvoyObject {
  return {
    envoy_grpc: { cluster_name: extprocCluster },
    initial_metadata: [{ key: stageKey, value: stage }],
    ...(extprocAddresses.length > 1 ? { retry_policy: askAnother } : {}),
  }
}

/** Only calls that no process has seen: one that was seen may have been counted. */
const askAnother: EnvoyObject = {
  retry_on: 'connect-failure,refused-stream',
  num_retries: 5,
  retry_back_off: { base_interval: '0.001s', max_interval: '0.01s' },
  retry_host_predicate: [extension('envoy.retry_host_predicates.previous_hosts', 'envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate')],
  // Least-request draws two and prefers the one that is gone: it takes several draws to get another.
  host_selection_retry_max_attempts: 20,
}
