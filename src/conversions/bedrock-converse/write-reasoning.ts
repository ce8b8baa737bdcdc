// What Claude thought, given back to it. Source: Bedrock user guide, "Enhance model responses with model reasoning".

import type { JsonObject, ReasoningPart } from '../conversation.ts'
import type { ModelTraits } from './model-traits.ts'

/**
 * The block, or undefined where it may not be sent: Claude wants back what it signed, and nobody else's thoughts; other models on Bedrock
 * refuse thoughts in the history.
 */
export function writeReasoning(part: ReasoningPart, traits: ModelTraits): JsonObject | undefined {
  if (traits.vendor !== 'anthropic' && traits.vendor !== 'unknown') return undefined
  if (part.redacted !== undefined) return { reasoningContent: { redactedContent: part.redacted } }
  if (part.signature === undefined) return undefined
  return { reasoningContent: { reasoningText: { text: part.text, signature: part.signature } } }
}
