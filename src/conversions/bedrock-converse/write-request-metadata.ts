// OpenAI's metadata as Bedrock's requestMetadata: what invocation logs are filtered by.
// Source: Bedrock API reference, Converse, requestMetadata: 1 to 16 pairs, keys of 1 to 256 characters, values of at most 256, of few kinds.

import type { JsonObject } from '../conversation.ts'

const mostPairs = 16
const accepted = /^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$/

/** The pairs that Bedrock takes, undefined when there are none. */
export function writeRequestMetadata(metadata: Readonly<Record<string, string>> | undefined, dropped: Set<string>): JsonObject | undefined {
  if (metadata === undefined) return undefined
  const all = Object.entries(metadata)
  const taken = all.filter(([key, value]) => key !== '' && accepted.test(key) && accepted.test(value)).slice(0, mostPairs)
  if (taken.length < all.length) dropped.add('metadata')
  return taken.length === 0 ? undefined : Object.fromEntries(taken)
}
