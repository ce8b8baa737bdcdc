// What a provider wants back with its thoughts travels in a reasoning item's `encrypted_content`, which clients hand back unread.
// OpenAI gives that member only to those who ask for it in `include`. We give it to everybody: without it a signed thought cannot be sent
// back, and Anthropic refuses a tool loop whose thoughts are missing.

import type { ReasoningPart } from '../conversation.ts'
import { asObject, asString, parseJsonText } from '../json-value.ts'

/** Base64url of `{"tollgate":`, which is 12 bytes long and so a prefix of what is ours. The number behind it is the version. */
export const encryptedContentMark = Buffer.from('{"tollgate":', 'utf8').toString('base64url')
const version = 1

/** Of thoughts that no provider wants back, neither signed nor hidden, no more than the mark that they are not OpenAI's (foreign-items.ts). */
export function writeEncryptedContent({ text, signature, redacted }: Omit<ReasoningPart, 'kind'>): string {
  if (signature === undefined && redacted === undefined) return Buffer.from(JSON.stringify({ tollgate: version }), 'utf8').toString('base64url')
  return Buffer.from(JSON.stringify({ tollgate: version, text, signature, redacted }), 'utf8').toString('base64url')
}

export function isOurs(content: string): boolean {
  return content.startsWith(encryptedContentMark)
}

/** Undoes writeEncryptedContent. Undefined for a mere mark, and for what it never made, such as OpenAI's own. The text in it is the signed one: a client may have cut its copy. */
export function readEncryptedContent(content: string): ReasoningPart | undefined {
  if (!isOurs(content)) return undefined
  const fields = asObject(parseJsonText(Buffer.from(content, 'base64url').toString('utf8')))
  if (fields?.['tollgate'] !== version) return undefined
  const text = asString(fields['text']) ?? ''
  const signature = asString(fields['signature'])
  const redacted = asString(fields['redacted'])
  if (signature === undefined && redacted === undefined) return undefined
  return { kind: 'reasoning', text, ...(signature === undefined ? {} : { signature }), ...(redacted === undefined ? {} : { redacted }) }
}
