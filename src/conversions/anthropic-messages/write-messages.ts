// The turns of a conversation as Anthropic's messages: user and assistant in turn, results of tools first in the user's, nothing empty.
// Source: docs.anthropic.com, API reference, "Messages"; "Handle tool calls"; "Extended thinking", preserving thinking blocks.

import { appendAll } from '../append-all.ts'
import { readCallInput } from '../call-input.ts'
import type { AssistantPart, Conversation, DocumentPart, ImagePart, JsonObject, Message, TextPart, ToolCallPart, ToolResultPart, UserPart } from '../conversation.ts'
import { asString } from '../json-value.ts'
import type { CacheMarks } from './cache-marks.ts'
import { callId } from './call-id.ts'
import { unreadable, writeDocument, writeImage } from './write-media.ts'

/** What is said for a user who is silent where the API wants a turn of theirs: before the first answer, and after the last. */
export const openingText = 'Please begin.'
export const continuingText = 'Please continue.'

export interface MessageRules {
  readonly marks: CacheMarks
  /** Signed thoughts go back to the model. */
  readonly keepsThoughts: boolean
  /** The last message may be the assistant's: what the model then says continues it. */
  readonly continuesAnswers: boolean
  readonly dropped: Set<string>
}

interface WrittenMessage {
  readonly role: 'user' | 'assistant'
  readonly content: JsonObject[]
}

/** At least one message, the first of them the user's. Throws TollgateError `unsupported_parameter` for what Claude cannot take. */
export function writeMessages({ messages }: Conversation, rules: MessageRules): readonly JsonObject[] {
  const written: WrittenMessage[] = []
  for (const message of messages) {
    const content = message.role === 'user' ? writeUser(message.parts, rules) : writeAssistant(message.parts, rules)
    if (content.length === 0) continue
    const last = written.at(-1)
    if (last?.role === message.role) appendAll(last.content, content)
    else written.push({ role: message.role, content })
  }
  if (written[0]?.role !== 'user') written.unshift(said(openingText))
  if (written.at(-1)?.role === 'assistant') endTurn(written, rules)
  return written.map(({ role, content }) => ({ role, content }))
}

// "final assistant content cannot end with trailing whitespace"; models that do not continue answers need a word from the user instead.
function endTurn(written: WrittenMessage[], { continuesAnswers }: MessageRules): void {
  const content = written.at(-1)?.content ?? []
  const text = asString(content.at(-1)?.['text'])
  if (!continuesAnswers || text === undefined) written.push(said(continuingText))
  else content[content.length - 1] = { ...content.at(-1), text: text.trimEnd() }
}

function said(text: string): WrittenMessage {
  return { role: 'user', content: [{ type: 'text', text }] }
}

function writeUser(parts: readonly UserPart[], rules: MessageRules): JsonObject[] {
  const results: JsonObject[] = []
  const others: JsonObject[] = []
  for (const part of parts) {
    if (part.kind === 'tool_result') results.push(writeResult(part, rules))
    else if (part.kind === 'audio') throw unreadable('recordings')
    else pushPart(others, part, rules)
  }
  return results.length === 0 ? others : [...results, ...others]
}

function pushPart(blocks: JsonObject[], part: TextPart | ImagePart | DocumentPart, { marks, dropped }: MessageRules): void {
  switch (part.kind) {
    case 'text':
      if (!isBlank(part.text)) blocks.push(marks.put({ type: 'text', text: part.text }, part.cache))
      return
    case 'image':
      if (part.detail !== undefined && part.detail !== 'auto') dropped.add('detail')
      blocks.push(marks.put(writeImage(part), part.cache))
      return
    case 'document':
      blocks.push(marks.put(writeDocument(part), part.cache))
  }
}

function writeResult(part: ToolResultPart, rules: MessageRules): JsonObject {
  const content: JsonObject[] = []
  for (const inner of part.parts) pushPart(content, inner, rules)
  const result = { type: 'tool_result', tool_use_id: callId(part.callId), ...(content.length === 0 ? {} : { content }), ...(part.isError ? { is_error: true } : {}) }
  return rules.marks.put(result, part.cache)
}

function writeAssistant(parts: readonly AssistantPart[], { marks, keepsThoughts, dropped }: MessageRules): JsonObject[] {
  const blocks: JsonObject[] = []
  for (const part of parts) {
    switch (part.kind) {
      case 'text':
      case 'refusal':
        if (!isBlank(part.text)) blocks.push(marks.put({ type: 'text', text: part.text }, part.kind === 'text' ? part.cache : undefined))
        break
      case 'tool_call':
        blocks.push(marks.put(writeCall(part), part.cache))
        break
      case 'reasoning':
        // Without a signature they are refused.
        if (!keepsThoughts || !isSigned(part)) dropped.add('reasoning')
        else if (part.redacted !== undefined) blocks.push({ type: 'redacted_thinking', data: part.redacted })
        else blocks.push({ type: 'thinking', thinking: part.text, signature: part.signature ?? '' })
        break
      case 'image':
        throw unreadable('pictures in answers of the assistant')
    }
  }
  return blocks
}

function writeCall(part: ToolCallPart): JsonObject {
  return { type: 'tool_use', id: callId(part.id), name: part.name, input: readCallInput(part.arguments) }
}

/**
 * Whether the model is in the middle of a tool loop that did not begin with its thoughts: the API then refuses to think by a budget
 * ("Expected `thinking` or `redacted_thinking`, but found `tool_use`").
 */
export function hasUnexplainedCalls(messages: readonly Message[]): boolean {
  const turns = sentTurns(messages)
  let first: SentTurn | undefined
  for (let index = turns.length - 1; turns[index]?.hasResults === true; index -= 2) first = turns[index - 1]
  return first !== undefined && !first.isExplained
}

interface SentTurn {
  readonly role: Message['role']
  hasResults: boolean
  /** Begins with thoughts that can be sent. */
  readonly isExplained: boolean
}

/** The turns that writeMessages makes while the model thinks. */
function sentTurns(messages: readonly Message[]): readonly SentTurn[] {
  const turns: SentTurn[] = []
  for (const { role, parts } of messages) {
    const opening = parts.find(isSent)
    if (opening === undefined) continue
    const hasResults = parts.some((part) => part.kind === 'tool_result')
    const last = turns.at(-1)
    if (last?.role === role) last.hasResults ||= hasResults
    else turns.push({ role, hasResults, isExplained: opening.kind === 'reasoning' })
  }
  return turns
}

function isSent(part: UserPart | AssistantPart): boolean {
  if (part.kind === 'reasoning') return isSigned(part)
  return part.kind === 'text' || part.kind === 'refusal' ? !isBlank(part.text) : true
}

function isSigned({ signature, redacted }: { readonly signature?: string; readonly redacted?: string }): boolean {
  return redacted !== undefined || (signature !== undefined && signature !== '')
}

export function isBlank(text: string): boolean {
  return text === '' || !/\S/.test(text)
}
