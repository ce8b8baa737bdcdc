// The messages of a conversation as Gemini's contents: roles user and model, results of functions in a content of their own.
// Sources: ai.google.dev, "Function calling" and "Thought signatures".

import { TollgateError } from '../../core/errors.ts'
import type { AssistantPart, Conversation, DocumentPart, ImagePart, JsonObject, ToolCallPart, ToolResultPart, UserPart } from '../conversation.ts'
import { asObject, parseJsonText } from '../json-value.ts'
import { isMadeUpId } from './call-id.ts'
import { signedGeneration } from './model-generation.ts'
import { writeMedia } from './write-media.ts'

/**
 * What Google documents for calls that no Gemini model made (a conversation that another model began): from generation 3 on
 * the first call of a step is refused without a signature.
 */
const foreignSignature = 'skip_thought_signature_validator'

interface SentCall {
  readonly name: string
  /** Its place among the calls of its message: results must come in the same order. */
  readonly position: number
  /** The id that Gemini gave it; undefined when it gave none, so that it must not see one. */
  readonly id: string | undefined
}

/** Throws TollgateError `malformed_request` for calls and results that do not fit, `unsupported_parameter` for media it cannot be given. */
export function writeContents(conversation: Conversation, generation: number | undefined, dropped: Set<string>): readonly JsonObject[] {
  const signs = generation !== undefined && generation >= signedGeneration
  const calls = new Map<string, SentCall>()
  const contents: JsonObject[] = []
  const add = (role: 'user' | 'model', parts: readonly JsonObject[]): void => {
    if (parts.length > 0) contents.push({ role, parts })
  }
  for (const message of conversation.messages) {
    if (message.role === 'assistant') {
      add('model', writeModelParts(message.parts, calls, signs, dropped))
      continue
    }
    const results = message.parts.filter((part) => part.kind === 'tool_result').map((part) => ({ part, call: callOf(part, calls) }))
    results.sort((one, other) => one.call.position - other.call.position)
    add('user', results.map(({ part, call }) => writeResult(part, call, signs, dropped)))
    // Before generation 3 a result holds JSON only; its pictures follow as the user's.
    const media = signs ? [] : results.flatMap(({ part, call }) => mediaOfResult(part).flatMap((medium) => [{ text: `From the result of ${call.name}:` }, writeUserPart(medium, dropped)]))
    add('user', [...media, ...message.parts.flatMap((part) => (part.kind === 'tool_result' || isEmptyText(part) ? [] : [writeUserPart(part, dropped)]))])
  }
  return contents
}

function writeModelParts(parts: readonly AssistantPart[], calls: Map<string, SentCall>, signs: boolean, dropped: Set<string>): readonly JsonObject[] {
  const written: JsonObject[] = []
  // Only Gemini's calls are signed, and only the first of several at once: the others of the message are its as well.
  const isGeminis = parts.some((part) => part.kind === 'tool_call' && part.signature !== undefined)
  let position = 0
  for (const part of parts) {
    switch (part.kind) {
      case 'tool_call': {
        const call: SentCall = { name: part.name, position, id: isGeminis && !isMadeUpId(part.id) ? part.id : undefined }
        calls.set(part.id, call)
        written.push(writeCall(part, call, signs && position === 0 ? foreignSignature : undefined))
        position += 1
        noteCacheMark(part, dropped)
        break
      }
      case 'image':
        written.push(writeMedia(part.source, 'image'))
        noteCacheMark(part, dropped)
        break
      case 'text':
      case 'refusal':
        if (part.text !== '') written.push({ text: part.text })
        if (part.kind === 'text') noteCacheMark(part, dropped)
        break
      case 'reasoning':
        // Thoughts are not read back; what Gemini wants back of them is the signature of the calls.
        dropped.add('reasoning')
        break
    }
  }
  return written
}

function writeCall(part: ToolCallPart, call: SentCall, signatureOtherwise: string | undefined): JsonObject {
  const signature = part.signature ?? signatureOtherwise
  const functionCall = { ...(call.id === undefined ? {} : { id: call.id }), name: part.name, args: argumentsOf(part) }
  return signature === undefined ? { functionCall } : { functionCall, thoughtSignature: signature }
}

function argumentsOf(part: ToolCallPart): JsonObject {
  if (part.arguments.trim() === '') return {}
  const parsed = parseObject(part.arguments)
  if (parsed !== undefined) return parsed
  throw new TollgateError('malformed_request', `The arguments of the call ${part.id} of ${part.name} are not a JSON object, which Gemini requires.`, { param: 'messages' })
}

function callOf(part: ToolResultPart, calls: ReadonlyMap<string, SentCall>): SentCall {
  const call = calls.get(part.callId)
  if (call !== undefined) return call
  if (part.name !== undefined) return { name: part.name, position: calls.size, id: undefined }
  throw new TollgateError('malformed_request', `There is no call ${part.callId} before its result, and Gemini must be told the name of the function.`, { param: 'messages' })
}

function writeResult(part: ToolResultPart, call: SentCall, signs: boolean, dropped: Set<string>): JsonObject {
  noteCacheMark(part, dropped)
  const text = part.parts.map((inner) => (inner.kind === 'text' ? inner.text : inner.kind === 'document' && inner.source.kind === 'text' ? inner.source.text : '')).join('')
  const media = signs ? mediaOfResult(part).map((medium) => writeUserPart(medium, dropped)) : []
  return {
    functionResponse: {
      ...(call.id === undefined ? {} : { id: call.id }),
      name: call.name,
      response: writeResponse(text, part.isError),
      ...(media.length === 0 ? {} : { parts: media }),
    },
  }
}

function writeResponse(text: string, isError: boolean): JsonObject {
  const parsed = parseObject(text)
  if (isError) return { error: parsed ?? text }
  return parsed ?? { result: text }
}

function mediaOfResult(part: ToolResultPart): readonly (ImagePart | DocumentPart)[] {
  return part.parts.flatMap((inner) => (inner.kind === 'text' || (inner.kind === 'document' && inner.source.kind === 'text') ? [] : [inner]))
}

function writeUserPart(part: Exclude<UserPart, ToolResultPart>, dropped: Set<string>): JsonObject {
  noteCacheMark(part, dropped)
  switch (part.kind) {
    case 'text':
      return { text: part.text }
    case 'image':
      if (part.detail !== undefined && part.detail !== 'auto') dropped.add('detail')
      return writeMedia(part.source, 'image')
    case 'audio':
      return writeMedia(part.source, 'recording')
    case 'document':
      return part.source.kind === 'text' ? { text: part.source.text } : writeMedia(part.source, 'document')
  }
}

function noteCacheMark(part: { readonly cache?: unknown }, dropped: Set<string>): void {
  if (part.cache !== undefined) dropped.add('cache_control')
}

function isEmptyText(part: UserPart): boolean {
  return part.kind === 'text' && part.text === ''
}

/** Undefined for text that is no JSON object. */
function parseObject(text: string): JsonObject | undefined {
  // Most results are plain text: no exception for each of them.
  if (!text.trimStart().startsWith('{')) return undefined
  return asObject(parseJsonText(text))
}
