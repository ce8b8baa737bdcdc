// Our counts as Anthropic's: its input_tokens are those that no cache was involved in (docs.anthropic.com, "Prompt caching").

import { canonicalUsage, type RawUsage } from '../../core/usage.ts'
import type { JsonObject } from '../conversation.ts'

/** Counts that nobody told are 0: the API has no word for them, and its clients add them up. */
export function writeUsage(raw: RawUsage | undefined): JsonObject {
  const usage = canonicalUsage(raw ?? {})
  const cached = usage.cachedInputTokens ?? 0
  const created = usage.cacheCreationInputTokens ?? 0
  return {
    input_tokens: Math.max(0, (usage.inputTokens ?? 0) - cached - created),
    cache_creation_input_tokens: created,
    cache_read_input_tokens: cached,
    output_tokens: usage.outputTokens ?? 0,
    ...(usage.reasoningTokens === undefined ? {} : { output_tokens_details: { thinking_tokens: usage.reasoningTokens } }),
  }
}
