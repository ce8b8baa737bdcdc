// Token counts as OpenAI writes them. Source: platform.openai.com, API reference, "The chat completion object".

import { canonicalUsage, type RawUsage } from '../../core/usage.ts'
import type { JsonObject } from '../conversation.ts'

/** `cache_creation_tokens` is Envoy AI Gateway's name for what OpenAI does not count. A detail that nobody said is left out, not 0. */
export function writeUsage(raw: RawUsage): JsonObject {
  const usage = canonicalUsage(raw)
  const { cachedInputTokens, cacheCreationInputTokens, reasoningTokens } = usage
  const promptDetails = {
    ...(cachedInputTokens === undefined ? {} : { cached_tokens: cachedInputTokens }),
    ...(cacheCreationInputTokens === undefined ? {} : { cache_creation_tokens: cacheCreationInputTokens }),
  }
  return {
    prompt_tokens: usage.inputTokens ?? 0,
    completion_tokens: usage.outputTokens ?? 0,
    total_tokens: usage.totalTokens ?? (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0),
    ...(cachedInputTokens === undefined && cacheCreationInputTokens === undefined ? {} : { prompt_tokens_details: promptDetails }),
    ...(reasoningTokens === undefined ? {} : { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  }
}
