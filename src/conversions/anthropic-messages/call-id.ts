// Anthropic's rule for ids of tool calls is ^[a-zA-Z0-9_-]+$; other APIs take nearly anything.

import { createHash } from 'node:crypto'

const accepted = /^[a-zA-Z0-9_-]+$/

/** The id itself when Anthropic takes it, else one made of its hash: the same for a call and its result, in every turn. */
export function callId(id: string): string {
  return accepted.test(id) ? id : `toolu_${createHash('sha256').update(id).digest('base64url')}`
}
