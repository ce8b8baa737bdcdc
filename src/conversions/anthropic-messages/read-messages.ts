// The turns of a Messages request. Source: docs.anthropic.com, API reference, "Messages".

import { appendAll } from '../append-all.ts'
import type { AssistantPart, JsonObject, JsonValue, Message, TextPart, UserPart } from '../conversation.ts'
import { isList } from '../json-value.ts'
import { expectList, expectObject, expectOneOf, expectString, malformed } from './field-checks.ts'
import { type BlockReading, readAssistantBlock, readText, readUserBlock } from './read-blocks.ts'

export interface ReadMessages {
  /** Of system messages between the others. */
  readonly system: readonly TextPart[]
  /** Neighbours of the same role are merged, as the API does. */
  readonly messages: readonly Message[]
}

type Turn = { readonly role: 'user'; readonly parts: UserPart[] } | { readonly role: 'assistant'; readonly parts: AssistantPart[] }

/** `dropped` gets the names of what was left out. Throws TollgateError. */
export function readMessages(value: JsonValue | undefined, dropped: Set<string>): ReadMessages {
  const list = expectList(value, 'messages')
  if (list.length === 0) throw malformed('messages', 'at least one message is required')
  const reading: BlockReading = { names: new Map(), dropped }
  const system: TextPart[] = []
  const turns: Turn[] = []
  for (const [index, item] of list.entries()) {
    const at = `messages.${index}`
    const message = expectObject(item, at)
    const role = expectOneOf(message['role'], `${at}.role`, ['user', 'assistant', 'system'])
    const content = message['content']
    const last = turns.at(-1)
    if (role === 'system') appendAll(system, readSystem(content, `${at}.content`))
    else if (role === 'user') {
      const parts = readContent(content, `${at}.content`, (block, place) => readUserBlock(block, place, reading))
      if (last?.role === 'user') appendAll(last.parts, parts)
      else turns.push({ role, parts })
    } else {
      const parts = readContent(content, `${at}.content`, (block, place) => readAssistantBlock(block, place, reading))
      if (last?.role === 'assistant') appendAll(last.parts, parts)
      else turns.push({ role, parts })
    }
  }
  return { system, messages: turns }
}

/** System instructions: a text, or blocks of text. */
export function readSystem(value: JsonValue | undefined, at: string): readonly TextPart[] {
  if (value === undefined || value === null) return []
  return readContent(value, at, (block, place) => {
    expectOneOf(block['type'], `${place}.type`, ['text'])
    return [readText(block, place)]
  })
}

function readContent<Part>(value: JsonValue | undefined, at: string, read: (block: JsonObject, place: string) => readonly Part[]): (Part | TextPart)[] {
  if (typeof value === 'string') return [{ kind: 'text', text: value }]
  // Neither a list nor a text: the error names the commoner of the two.
  if (value === undefined || value === null || !isList(value)) return [{ kind: 'text', text: expectString(value, at) }]
  const parts: (Part | TextPart)[] = []
  for (const [index, item] of value.entries()) {
    const place = `${at}.${index}`
    parts.push(...read(expectObject(item, place), place))
  }
  return parts
}
