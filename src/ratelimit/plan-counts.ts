// What a request is going to count: one plan per descriptor, made before any counter is touched.

import type { CounterChange } from './counter-store.ts'
import { counterKey } from './counter-key.ts'
import type { DomainRules, LimitRule } from './domain-rules.ts'
import type { MatchError, RuleMatch } from './match-rule.ts'
import { matchRule } from './match-rule.ts'
import type { Descriptor, DescriptorEntry, RateLimitRequest } from './messages.ts'
import { secondsUntilReset, windowSeconds, windowStart } from './window.ts'

export type CountPlan =
  /** No rule, or one that another rule of this request replaces. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unlimited' }
  | CountedPlan

export interface CountedPlan {
  readonly kind: 'counted'
  readonly rule: LimitRule
  readonly entries: readonly DescriptorEntry[]
  readonly change: CounterChange
  readonly resetSeconds: number
}

export interface PlanInput {
  readonly rules: DomainRules
  readonly request: RateLimitRequest
  /** Whole seconds since the epoch; read once per request, so that all its windows agree. */
  readonly nowSeconds: number
}

/** Descriptor's own hits, 0 included; else the request's, of which 0 means 1. */
function hitsOf(descriptor: Descriptor, request: RateLimitRequest): bigint {
  return descriptor.hitsAddend ?? BigInt(Math.max(1, request.hitsAddend))
}

function planCounted(input: PlanInput, descriptor: Descriptor, match: RuleMatch): CountedPlan {
  const { rule, counterValues } = match
  const { domain } = input.rules
  const { entries } = descriptor
  const key = counterKey({ domain, entries, counterValues, windowStart: windowStart(rule.unit, input.nowSeconds) })
  const hits = hitsOf(descriptor, input.request)
  const change: CounterChange = {
    key,
    kind: descriptor.isNegativeHits ? 'refund' : 'add',
    // The original hands uint64 to a signed counter: 2^64 - n takes n off. Recorded behaviour, so kept.
    hits: descriptor.isNegativeHits ? hits : BigInt.asIntN(64, hits),
    windowSeconds: windowSeconds(rule.unit),
  }
  return { kind: 'counted', rule, entries, change, resetSeconds: secondsUntilReset(rule.unit, input.nowSeconds) }
}

/** One plan per descriptor, in order. Every named rule that a matching rule replaces, also an unlimited one, is left out. */
export function planCounts(input: PlanInput): readonly CountPlan[] | MatchError {
  const matches: (RuleMatch | undefined)[] = []
  const replaced = new Set<string>()
  for (const descriptor of input.request.descriptors) {
    const match = matchRule(input.rules, descriptor)
    if (match !== undefined && 'error' in match) return match
    matches.push(match)
    for (const name of match?.rule.replaces ?? []) replaced.add(name)
  }
  return input.request.descriptors.map((descriptor, index) => {
    const match = matches[index]
    if (match === undefined) return { kind: 'none' }
    if (match.rule.unlimited) return { kind: 'unlimited' }
    if (match.rule.name !== '' && replaced.has(match.rule.name)) return { kind: 'none' }
    return planCounted(input, descriptor, match)
  })
}
