// Which of what requests need in Redis cannot be reached, and what becomes of them until it can. For /readyz, which everybody may read: it says nothing of where Redis is.

import { setTimeout as pause } from 'node:timers/promises'
import type { Budget } from '../budgets/budget.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { hasKeysInStore } from './create-caller-keys.ts'

export interface StoreChecks {
  readonly config: () => Pick<RuntimeConfig, 'budgets' | 'limits' | 'callers'>
  /** Whether the counters of budgets can be reached; never rejects. */
  readonly budgetsReady: () => Promise<boolean>
  /** The same of the counters of rate limits. */
  readonly limitsReady: () => Promise<boolean>
  /** What has said nothing by then cannot be reached. */
  readonly answerWithinMs?: number
}

export interface StoreTrouble {
  /** What cannot be reached, and what becomes of requests. */
  readonly line: string
  /** Requests are refused for it. */
  readonly refuses: boolean
}

/** Probes of Kubernetes wait a second by default, and are to hear what is wrong even if Redis says nothing. */
const ANSWER_WITHIN_MS = 800

/** One for each use of the store that the configuration makes and that cannot be reached. */
export async function checkStores({ config, budgetsReady, limitsReady, answerWithinMs = ANSWER_WITHIN_MS }: StoreChecks): Promise<readonly StoreTrouble[]> {
  const { budgets, limits, callers } = config()
  const hasKeysThere = hasKeysInStore(callers)
  // Keys are looked up by those who serve, on connections of their own: to the same Redis, which the rate limits reach from here, or not.
  const [areBudgetsThere, areLimitsThere] = await Promise.all([budgets.length === 0 || inTime(budgetsReady, answerWithinMs), (limits.length === 0 && !hasKeysThere) || inTime(limitsReady, answerWithinMs)])
  const meanwhiles = budgets.map(meanwhile)
  const clauses = [...new Set(meanwhiles.map(({ clause }) => clause))].join('; ')
  return [
    ...(areBudgetsThere ? [] : [{ line: `the counters of budgets cannot be reached: ${clauses}`, refuses: meanwhiles.some(({ refuses }) => refuses) }]),
    ...(areLimitsThere || limits.length === 0 ? [] : [{ line: 'the counters of rate limits cannot be reached: requests that a limit counts are refused with 503, and what is under way is not charged to its limits', refuses: true }]),
    ...(areLimitsThere || !hasKeysThere ? [] : [{ line: 'API keys cannot be looked up: requests with a key of the store are refused with 503', refuses: true }]),
  ]
}

function meanwhile({ onExhausted, onStoreFailure }: Budget): { readonly clause: string; readonly refuses: boolean } {
  if (onExhausted === 'allow') return { clause: 'budgets with on_exhausted: allow let their requests pass and charge them later', refuses: false }
  if (onStoreFailure === 'allow') return { clause: 'budgets with on_store_failure: allow let their requests pass and charge them later', refuses: false }
  if (onStoreFailure === 'local') return { clause: 'budgets with on_store_failure: local let their requests pass up to local_share in each process, and charge them later', refuses: false }
  return { clause: 'budgets with on_store_failure: deny refuse their requests with 503', refuses: true }
}

async function inTime(ready: () => Promise<boolean>, withinMs: number): Promise<boolean> {
  const answered = new AbortController()
  try {
    return await Promise.race([ready(), pause(withinMs, false, { signal: answered.signal })])
  } finally {
    answered.abort()
  }
}
