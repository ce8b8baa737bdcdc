// The costs that are simply one of the counts.

import { MAX_COST } from './cost.ts'
import type { Cost, CostResult, CostType } from './cost.ts'
import type { Usage } from '../core/usage.ts'

type TokenCostType = Exclude<CostType, 'CEL' | 'MicroDollar'>

interface TokenCount {
  readonly read: (usage: Usage) => number | undefined
  /** What an unknown count means; undefined: it stays unknown. */
  readonly whenUnknown: number | undefined
}

// The parts read 0 when nobody named them, for providers leave them out when there are none; the wholes are never 0 by omission.
const COUNTS: Readonly<Record<TokenCostType, TokenCount>> = {
  InputToken: { read: (usage) => usage.inputTokens, whenUnknown: undefined },
  CachedInputToken: { read: (usage) => usage.cachedInputTokens, whenUnknown: 0 },
  CacheCreationInputToken: { read: (usage) => usage.cacheCreationInputTokens, whenUnknown: 0 },
  OutputToken: { read: (usage) => usage.outputTokens, whenUnknown: undefined },
  ReasoningToken: { read: (usage) => usage.reasoningTokens, whenUnknown: 0 },
  TotalToken: { read: (usage) => usage.totalTokens, whenUnknown: undefined },
}

/** A cost that is one count. Evaluating it fails when that count is unknown and is no mere part. */
export function createTokenCost(name: string, type: TokenCostType): Cost {
  const { read, whenUnknown } = COUNTS[type]
  return {
    name,
    type,
    expression: undefined,
    evaluate({ usage }): CostResult {
      const tokens = read(usage) ?? whenUnknown
      if (tokens === undefined) return { ok: false, error: 'the provider did not say this count' }
      return { ok: true, value: Math.min(tokens, MAX_COST), clamped: tokens > MAX_COST }
    },
  }
}
