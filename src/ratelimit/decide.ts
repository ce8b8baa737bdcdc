// Turns counters into an answer. Pure: what was counted goes in, statuses and the verdict come out.

import type { DescriptorEntry, DescriptorStatus } from './messages.ts'
import type { CountedPlan, CountPlan } from './plan-counts.ts'
import type { LimitRule } from './domain-rules.ts'

/** A descriptor that made the request fail. */
export interface Denial {
  readonly entries: readonly DescriptorEntry[]
  readonly rule: LimitRule
  /** The counter, with this request's hits. */
  readonly used: bigint
  readonly resetSeconds: number
}

export interface Decision {
  readonly overLimit: boolean
  /** A rule in shadow mode would have denied. */
  readonly shadow: boolean
  readonly statuses: readonly DescriptorStatus[]
  /** Why the request is over its limit; empty when it is not. */
  readonly denials: readonly Denial[]
}

/** What the original reports as remaining of an unlimited rule: 2^32-1. */
const unlimitedRemaining = 4_294_967_295

const noLimit: DescriptorStatus = { overLimit: false, currentLimit: undefined, limitRemaining: 0, resetSeconds: undefined }

/**
 * Over is strictly more than the limit: reaching it exactly is fine. Only a check (0 hits) under `denyAtLimit` is
 * already over at the limit, because what follows it would be charged on top. Giving back is never over.
 */
function isOver(plan: CountedPlan, after: bigint): boolean {
  const { rule, change } = plan
  if (change.kind === 'refund') return false
  const limit = BigInt(rule.requestsPerUnit)
  return change.hits === 0n && rule.denyAtLimit ? after >= limit : after > limit
}

function countedStatus(plan: CountedPlan, after: bigint, over: boolean): DescriptorStatus {
  const { requestsPerUnit, unit, name } = plan.rule
  const remaining = BigInt(requestsPerUnit) - after
  return {
    overLimit: over && !plan.rule.shadowMode,
    currentLimit: { requestsPerUnit, unit, name },
    limitRemaining: over || remaining < 0n ? 0 : Number(remaining),
    resetSeconds: plan.resetSeconds,
  }
}

/**
 * `counters`: what the store answered, one per counted plan in order. The request is over when any ordinary rule is,
 * or when it has quota rules and all of them are.
 */
export function decide(plans: readonly CountPlan[], counters: readonly bigint[]): Decision {
  const statuses: DescriptorStatus[] = []
  const ordinary: Denial[] = []
  const quota: Denial[] = []
  let quotaRules = 0
  let shadow = false
  let counted = 0
  for (const plan of plans) {
    if (plan.kind !== 'counted') {
      statuses.push(plan.kind === 'unlimited' ? { ...noLimit, limitRemaining: unlimitedRemaining } : noLimit)
      continue
    }
    const after = counters[counted] ?? 0n
    counted += 1
    const { rule, entries, resetSeconds } = plan
    const over = isOver(plan, after)
    const status = countedStatus(plan, after, over)
    statuses.push(status)
    if (over && rule.shadowMode) shadow = true
    if (rule.quotaMode) quotaRules += 1
    if (status.overLimit) (rule.quotaMode ? quota : ordinary).push({ entries, rule, used: after, resetSeconds })
  }
  const quotaOver = quotaRules > 0 && quota.length === quotaRules
  const denials = quotaOver ? [...ordinary, ...quota] : ordinary
  return { overLimit: denials.length > 0, shadow, statuses, denials }
}
