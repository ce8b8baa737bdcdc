// The conversation as chat messages: instructions first, results of tools right behind the calls, then what else the user says.
// Text alone is written as one string, which every look-alike reads; arrays only where there is more than text.

import type { AssistantPart, Conversation, DocumentPart, ImagePart, JsonObject, Message, ToolResultPart, UserPart } from '../conversation.ts'
import { unsupported } from '../field-checks.ts'
import { callId } from './call-id.ts'
import { writeToolCall } from './write-answer.ts'
import { documentText, writeAudio, writeDocument, writeImage } from './write-media.ts'

const betweenTexts = '\n\n'

export function writeMessages(conversation: Pick<Conversation, 'system' | 'messages'>): readonly JsonObject[] {
  const written: JsonObject[] = []
  if (conversation.system.length > 0) written.push({ role: 'system', content: conversation.system.map((part) => part.text).join(betweenTexts) })
  for (const message of conversation.messages) writeMessage(message, written)
  return written
}

function writeMessage(message: Message, written: JsonObject[]): void {
  if (message.role === 'assistant') written.push(writeAssistant(message.parts))
  else writeUser(message.parts, written)
}

function writeAssistant(parts: readonly AssistantPart[]): JsonObject {
  let text = ''
  let refusal = ''
  const calls: JsonObject[] = []
  for (const part of parts) {
    switch (part.kind) {
      case 'text':
        text += part.text
        break
      case 'refusal':
        refusal += part.text
        break
      case 'tool_call':
        // Signatures are for the provider that made them.
        calls.push(writeToolCall({ kind: 'tool_call', id: callId(part.id), name: part.name, arguments: part.arguments }))
        break
      case 'image':
        throw unsupported('messages', 'holds a picture in an assistant message, which this provider does not take')
      case 'reasoning':
        break
    }
  }
  return {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== '') ? null : text,
    ...(refusal === '' ? {} : { refusal }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  }
}

function writeUser(parts: readonly UserPart[], written: JsonObject[]): void {
  const shown: JsonObject[] = []
  /** The same as one string, as long as it is text alone. */
  let texts: string[] | undefined = []
  for (const part of parts) {
    if (part.kind !== 'tool_result') continue
    written.push(writeResult(part))
    const media = part.parts.filter((piece) => isMedia(piece))
    if (media.length === 0) continue
    texts = undefined
    shown.push({ type: 'text', text: `Returned by the tool call ${part.callId}:` }, ...media.map((piece) => (piece.kind === 'image' ? writeImage(piece) : writeDocument(piece))))
  }
  for (const part of parts) {
    if (part.kind === 'tool_result') continue
    const text = part.kind === 'text' ? part.text : part.kind === 'document' ? documentText(part) : undefined
    if (text === undefined) texts = undefined
    else texts?.push(text)
    shown.push(writeUserPart(part))
  }
  if (shown.length > 0) written.push({ role: 'user', content: texts === undefined ? shown : texts.join(betweenTexts) })
}

function writeUserPart(part: Exclude<UserPart, ToolResultPart>): JsonObject {
  switch (part.kind) {
    case 'text':
      return { type: 'text', text: part.text }
    case 'image':
      return writeImage(part)
    case 'document':
      return writeDocument(part)
    case 'audio':
      return writeAudio(part)
  }
}

// A tool message holds text only: pictures and files follow in the user's name. Nor can it say that the call failed.
function writeResult(result: ToolResultPart): JsonObject {
  const texts = result.parts.map((part) => (part.kind === 'text' ? part.text : part.kind === 'document' ? documentText(part) : undefined)).filter((text) => text !== undefined)
  const isShownLater = result.parts.length > texts.length
  const content = [...texts, ...(isShownLater ? ['(The files it returned are in the next message.)'] : [])].join(betweenTexts)
  return { role: 'tool', tool_call_id: callId(result.callId), content: result.isError && !/^error/i.test(content) ? `Error: ${content}` : content }
}

function isMedia(part: ToolResultPart['parts'][number]): part is ImagePart | DocumentPart {
  return part.kind === 'image' || (part.kind === 'document' && part.source.kind !== 'text')
}
