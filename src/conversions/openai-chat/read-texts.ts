// What a message, or a piece of one in a stream, thinks, says and refuses, wherever OpenAI and its look-alikes put it.

import type { JsonObject, JsonValue } from '../conversation.ts'
import { isJsonObject, isList } from '../json-value.ts'

export interface ReadText {
  readonly kind: 'text' | 'reasoning' | 'refusal'
  /** Never ''. */
  readonly text: string
}

/** In the order in which they are shown; undefined when the content is of a type that nobody sends. */
export function readTexts(message: JsonObject): readonly ReadText[] | undefined {
  const read: ReadText[] = []
  // DeepSeek, vLLM and LiteLLM say reasoning_content, OpenRouter and Groq reasoning, some both.
  const reasoning = [message['reasoning_content'], message['reasoning']].find((text) => typeof text === 'string' && text !== '')
  add(read, 'reasoning', reasoning)
  const content = message['content'] ?? ''
  if (isList(content)) content.forEach((part) => addPart(read, part))
  else if (typeof content === 'string') add(read, 'text', content)
  else return undefined
  add(read, 'refusal', message['refusal'])
  return read
}

// Mistral's content is an array where it thinks: {type: 'thinking', thinking: [{type: 'text', text}]} (docs.mistral.ai, "Reasoning").
function addPart(read: ReadText[], part: JsonValue): void {
  if (!isJsonObject(part)) return
  if (part['type'] === 'text') add(read, 'text', part['text'])
  if (part['type'] !== 'thinking') return
  const thoughts = part['thinking']
  if (isList(thoughts)) thoughts.forEach((thought) => add(read, 'reasoning', isJsonObject(thought) ? thought['text'] : undefined))
  else add(read, 'reasoning', thoughts)
}

function add(read: ReadText[], kind: ReadText['kind'], text: JsonValue | undefined): void {
  if (typeof text === 'string' && text !== '') read.push({ kind, text })
}
