// Where a client of OpenAI's APIs wants its prompt cached: Anthropic's `cache_control`, which gateways accept on parts, messages, calls and
// tools (OpenRouter, LiteLLM and Envoy AI Gateway), and OpenAI's own `prompt_cache_breakpoint`.

import type { CacheMark, JsonObject } from './conversation.ts'
import { expectObject, expectOneOf } from './field-checks.ts'

const lifetimes = ['5m', '1h'] as const

export function readCacheMark(holder: JsonObject, at: string): CacheMark | undefined {
  const control = holder['cache_control']
  if (control !== undefined && control !== null) {
    const fields = expectObject(control, `${at}.cache_control`)
    expectOneOf(fields['type'], `${at}.cache_control.type`, ['ephemeral'])
    const ttl = fields['ttl'] ?? undefined
    return { ttl: ttl === undefined ? undefined : expectOneOf(ttl, `${at}.cache_control.ttl`, lifetimes) }
  }
  const breakpoint = holder['prompt_cache_breakpoint']
  if (breakpoint === undefined || breakpoint === null) return undefined
  expectOneOf(expectObject(breakpoint, `${at}.prompt_cache_breakpoint`)['mode'], `${at}.prompt_cache_breakpoint.mode`, ['explicit'])
  return { ttl: undefined }
}

/** The same parts with the mark on the last one that can carry it and has none of its own. */
export function markLast<Part extends { readonly kind: string; readonly cache?: CacheMark }>(parts: readonly Part[], mark: CacheMark | undefined): readonly Part[] {
  const last = parts.at(-1)
  if (mark === undefined || last === undefined || last.cache !== undefined) return parts
  return [...parts.slice(0, -1), { ...last, cache: mark }]
}
