// Token counts as the Responses API writes them. Source: platform.openai.com, API reference, "The response object".

import { canonicalUsage, type RawUsage } from '../../core/usage.ts'
import type { JsonObject } from '../conversation.ts'

/** The shape has no place for "unknown": SDKs demand every member, so a detail that nobody said is 0 here, and nowhere else. */
export function writeUsage(raw: RawUsage): JsonObject {
  const usage = canonicalUsage(raw)
  return {
    input_tokens: usage.inputTokens ?? 0,
    input_tokens_details: { cached_tokens: usage.cachedInputTokens ?? 0, cache_write_tokens: usage.cacheCreationInputTokens ?? 0 },
    output_tokens: usage.outputTokens ?? 0,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
    total_tokens: usage.totalTokens ?? (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0),
  }
}
