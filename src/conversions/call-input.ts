// The arguments of a call as the object that Anthropic and Bedrock want. A model may have written broken ones, or they were cut, and its client
// keeps them. The wrapping is what Anthropic recommends for such (docs.anthropic.com, "Fine-grained tool streaming", invalid JSON).

import type { JsonObject } from './conversation.ts'
import { asObject, parseJsonText } from './json-value.ts'

export function readCallInput(text: string): JsonObject {
  if (text === '{}' || !/\S/.test(text)) return {}
  return asObject(parseJsonText(text)) ?? { INVALID_JSON: text }
}
