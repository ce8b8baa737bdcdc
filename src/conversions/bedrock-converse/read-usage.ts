// TokenUsage in our counting. Source: Bedrock user guide, "Prompt caching": inputTokens are what no cache was involved in, so the three parts
// of the input are added, as for Anthropic; totalTokens has them all.

import { isCount, said, sumOfParts, withDetails } from '../../core/usage-fields.ts'
import type { RawUsage } from '../../core/usage.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { asList, asObject } from '../json-value.ts'

/** Undefined when no count is there. One that cannot be a count stays as it was written: core/usage.ts judges it. */
export function readUsage(usage: JsonObject): RawUsage | undefined {
  const cached = said(usage['cacheReadInputTokens'])
  const written = said(usage['cacheWriteInputTokens'])
  const uncached = said(usage['inputTokens'])
  const outputTokens = said(usage['outputTokens'])
  const inputTokens = sumOfParts([uncached, cached, written])
  const total = said(usage['totalTokens'])
  if (inputTokens === undefined && outputTokens === undefined && total === undefined) return undefined
  // Some models leave the cache out of the total as well.
  const isPartial = isCount(uncached) && isCount(outputTokens) && total === uncached + outputTokens
  const details = withDetails({ cacheCreation1hInputTokens: hourLong(usage['cacheDetails']) })
  return { inputTokens, cachedInputTokens: cached, cacheCreationInputTokens: written, outputTokens, totalTokens: isPartial ? undefined : total, ...details }
}

/** What of the cache writes is kept for an hour: `cacheDetails: [{"ttl": "1h", "inputTokens": 12}]`. */
function hourLong(list: JsonValue | undefined): JsonValue | undefined {
  return asList(list)
    .map(asObject)
    .find((each) => each?.['ttl'] === '1h')?.['inputTokens']
}
