// Calls of tools and their results in the history of a conversation.
// Source: Bedrock user guide, "Use a tool to complete an Amazon Bedrock model response".

import { readCallInput } from '../call-input.ts'
import type { JsonObject, ToolCallPart, ToolResultPart } from '../conversation.ts'
import type { DocumentNames } from './document-names.ts'
import type { ModelTraits } from './model-traits.ts'
import { toolUseId } from './tool-use-id.ts'
import { writeDocument, writeImage } from './write-media.ts'

export function writeToolUse(part: ToolCallPart): JsonObject {
  return { toolUse: { toolUseId: toolUseId(part.id), name: part.name, input: readCallInput(part.arguments) } }
}

/** A failure is told by `status` where that is known, to Claude and Nova, and by the text elsewhere. */
export function writeToolResult(part: ToolResultPart, { traits, names }: { readonly traits: ModelTraits; readonly names: DocumentNames }, dropped: Set<string>): JsonObject {
  const content = part.parts.map((inner): JsonObject => {
    switch (inner.kind) {
      case 'text':
        return { text: inner.text }
      case 'image':
        return writeImage(inner, dropped)
      case 'document':
        return inner.source.kind === 'text' ? { text: inner.source.text } : writeDocument(inner, names)
    }
  })
  const knowsStatus = traits.vendor !== 'other' && traits.vendor !== 'openai'
  // An empty list is refused by Nova, and by all when the call failed; an empty text by none.
  if (content.length === 0) content.push({ text: '' })
  if (!part.isError) return { toolResult: { toolUseId: toolUseId(part.callId), content } }
  return { toolResult: { toolUseId: toolUseId(part.callId), content: knowsStatus ? content : [{ text: 'The call failed:' }, ...content], ...(knowsStatus ? { status: 'error' } : {}) } }
}
