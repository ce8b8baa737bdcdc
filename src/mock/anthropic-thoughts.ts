// What the mock thinks, and how it knows its thoughts again: Anthropic signs them and takes back no others.
// Source: docs.anthropic.com, "Extended thinking", preserving thinking blocks, and the test string for hidden thoughts.

import { createHmac } from 'node:crypto'
import type { JsonObject } from './json-object.ts'

/** In a prompt: answer with a hidden thought. */
const hidingText = 'ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING'

/** The block with which an answer to this prompt begins. `isShown` false: its text stays at Anthropic. */
export function thoughtFor(prompt: string, isShown: boolean): JsonObject {
  if (prompt.includes(hidingText)) return { type: 'redacted_thinking', data: sign('hidden') }
  const text = isShown ? `The user said ${prompt.length} characters. Let me think about them.` : ''
  return { type: 'thinking', thinking: text, signature: sign(text) }
}

export function isOwnThought(thinking: string, signature: string): boolean {
  return signature === sign(thinking)
}

export function isOwnHiddenThought(data: string): boolean {
  return data === sign('hidden')
}

// No secret: it is a mock.
function sign(text: string): string {
  return createHmac('sha256', 'mock anthropic').update(text).digest('base64')
}
