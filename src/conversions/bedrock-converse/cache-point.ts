// Converse marks what is to be cached by a block of its own behind it. Source: Bedrock user guide, "Prompt caching for faster model inference".

import type { CacheMark, JsonObject } from '../conversation.ts'
import type { ModelTraits } from './model-traits.ts'

/**
 * Adds the mark behind the last block, if there is one that can be marked. Only Claude and Nova have a cache, and others refuse the
 * mark; a model that an ARN hides is believed to have one, since the client asks for it.
 */
export function pushCachePoint(blocks: JsonObject[], cache: CacheMark | undefined, traits: ModelTraits, dropped: Set<string>): void {
  if (cache === undefined) return
  if (traits.vendor === 'other' || traits.vendor === 'openai') {
    dropped.add('cache_control')
    return
  }
  const last = blocks.at(-1)
  // Thoughts carry no mark.
  if (last === undefined || isCachePoint(last) || Object.hasOwn(last, 'reasoningContent')) return
  // Five minutes are what every model does by itself; not all know the word for it.
  const isLong = cache.ttl === '1h'
  const canBeLong = traits.vendor === 'unknown' || traits.isFrom45
  if (isLong && !canBeLong) dropped.add('cache_control')
  blocks.push({ cachePoint: { type: 'default', ...(isLong && canBeLong ? { ttl: '1h' } : {}) } })
}

const mostCachePoints = 4

/**
 * Leaves out the first marks of a request that has more than Bedrock takes: those behind them cover what they covered. `lists`: in the order in
 * which models read, which is tools, system, messages.
 */
export function limitCachePoints(lists: readonly (readonly JsonObject[])[], dropped: Set<string>): readonly (readonly JsonObject[])[] {
  let surplus = lists.flat().filter(isCachePoint).length - mostCachePoints
  if (surplus <= 0) return lists
  dropped.add('cache_control')
  return lists.map((list) =>
    list.filter((block) => {
      const isSurplus = surplus > 0 && isCachePoint(block)
      if (isSurplus) surplus -= 1
      return !isSurplus
    }),
  )
}

function isCachePoint(block: JsonObject): boolean {
  return Object.hasOwn(block, 'cachePoint')
}
