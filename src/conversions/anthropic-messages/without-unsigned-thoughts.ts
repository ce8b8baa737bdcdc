// Thoughts of other providers reach a client of this API without a signature (write-answer.ts). When it sends them back and Anthropic
// itself is asked next, they would be refused ("Invalid `signature` in `thinking` block"), and with them the rest of the conversation.

import type { JsonObject, JsonValue } from '../conversation.ts'
import { asList, asObject, isList } from '../json-value.ts'

const emptySignatures = ['"signature":""', '"signature": ""']

/** The body of a request without the thinking blocks that have an empty signature; undefined when there are none, which is nearly always. */
export function withoutUnsignedThoughts(body: Buffer): Buffer | undefined {
  if (!emptySignatures.some((text) => body.includes(text))) return undefined
  let request: JsonObject | undefined
  try {
    // JSON.parse gives nothing else.
    request = asObject(JSON.parse(body.toString('utf8')) as JsonValue)
  } catch {
    return undefined
  }
  let removed = 0
  const messages = asList(request?.['messages']).map((message) => {
    const fields = asObject(message)
    const content = fields?.['content']
    if (fields === undefined || content === undefined || content === null || !isList(content)) return message
    const kept = content.filter((block) => !isUnsignedThought(asObject(block)))
    if (kept.length === content.length) return message
    removed += 1
    return { ...fields, content: kept }
  })
  if (removed === 0) return undefined
  // An answer of nothing but thoughts leaves nothing, which is refused as well.
  const filled = messages.filter((message) => asObject(message)?.['content'] === undefined || !isEmptyList(asObject(message)?.['content']))
  return Buffer.from(JSON.stringify({ ...request, messages: filled }))
}

function isUnsignedThought(block: JsonObject | undefined): boolean {
  return block?.['type'] === 'thinking' && block['signature'] === ''
}

function isEmptyList(value: JsonValue | undefined): boolean {
  return value !== undefined && value !== null && isList(value) && value.length === 0
}
