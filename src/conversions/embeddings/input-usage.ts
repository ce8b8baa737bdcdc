// Input tokens of an embedding, in our names: embeddings have no output.

import type { RawUsage } from '../../core/usage.ts'
import type { JsonValue } from '../conversation.ts'

/** Undefined for a count that is not there. */
export function inputUsage(inputTokens: JsonValue | undefined): RawUsage | undefined {
  return inputTokens === undefined || inputTokens === null ? undefined : { inputTokens, outputTokens: 0 }
}
