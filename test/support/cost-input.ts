// Exchanges for tests of costs.

import type { CostInput } from '../../src/costs/cost.ts'
import type { Usage } from '../../src/core/usage.ts'

const UNKNOWN: Usage = {
  inputTokens: undefined,
  cachedInputTokens: undefined,
  cacheCreationInputTokens: undefined,
  outputTokens: undefined,
  reasoningTokens: undefined,
  totalTokens: undefined,
  flags: [],
}

/** An exchange answered by `gpt-4o` of `openai`; counts that are not named are unknown. */
export function costInput(usage: Partial<Usage>, names: Partial<Omit<CostInput, 'usage'>> = {}): CostInput {
  return { usage: { ...UNKNOWN, ...usage }, model: 'gpt-4o', backend: 'openai', routeName: 'chat', nanoDollars: undefined, ...names }
}
