// The routes: one for every request that the request stage gave a chain, in the form the Envoy version knows, one before it for each model
// that falls back by rules of its own, and 404 for the rest.

import type { ModelConfig } from '../config/runtime-config.ts'
import { longestChain, stepClusters } from './chains.ts'
import { extension, type EnvoyObject } from './envoy-object.ts'
import { chainHeader, modelHeader, routeNamespace, trafficName } from './names.ts'
import { rateLimitsPerRoute } from './rate-limits.ts'
import type { RenderInput } from './render-input.ts'
import { retryPolicy } from './retry-policy.ts'

export function routeConfiguration(input: RenderInput): EnvoyObject {
  const { models } = input.config
  const own = [...models.values()].filter((model) => model.fallback !== undefined)
  return {
    name: trafficName,
    virtual_hosts: [
      {
        name: trafficName,
        domains: ['*'],
        ...(input.config.limits.length > 0 ? { typed_per_filter_config: rateLimitsPerRoute(input) } : {}),
        routes: [...own.map((model) => chainRoute(input, model)), ...(models.size > 0 ? [chainRoute(input)] : []), unrouted],
      },
    ],
  }
}

/** The route of one model, where that has a policy of its own, or of all others. */
function chainRoute(input: RenderInput, model?: ModelConfig): EnvoyObject {
  const { config, features } = input
  const ofModel = model === undefined ? [] : [{ name: modelHeader, string_match: { exact: model.clientModel } }]
  return {
    name: model === undefined ? 'chain' : `chain ${model.clientModel}`,
    match: { prefix: '/', headers: [{ name: chainHeader, present_match: true }, ...ofModel] },
    // Who else could be asked is none of a provider's business, and once the route is chosen nobody reads it.
    request_headers_to_remove: [chainHeader],
    route: {
      timeout: '0s',
      auto_host_rewrite: true,
      ...(features.chainForm === 'priority-group' ? priorityGroups(input) : { cluster_header: chainHeader }),
      retry_policy: {
        ...retryPolicy(model?.fallback ?? config.fallback),
        num_retries: longestChain(config) - 1,
        retry_back_off: { base_interval: '0.001s', max_interval: '0.010s' },
        ...(features.chainForm === 'priority-group' ? { refresh_cluster_on_retry: true } : { retry_priority: previousPriorities }),
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
