// Thoughts of other providers reach a client of this API without a signature (write-answer.ts). When it sends them back and Anthropic
// itself is asked next, they would be refused ("Invalid `signature` in `thinking` block"), and with them the rest of the conversation.

import type { JsonObject, JsonValue } from '../conversation.ts'
import type { TraceRemoval } from '../dialect.ts'
import { asList, asObject, isList } from '../json-value.ts'

/** Thinking blocks with an empty signature. */
export const unsignedThoughts: TraceRemoval = {
  marks: ['"signature":""', '"signature": ""'],
  remove(request) {
    let removed = 0
    const messages = asList(request['messages']).map((message) => {
      const fields = asObject(message)
      const content = fields?.['content']
      if (fields === undefined || content === undefined || !isList(content)) return message
      const kept = content.filter((block) => !isUnsignedThought(asObject(block)))
      if (kept.length === content.length) return message
      removed += 1
      return { ...fields, content: kept }
    })
    // An answer of nothing but thoughts leaves nothing, which is refused as well.
    return removed === 0 ? request : { ...request, messages: messages.filter((message) => !isEmptyList(asObject(message)?.['content'])) }
  },
}

function isUnsignedThought(block: JsonObject | undefined): boolean {
  return block?.['type'] === 'thinking' && block['signature'] === ''
}

function isEmptyList(value: JsonValue | undefined): boolean {
  return value !== undefined && isList(value) && value.length === 0
}
