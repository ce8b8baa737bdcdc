// Prompt caching marks as Anthropic's cache_control, of which a request may have four (docs.anthropic.com, "Prompt caching").

import type { CacheMark, Conversation, JsonObject } from '../conversation.ts'

const mostMarks = 4

export class CacheMarks {
  /** Marks that are left out: the first ones, because those behind them cover what they covered. */
  #surplus: number

  constructor(conversation: Conversation, dropped: Set<string>) {
    this.#surplus = Math.max(0, countMarks(conversation) - mostMarks)
    if (this.#surplus > 0) dropped.add('cache_control')
  }

  /** The block under its mark. To be called in the order in which the API reads: tools, system, messages. */
  put(block: JsonObject, mark: CacheMark | undefined): JsonObject {
    if (mark === undefined) return block
    if (this.#surplus > 0) {
      this.#surplus -= 1
      return block
    }
    return { ...block, cache_control: mark.ttl === undefined ? { type: 'ephemeral' } : { type: 'ephemeral', ttl: mark.ttl } }
  }
}

function countMarks({ tools, system, messages }: Conversation): number {
  let marks = 0
  const count = (part: { readonly cache?: CacheMark }): void => {
    if (part.cache !== undefined) marks += 1
  }
  tools.forEach(count)
  system.forEach(count)
  for (const { parts } of messages) {
    for (const part of parts) {
      if (part.kind === 'reasoning' || part.kind === 'refusal') continue
      count(part)
      if (part.kind === 'tool_result') part.parts.forEach(count)
    }
  }
  return marks
}
