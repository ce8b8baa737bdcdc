// The messages of a chat request: system messages apart, tool messages as results in user messages, neighbours of a role merged, and every
// tool call answered at once, as OpenAI demands it.

import { appendAll } from '../append-all.ts'
import type { AssistantPart, JsonObject, JsonValue, Message, TextPart, ToolCallPart, UserPart } from '../conversation.ts'
import { splitSignature } from '../tool-call-signature.ts'
import { expectArray, expectObject, expectString, malformed, notThis } from '../field-checks.ts'
import { readAssistant } from './read-assistant.ts'
import { markLast, readCacheMark } from '../read-cache-mark.ts'
import { readTexts, readToolContent, readUserContent } from './read-content.ts'

export interface ReadMessages {
  readonly system: readonly TextPart[]
  readonly messages: readonly Message[]
  /** Members of messages that were left out, as `messages.name`. */
  readonly dropped: readonly string[]
}

const roles = '"system", "developer", "user", "assistant", "tool", "function"'
const noMembers: ReadonlySet<string> = new Set()
const membersOfRole: Readonly<Record<string, ReadonlySet<string>>> = {
  // `annotations` and `parsed` are what clients send back of an answer, knowing no better.
  assistant: new Set('tool_calls function_call refusal audio reasoning_content reasoning thinking_blocks annotations parsed'.split(' ')),
  tool: new Set(['tool_call_id', 'name']),
  function: new Set(['name']),
}

export function readMessages(value: JsonValue | undefined): ReadMessages {
  const reader = new MessageReader()
  const messages = expectArray(value, 'messages')
  if (messages.length === 0) throw malformed('messages', 'must hold at least one message')
  for (const [index, message] of messages.entries()) reader.read(expectObject(message, `messages[${index}]`), `messages[${index}]`)
  return reader.finish()
}

class MessageReader {
  readonly #system: TextPart[] = []
  readonly #messages: Message[] = []
  readonly #dropped = new Set<string>()
  /** Calls of the last assistant message that have no result yet: id → name. */
  readonly #pending = new Map<string, string>()
  /** The calls of that message by name, for results that have no id: ids in order, and how many of them are known to have a result. */
  readonly #callsOfName = new Map<string, { readonly ids: string[]; answered: number }>()
  /** The message whose calls are pending. */
  #callsAt = ''
  /** The parts of the last message, to which those of a neighbour are added: one of the two, or none in the beginning. */
  #userParts: UserPart[] | undefined
  #assistantParts: AssistantPart[] | undefined

  read(message: JsonObject, at: string): void {
    const role = message['role']
    if (this.#pending.size > 0 && role !== 'tool' && role !== 'function') throw this.#unanswered()
    const cache = readCacheMark(message, at)
    switch (role) {
      case 'system':
      case 'developer':
        appendAll(this.#system, markLast(readTexts(message['content'], at), cache))
        break
      case 'user': {
        const parts = readUserContent(message['content'], at)
        this.#addUser(markLast(parts.length === 0 ? [{ kind: 'text', text: '' }] : parts, cache))
        break
      }
      case 'assistant':
        this.#addAssistant(markLast(readAssistant(message, at), cache), at)
        break
      case 'tool': {
        const { id } = splitSignature(expectString(message['tool_call_id'], `${at}.tool_call_id`))
        this.#addResult(id, message, at, cache)
        break
      }
      case 'function': {
        const name = expectString(message['name'], `${at}.name`)
        const id = this.#firstPending(name)
        if (id === undefined) throw malformed(`${at}.name`, 'must be the function that the assistant message before it calls')
        this.#addResult(id, message, at, cache)
        break
      }
      default:
        throw malformed(`${at}.role`, `must be one of ${roles}, ${notThis(role)}`)
    }
    this.#noteUnknown(message, membersOfRole[role] ?? noMembers)
  }

  finish(): ReadMessages {
    if (this.#pending.size > 0) throw this.#unanswered()
    // OpenAI answers to instructions alone; everybody else wants somebody to have spoken.
    const last = this.#messages.length === 0 ? this.#system.pop() : undefined
    if (last !== undefined) this.#messages.push({ role: 'user', parts: [last] })
    if (this.#messages.length === 0) this.#messages.push({ role: 'user', parts: [{ kind: 'text', text: '' }] })
    return { system: this.#system, messages: this.#messages, dropped: [...this.#dropped] }
  }

  #addUser(parts: readonly UserPart[]): void {
    if (this.#userParts === undefined) {
      this.#userParts = []
      this.#assistantParts = undefined
      this.#messages.push({ role: 'user', parts: this.#userParts })
    }
    appendAll(this.#userParts, parts)
  }

  #addAssistant(parts: readonly AssistantPart[], at: string): void {
    if (parts.length === 0) return
    this.#callsOfName.clear()
    for (const part of parts) if (part.kind === 'tool_call') this.#addCall(part, at)
    this.#callsAt = at
    if (this.#assistantParts === undefined) {
      this.#assistantParts = []
      this.#userParts = undefined
      this.#messages.push({ role: 'assistant', parts: this.#assistantParts })
    }
    appendAll(this.#assistantParts, parts)
  }

  #addCall({ id, name }: ToolCallPart, at: string): void {
    if (this.#pending.has(id)) throw malformed(`${at}.tool_calls`, `uses the id ${JSON.stringify(id)} twice`)
    this.#pending.set(id, name)
    const calls = this.#callsOfName.get(name)
    if (calls === undefined) this.#callsOfName.set(name, { ids: [id], answered: 0 })
    else calls.ids.push(id)
  }

  // Each call is looked at once, however many there are.
  #firstPending(name: string): string | undefined {
    const calls = this.#callsOfName.get(name)
    if (calls === undefined) return undefined
    while (calls.answered < calls.ids.length && !this.#pending.has(calls.ids[calls.answered] ?? '')) calls.answered += 1
    return calls.ids[calls.answered]
  }

  #addResult(callId: string, message: JsonObject, at: string, cache: ReturnType<typeof readCacheMark>): void {
    const name = this.#pending.get(callId)
    if (name === undefined) throw malformed(`${at}.tool_call_id`, 'must be the id of a tool call in the assistant message before it')
    this.#pending.delete(callId)
    const content = message['content']
    const parts = content === null && message['role'] === 'function' ? [] : readToolContent(content, at)
    const result = { kind: 'tool_result', callId, name, parts, isError: false } as const
    this.#addUser([cache === undefined ? result : { ...result, cache }])
  }

  #unanswered(): Error {
    const ids = [...this.#pending.keys()].map((id) => JSON.stringify(id)).join(', ')
    return malformed(`${this.#callsAt}.tool_calls`, `must be followed by tool messages for every call; missing for ${ids}`)
  }

  #noteUnknown(message: JsonObject, known: ReadonlySet<string>): void {
    for (const name in message) {
      if (name === 'role' || name === 'content' || name === 'cache_control' || known.has(name) || message[name] === null) continue
      this.#dropped.add(`messages.${name}`)
    }
  }
}
