// cache_control of a block or a tool. Source: docs.anthropic.com, "Prompt caching".

import type { CacheMark, JsonObject } from '../conversation.ts'
import { expectOneOf, optionalObject } from './field-checks.ts'

const ttls = ['5m', '1h'] as const

/** To be spread into a part: without a mark the part has no member for it. `at`: the block's place; '' for the request itself. */
export function readCacheMark(block: JsonObject, at: string): { readonly cache?: CacheMark } {
  const value = block['cache_control']
  if (value === undefined || value === null) return {}
  const param = at === '' ? 'cache_control' : `${at}.cache_control`
  const mark = optionalObject(value, param) ?? {}
  expectOneOf(mark['type'], `${param}.type`, ['ephemeral'])
  const ttl = mark['ttl']
  return { cache: { ttl: ttl === undefined || ttl === null ? undefined : expectOneOf(ttl, `${param}.ttl`, ttls) } }
}
