// A fallback policy in Envoy's words. Which words include which others was seen on real Envoys (docs/fallback.md).

import type { FallbackPolicy } from '../config/runtime-config.ts'
import { duration, type EnvoyObject } from './envoy-object.ts'

/** Without the number of retries and the way in which the next provider is found. */
export function retryPolicy(policy: FallbackPolicy): EnvoyObject {
  const statuses = retriableStatuses(policy)
  return {
    retry_on: retryOn(policy, statuses).join(','),
    ...(statuses.length === 0 ? {} : { retriable_status_codes: statuses }),
    ...(policy.perTryTimeoutMs === undefined ? {} : { per_try_timeout: duration(policy.perTryTimeoutMs) }),
    ...(policy.perTryIdleTimeoutMs === undefined ? {} : { per_try_idle_timeout: duration(policy.perTryIdleTimeoutMs) }),
  }
}

function retryOn(policy: FallbackPolicy, statuses: readonly number[]): readonly string[] {
  return [
    ...(countsAllErrors(policy) ? ['5xx'] : []),
    ...(policy.reset ? ['reset'] : []),
    ...(policy.connectFailure ? ['connect-failure'] : []),
    ...(policy.reset ? ['refused-stream'] : []),
    // A 429 with x-envoy-ratelimited, from a provider behind an Envoy of its own, is not retried otherwise.
    ...(statuses.includes(429) ? ['envoy-ratelimited'] : []),
    ...(statuses.length > 0 ? ['retriable-status-codes'] : []),
  ]
}

// Envoy's word 5xx stands for resets and timeouts as well.
function countsAllErrors(policy: FallbackPolicy): boolean {
  return policy.serverErrors && policy.reset
}

function retriableStatuses(policy: FallbackPolicy): readonly number[] {
  const isCovered = (status: number): boolean => policy.serverErrors && status >= 500
  const own = policy.statuses.filter((status) => !isCovered(status))
  return policy.serverErrors && !countsAllErrors(policy) ? [...own, ...serverErrors] : own
}

const serverErrors = Array.from({ length: 100 }, (_, index) => 500 + index)
