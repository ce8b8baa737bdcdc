// Converse marks what is to be cached by a block of its own behind it. Source: Bedrock user guide, "Prompt caching for faster model inference".

import type { CacheMark, JsonObject } from '../conversation.ts'
import type { ModelTraits } from './model-traits.ts'

/**
 * Adds the mark behind the last block, unless there is none, or it is a mark already. Only Claude and Nova have a cache, and others refuse the
 * mark; a model that an ARN hides is believed to have one, since the client asks for it.
 */
export function pushCachePoint(blocks: JsonObject[], cache: CacheMark | undefined, traits: ModelTraits, dropped: Set<string>): void {
  if (cache === undefined) return
  if (traits.vendor === 'other' || traits.vendor === 'openai') {
    dropped.add('cache_control')
    return
  }
  const last = blocks.at(-1)
  if (last === undefined || Object.hasOwn(last, 'cachePoint')) return
  // Five minutes are what every model does by itself; not all know the word for it.
  const isLong = cache.ttl === '1h'
  const canBeLong = traits.vendor === 'unknown' || traits.isFrom45
  if (isLong && !canBeLong) dropped.add('cache_control')
  blocks.push({ cachePoint: { type: 'default', ...(isLong && canBeLong ? { ttl: '1h' } : {}) } })
}
