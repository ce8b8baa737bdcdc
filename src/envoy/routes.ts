// The routes: one for every request that the request stage gave a chain, in the form the Envoy version knows, and 404 for the rest.

import { longestChain, stepClusters } from './chains.ts'
import { extension, type EnvoyObject } from './envoy-object.ts'
import { chainHeader, routeNamespace, trafficName } from './names.ts'
import { rateLimitsPerRoute } from './rate-limits.ts'
import type { RenderInput } from './render-input.ts'

export function routeConfiguration(input: RenderInput): EnvoyObject {
  const hasProviders = input.config.models.size > 0
  return {
    name: trafficName,
    virtual_hosts: [
      {
        name: trafficName,
        domains: ['*'],
        ...(input.config.limits.length > 0 ? { typed_per_filter_config: rateLimitsPerRoute(input) } : {}),
        routes: [...(hasProviders ? [chainRoute(input)] : []), unrouted],
      },
    ],
  }
}

function chainRoute(input: RenderInput): EnvoyObject {
  const form = input.features.chainForm
  return {
    name: 'chain',
    match: { prefix: '/', headers: [{ name: chainHeader, present_match: true }] },
    route: {
      timeout: '0s',
      auto_host_rewrite: true,
      ...(form === 'priority-group' ? priorityGroups(input) : { cluster_header: chainHeader }),
      retry_policy: {
        retry_on: '5xx,reset,connect-failure,refused-stream,envoy-ratelimited,retriable-status-codes',
        retriable_status_codes: [408, 429],
        num_retries: longestChain(input.config) - 1,
        retry_back_off: { base_interval: '0.001s', max_interval: '0.010s' },
        ...(form === 'priority-group' ? { refresh_cluster_on_retry: true } : { retry_priority: previousPriorities }),
      },
    },
  }
}

function priorityGroups({ config }: RenderInput): EnvoyObject {
  return {
    inline_cluster_specifier_plugin: {
      extension: extension(
        'envoy.router.cluster_specifier_plugin.priority_group',
        'envoy.extensions.router.cluster_specifiers.priority_group.v3.PriorityGroupClusterSpecifier',
        {
          override_metadata_namespace: routeNamespace,
          priority_groups: stepClusters(config).map(({ name }) => ({ name, clusters: [{ cluster_name: name, weight: 1 }] })),
        },
      ),
    },
  }
}

const previousPriorities = extension(
  'envoy.retry_priorities.previous_priorities',
  'envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig',
  { update_frequency: 1 },
)

// The request stage answers unknown paths itself; what arrives here was not given a chain, and its body is replaced by the request stage.
const unrouted: EnvoyObject = {
  name: 'unrouted',
  match: { prefix: '/' },
  direct_response: { status: 404, body: { inline_string: 'Tollgate gave this request no route.\n' } },
}
