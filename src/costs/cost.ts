// A cost is a named number computed from usage. Names and types are Envoy AI Gateway's LLMRequestCost,
// so that rules written for it keep working; MicroDollar is ours.

import type { Usage } from '../core/usage.ts'

export type CostType = 'InputToken' | 'CachedInputToken' | 'CacheCreationInputToken' | 'OutputToken' | 'ReasoningToken' | 'TotalToken' | 'MicroDollar' | 'CEL'

/** Everything a cost expression can see. Unknown counts read as 0, as in Envoy AI Gateway. */
export interface CostInput {
  readonly usage: Usage
  /** The model the provider was asked for (`upstreamModel`). */
  readonly model: string
  /** Name of the provider that answered. */
  readonly backend: string
  readonly routeName: string
  /** What the exchange costs; undefined when no price is known. */
  readonly nanoDollars: number | undefined
}

/** `value` is an integer 0 … MAX_COST; `clamped` when the true value was larger. */
export type CostResult = { readonly ok: true; readonly value: number; readonly clamped: boolean } | { readonly ok: false; readonly error: string }

export interface Cost {
  readonly name: string
  readonly type: CostType
  /** The expression of a CEL cost, for messages; undefined otherwise. */
  readonly expression: string | undefined
  /** Never throws: an expression that fails at run time is a result, not an exception. */
  evaluate(input: CostInput): CostResult
}

/** Envoy drops a rate limit descriptor whose hits_addend is above 1e9 (Envoy source, ratelimit_config.cc), so no cost may exceed it. */
export const MAX_COST = 1_000_000_000
