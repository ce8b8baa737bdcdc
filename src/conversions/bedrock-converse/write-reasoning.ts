// What Claude thought, given back to it. Source: Bedrock user guide, "Enhance model responses with model reasoning".

import type { JsonObject, ReasoningPart } from '../conversation.ts'

/** The block; undefined for thoughts that nobody signed, which Claude refuses. */
export function writeReasoning(part: ReasoningPart): JsonObject | undefined {
  if (part.redacted !== undefined) return { reasoningContent: { redactedContent: part.redacted } }
  if (part.signature === undefined || part.signature === '') return undefined
  return { reasoningContent: { reasoningText: { text: part.text, signature: part.signature } } }
}
