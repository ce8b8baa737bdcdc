// OpenAI takes ids of calls of at most 40 characters ("string too long. Expected a string with maximum length 40"); other providers give longer ones.

import { createHash } from 'node:crypto'

const longestId = 40

/** The id itself when OpenAI takes it, else one made of its hash: the same for a call and its result, in every turn. */
export function callId(id: string): string {
  return id.length <= longestId ? id : `call_${createHash('sha256').update(id).digest('base64url')}`.slice(0, longestId)
}
