// Members of messages that carry what other providers want back. Ids with a signature inside are too long for OpenAI ("Expected a string with
// maximum length 40"), and it refuses members of messages that it does not know ("Unknown parameter: 'messages[1].reasoning_content'").

import type { JsonObject, JsonValue } from '../conversation.ts'
import type { TraceRemoval } from '../dialect.ts'
import { asList, asObject, asString } from '../json-value.ts'
import { signatureMarker, splitSignature } from '../tool-call-signature.ts'

/** Signatures in ids of calls, which only Tollgate puts there. */
export const chatSignatures: TraceRemoval = {
  marks: [signatureMarker],
  remove: (request) =>
    withMessages(request, (message) => {
      const calls = asList(message['tool_calls'])
      const unsigned = calls.map((call) => withoutSignature(asObject(call), 'id') ?? call)
      const isSigned = unsigned.some((call, index) => call !== calls[index])
      return isSigned ? { ...message, tool_calls: unsigned } : withoutSignature(message, 'tool_call_id')
    }),
}

/** Thoughts, which are also the members that look-alikes of OpenAI give to their clients and may want back: for OpenAI itself only. */
export const chatThoughts: TraceRemoval = {
  marks: ['"reasoning_content"', '"thinking_blocks"'],
  remove: (request) =>
    withMessages(request, (message) => {
      if (message['role'] !== 'assistant') return undefined
      const { reasoning_content: text, thinking_blocks: blocks, ...rest } = message
      return text === undefined && blocks === undefined ? undefined : rest
    }),
}

/** `edit` gives undefined for a message that stays as it is. */
function withMessages(request: JsonObject, edit: (message: JsonObject) => JsonObject | undefined): JsonObject {
  let changes = 0
  const messages = asList(request['messages']).map((value): JsonValue => {
    const message = asObject(value)
    const edited = message === undefined ? undefined : edit(message)
    if (edited === undefined) return value
    changes += 1
    return edited
  })
  return changes === 0 ? request : { ...request, messages }
}

function withoutSignature(holder: JsonObject | undefined, name: 'id' | 'tool_call_id'): JsonObject | undefined {
  const { id, signature } = splitSignature(asString(holder?.[name]) ?? '')
  return signature === undefined ? undefined : { ...holder, [name]: id }
}
