// Thoughts of other providers, and ids of calls that carry their signatures, which OpenAI refuses: "encrypted content … could not be verified",
// "string too long. Expected a string with maximum length 64".

import type { JsonObject, JsonValue } from '../conversation.ts'
import type { TraceRemoval } from '../dialect.ts'
import { asList, asObject, asString } from '../json-value.ts'
import { signatureMarker, splitSignature } from '../tool-call-signature.ts'
import { encryptedContentMark, isOurs } from './encrypted-content.ts'

export const foreignItems: TraceRemoval = {
  marks: [encryptedContentMark, signatureMarker],
  remove(request) {
    let changes = 0
    const input = asList(request['input']).flatMap((value): JsonValue[] => {
      const item = asObject(value)
      if (item?.['type'] === 'reasoning' && isOurs(asString(item['encrypted_content']) ?? '')) {
        changes += 1
        return []
      }
      const unsigned = item === undefined ? undefined : withoutSignature(item)
      if (unsigned === undefined) return [value]
      changes += 1
      return [unsigned]
    })
    return changes === 0 ? request : { ...request, input }
  },
}

function withoutSignature(item: JsonObject): JsonObject | undefined {
  const { id, signature } = splitSignature(asString(item['call_id']) ?? '')
  return signature === undefined ? undefined : { ...item, call_id: id }
}
