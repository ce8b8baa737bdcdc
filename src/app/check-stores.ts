// Which of what requests need in Redis cannot be reached, and what becomes of them until it can. For /readyz, which everybody may read: it says nothing of where Redis is.

import { setTimeout as pause } from 'node:timers/promises'
import type { Budget } from '../budgets/budget.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'

export interface StoreChecks {
  readonly config: () => Pick<RuntimeConfig, 'budgets' | 'limits' | 'callers'>
  /** Whether the counters of budgets can be reached; never rejects. */
  readonly budgetsReady: () => Promise<boolean>
  /** The same of the counters of rate limits. */
  readonly limitsReady: () => Promise<boolean>
}

/** Who asks for readiness waits a second or two, and is to hear what is wrong even if Redis says nothing. */
const ANSWER_WITHIN_MS = 1_000

/** A line for each that the configuration needs and that cannot be reached. */
export async function checkStores({ config, budgetsReady, limitsReady }: StoreChecks): Promise<readonly string[]> {
  const { budgets, limits, callers } = config()
  const hasKeysThere = callers.some((source) => source.kind === 'api_keys' && source.place.kind === 'store')
  // Keys are looked up by those who serve, on connections of their own: to the same Redis, which the rate limits reach from here, or not.
  const [areBudgetsThere, areLimitsThere] = await Promise.all([budgets.length === 0 || inTime(budgetsReady), (limits.length === 0 && !hasKeysThere) || inTime(limitsReady)])
  return [
    ...(areBudgetsThere ? [] : [`the counters of budgets cannot be reached: ${meanwhile(budgets)}`]),
    ...(areLimitsThere || limits.length === 0 ? [] : ['the counters of rate limits cannot be reached: requests that a limit counts are refused with 503, and what is under way is not charged to its limits']),
    ...(areLimitsThere || !hasKeysThere ? [] : ['API keys cannot be looked up: requests with a key of the store are refused with 503']),
  ]
}

/** Only of the kinds of budgets that there are. */
function meanwhile(budgets: readonly Budget[]): string {
  const clauses = budgets.map(({ onExhausted, onStoreFailure }) => {
    if (onExhausted === 'allow') return 'budgets with on_exhausted: allow let their requests pass and charge them later'
    if (onStoreFailure === 'allow') return 'budgets with on_store_failure: allow let their requests pass and charge them later'
    if (onStoreFailure === 'local') return 'budgets with on_store_failure: local let their requests pass up to local_share in each process, and charge them later'
    return 'budgets with on_store_failure: deny refuse their requests with 503'
  })
  return [...new Set(clauses)].join('; ')
}

async function inTime(ready: () => Promise<boolean>): Promise<boolean> {
  const answered = new AbortController()
  try {
    return await Promise.race([ready(), pause(ANSWER_WITHIN_MS, false, { signal: answered.signal })])
  } finally {
    answered.abort()
  }
}
