// Ids of calls: Bedrock takes at most 64 letters, Claude behind it no dots or colons; other APIs take nearly anything.

import { createHash } from 'node:crypto'

const accepted = /^[a-zA-Z0-9_-]{1,64}$/

/** The id itself when Bedrock takes it, else one made of its hash: the same for a call and its result, in every turn. */
export function toolUseId(id: string): string {
  return accepted.test(id) ? id : `call_${createHash('sha256').update(id).digest('base64url')}`
}
