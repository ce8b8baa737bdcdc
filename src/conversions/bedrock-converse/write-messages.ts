// The messages of a conversation as Converse wants them: users first, then in turn, none of them empty.
// Sources: Bedrock API reference, Message and ContentBlock; user guide, "Carry out a conversation with the Converse API operations".

import { continuingText, openingText } from '../anthropic-messages/write-messages.ts'
import { appendAll } from '../append-all.ts'
import type { AssistantPart, JsonObject, Message, UserPart } from '../conversation.ts'
import { asString } from '../json-value.ts'
import { pushCachePoint } from './cache-point.ts'
import { DocumentNames } from './document-names.ts'
import type { ModelTraits } from './model-traits.ts'
import { writeAudio, writeDocument, writeImage } from './write-media.ts'
import { writeReasoning } from './write-reasoning.ts'
import { writeToolResult, writeToolUse } from './write-tool-blocks.ts'

/** Beside a document there must be text. */
const documentText = '(See the document.)'

export interface MessageRules {
  readonly traits: ModelTraits
  /** Signed thoughts go back to the model. */
  readonly keepsThoughts: boolean
  /** The last message may be the assistant's: what the model then says continues it. */
  readonly continuesAnswers: boolean
}

export interface WrittenMessage {
  readonly role: 'user' | 'assistant'
  readonly content: JsonObject[]
}

/** [] when nothing was said. Throws TollgateError for what cannot be written. */
export function writeMessages(messages: readonly Message[], rules: MessageRules, dropped: Set<string>): readonly WrittenMessage[] {
  const { traits, continuesAnswers } = rules
  const names = new DocumentNames()
  const written: WrittenMessage[] = []
  for (const message of messages) {
    const { role } = message
    const content = role === 'user' ? writeUserParts(message.parts, { traits, names }, dropped) : writeAssistantParts(message.parts, rules, dropped)
    if (content.length === 0) continue
    if (written.length === 0 && role === 'assistant') written.push({ role: 'user', content: [{ text: openingText }] })
    const last = written.at(-1)
    // One between them had nothing to say.
    if (last?.role === role) appendAll(last.content, content)
    else written.push({ role, content })
  }
  if (written.at(-1)?.role === 'assistant') endTurn(written, continuesAnswers)
  return written
}

// "final assistant content cannot end with trailing whitespace"; models that do not continue answers need a word from the user instead.
function endTurn(written: WrittenMessage[], continuesAnswers: boolean): void {
  const content = written.at(-1)?.content ?? []
  const text = asString(content.at(-1)?.['text'])
  if (!continuesAnswers || text === undefined) written.push({ role: 'user', content: [{ text: continuingText }] })
  else content[content.length - 1] = { text: text.trimEnd() }
}

function writeUserParts(parts: readonly UserPart[], { traits, names }: { readonly traits: ModelTraits; readonly names: DocumentNames }, dropped: Set<string>): JsonObject[] {
  // Claude wants the results of its calls before anything else is said.
  const results: JsonObject[] = []
  const said: JsonObject[] = []
  for (const part of parts) {
    const blocks = part.kind === 'tool_result' ? results : said
    switch (part.kind) {
      case 'text':
        if (!isBlank(part.text)) blocks.push({ text: part.text })
        break
      case 'image':
        blocks.push(writeImage(part, dropped))
        break
      case 'document':
        blocks.push(writeDocument(part, names))
        break
      case 'audio':
        blocks.push(writeAudio(part, traits))
        break
      case 'tool_result':
        blocks.push(writeToolResult(part, { traits, names }, dropped))
        break
    }
    pushCachePoint(blocks, part.kind === 'tool_result' ? (part.cache ?? part.parts.findLast(({ cache }) => cache !== undefined)?.cache) : part.cache, traits, dropped)
  }
  if (said.some((block) => Object.hasOwn(block, 'document')) && !said.some((block) => Object.hasOwn(block, 'text'))) said.push({ text: documentText })
  return [...results, ...said]
}

function writeAssistantParts(parts: readonly AssistantPart[], { traits, keepsThoughts }: MessageRules, dropped: Set<string>): JsonObject[] {
  const blocks: JsonObject[] = []
  for (const part of parts) {
    switch (part.kind) {
      case 'text':
      case 'refusal':
        if (!isBlank(part.text)) blocks.push({ text: part.text })
        break
      case 'image':
        blocks.push(writeImage(part, dropped))
        break
      case 'tool_call':
        blocks.push(writeToolUse(part))
        break
      case 'reasoning':
        pushReasoning(blocks, keepsThoughts ? writeReasoning(part) : undefined, dropped)
        break
    }
    if (part.kind !== 'refusal' && part.kind !== 'reasoning') pushCachePoint(blocks, part.cache, traits, dropped)
  }
  // Thoughts that led to nothing: Claude takes no message that ends with them.
  while (Object.hasOwn(blocks.at(-1) ?? {}, 'reasoningContent')) {
    blocks.pop()
    dropped.add('reasoning')
  }
  return blocks
}

function pushReasoning(blocks: JsonObject[], block: JsonObject | undefined, dropped: Set<string>): void {
  if (block === undefined) dropped.add('reasoning')
  else blocks.push(block)
}

function isBlank(text: string): boolean {
  return text.trim() === ''
}
