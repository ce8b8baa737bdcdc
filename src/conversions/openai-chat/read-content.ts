// The `content` of a message: a string, or an array of parts. Empty text is left out, because other APIs refuse it.

import type { AssistantPart, AudioPart, CacheMark, DocumentPart, ImagePart, JsonObject, JsonValue, ReasoningPart, TextPart } from '../conversation.ts'
import { expectObject, expectString, malformed, notThis } from '../field-checks.ts'
import { isList } from '../json-value.ts'
import { readCacheMark } from '../read-cache-mark.ts'
import { readAudio } from '../read-media.ts'
import { readFile, readImage } from './read-media.ts'

type ReadPart<Part> = (type: JsonValue | undefined, part: JsonObject, at: string) => Part

/** Of system and developer messages. */
export const readTexts = (content: JsonValue | undefined, at: string): TextPart[] =>
  readContent<TextPart>(content, at, (type, part, place) => {
    if (type === 'text') return readText(part, place)
    throw wrongType(type, place, '"text"')
  })

export const readUserContent = (content: JsonValue | undefined, at: string): (TextPart | ImagePart | DocumentPart | AudioPart)[] =>
  readContent<TextPart | ImagePart | DocumentPart | AudioPart>(content, at, readUserPart)

/** Of tool messages: text, as OpenAI has it, and what gateways add to it (pictures and files). */
export const readToolContent = (content: JsonValue | undefined, at: string): (TextPart | ImagePart | DocumentPart)[] =>
  readContent<TextPart | ImagePart | DocumentPart>(content, at, (type, part, place) => {
    const read = type === 'input_audio' ? undefined : readUserPart(type, part, place)
    if (read === undefined || read.kind === 'audio') throw wrongType(type, place, '"text"')
    return read
  })

export const readAssistantContent = (content: JsonValue | undefined, at: string): AssistantPart[] =>
  readContent<AssistantPart>(content, at, (type, part, place) => {
    switch (type) {
      case 'text':
        return readText(part, place)
      case 'refusal':
        return { kind: 'refusal', text: expectString(part['refusal'], `${place}.refusal`) }
      case 'thinking':
      case 'redacted_thinking':
        return readThinking(part, place)
      default:
        throw wrongType(type, place, '"text", "refusal"')
    }
  })

/**
 * A thought as LiteLLM and Envoy AI Gateway hand it out, in `thinking_blocks` (Anthropic's own shape) or as a part of the content (where
 * Envoy AI Gateway says `text` and `redactedContent`).
 */
export function readThinking(block: JsonObject, at: string): ReasoningPart {
  if (block['type'] === 'redacted_thinking') {
    return { kind: 'reasoning', text: '', redacted: expectString(block['data'] ?? block['redactedContent'], `${at}.data`) }
  }
  if (block['type'] !== 'thinking') throw wrongType(block['type'], at, '"thinking", "redacted_thinking"')
  const text = expectString(block['thinking'] ?? block['text'], `${at}.thinking`)
  const signature = block['signature'] ?? ''
  return signature === '' ? { kind: 'reasoning', text } : { kind: 'reasoning', text, signature: expectString(signature, `${at}.signature`) }
}

function readContent<Part extends { readonly kind: string; readonly text?: string }>(
  content: JsonValue | undefined,
  at: string,
  readPart: ReadPart<Part | TextPart>,
): (Part | TextPart)[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }]
  if (!isList(content)) throw malformed(`${at}.content`, `must be a string or an array of parts, ${notThis(content)}`)
  if (content.length === 0) throw malformed(`${at}.content`, 'must not be an empty array')
  const parts: (Part | TextPart)[] = []
  for (const [index, value] of content.entries()) {
    const place = `${at}.content[${index}]`
    const object = expectObject(value, place)
    const part = readPart(object['type'], object, place)
    if (part.kind === 'text' && part.text === '') continue
    const cache = readCacheMark(object, place)
    parts.push(cache === undefined ? part : withCache(part, cache))
  }
  return parts
}

// Reasoning and refusals have no place for a mark; one on them is an unknown member like any other.
function withCache<Part extends { readonly kind: string }>(part: Part, cache: CacheMark): Part {
  return part.kind === 'reasoning' || part.kind === 'refusal' ? part : { ...part, cache }
}

function readUserPart(type: JsonValue | undefined, part: JsonObject, at: string): TextPart | ImagePart | DocumentPart | AudioPart {
  switch (type) {
    case 'text':
      return readText(part, at)
    case 'image_url':
      return readImage(part, at)
    case 'input_audio':
      return readAudio(part, at)
    case 'file':
      return readFile(part, at)
    default:
      throw wrongType(type, at, '"text", "image_url", "input_audio", "file"')
  }
}

function readText(part: JsonObject, at: string): TextPart {
  return { kind: 'text', text: expectString(part['text'], `${at}.text`) }
}

function wrongType(type: JsonValue | undefined, at: string, allowed: string): Error {
  return malformed(`${at}.type`, `must be ${allowed.includes(',') ? 'one of ' : ''}${allowed}, ${notThis(type)}`)
}
