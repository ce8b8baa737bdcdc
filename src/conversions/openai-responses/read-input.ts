// The input of a Responses request: a flat list of items, from which messages are made. What a model thought, said and called in a row is one
// assistant message; what its functions gave follows at once, in the order of the calls, because other APIs demand it there.

import { appendAll } from '../append-all.ts'
import type { AssistantPart, JsonObject, Message, ReasoningPart, TextPart, ToolCallPart, ToolResultPart, UserPart } from '../conversation.ts'
import { describe, expectArray, expectObject, expectOneOf, expectString, malformed, notThis, optionalString, unsupported } from '../field-checks.ts'
import { splitSignature } from '../tool-call-signature.ts'
import { isList } from '../json-value.ts'
import { isOurs, readEncryptedContent } from './encrypted-content.ts'
import { isHostedItem, membersOf } from './item-types.ts'
import { readAssistantContent, readOutput, readTexts, readUserContent } from './read-content.ts'

export interface ReadInput {
  /** Instructions first, then system and developer messages, in order. */
  readonly system: readonly TextPart[]
  readonly messages: readonly Message[]
  /** Members of items that were left out, as `input.name`. */
  readonly dropped: readonly string[]
}

export function readInput(body: JsonObject): ReadInput {
  const reader = new InputReader()
  const instructions = optionalString(body['instructions'], 'instructions') ?? ''
  if (instructions !== '') reader.instruct([{ kind: 'text', text: instructions }])
  const input = body['input']
  if (typeof input === 'string') return reader.addUser(readUserContent(input, 'input')).finish()
  if (!isList(input)) throw malformed('input', `must be a string or an array of items, ${notThis(input)}`)
  const items = expectArray(input, 'input').map((item, index) => expectObject(item, `input[${index}]`))
  for (const [index, item] of items.entries()) if (item['type'] === 'function_call_output') reader.collect(item, `input[${index}]`)
  for (const [index, item] of items.entries()) reader.read(item, `input[${index}]`)
  return reader.finish()
}

interface Output {
  readonly parts: ToolResultPart['parts']
  readonly item: JsonObject
}

class InputReader {
  readonly #system: TextPart[] = []
  readonly #messages: Message[] = []
  readonly #dropped = new Set<string>()
  /** Call id → what its calls gave, in order; a call takes the first. */
  readonly #outputs = new Map<string, Output[]>()
  readonly #taken = new Set<JsonObject>()
  /** Calls of the last assistant message whose results are not written yet. */
  #pending: { readonly call: ToolCallPart; readonly at: string }[] = []
  /** The parts of the last message, to which those of a neighbour are added: one of the two, or none in the beginning. */
  #userParts: UserPart[] | undefined
  #assistantParts: AssistantPart[] | undefined

  collect(item: JsonObject, at: string): void {
    const { id } = splitSignature(expectString(item['call_id'], `${at}.call_id`))
    const output = { parts: readOutput(item['output'], `${at}.output`), item }
    const outputs = this.#outputs.get(id)
    if (outputs === undefined) this.#outputs.set(id, [output])
    else outputs.push(output)
  }

  instruct(parts: readonly TextPart[]): void {
    appendAll(this.#system, parts)
  }

  read(item: JsonObject, at: string): void {
    const type = item['type'] ?? (item['role'] === undefined ? undefined : 'message')
    switch (type) {
      case 'message':
        this.#readMessage(item, at)
        break
      case 'reasoning':
        this.#addAssistant(this.#readReasoning(item, at))
        break
      case 'function_call': {
        const call = readCall(item, at)
        this.#addAssistant([call])
        this.#pending.push({ call, at })
        break
      }
      case 'function_call_output':
        this.#answerCalls()
        if (!this.#taken.has(item)) throw malformed(`${at}.call_id`, 'must be the call_id of a function_call before it')
        break
      case 'item_reference':
        throw unsupported(`${at}.type`, 'is "item_reference": it names an item that only OpenAI has; send the item itself, as clients do where store is false')
      default:
        if (isHostedItem(type)) throw unsupported(`${at}.type`, `is ${describe(type)}: an item of a tool that exists at OpenAI only`)
        throw malformed(`${at}.type`, `must be one of "message", "reasoning", "function_call", "function_call_output", ${notThis(type)}`)
    }
    const known = membersOf(type)
    for (const name in item) if (!known.has(name) && (item[name] ?? null) !== null) this.#dropped.add(`input.${name}`)
  }

  addUser(parts: readonly UserPart[]): this {
    this.#answerCalls()
    this.#pushUser(parts.length === 0 ? [{ kind: 'text', text: '' }] : parts)
    return this
  }

  finish(): ReadInput {
    this.#answerCalls()
    // OpenAI answers to instructions alone; everybody else wants somebody to have spoken.
    const last = this.#messages.length === 0 ? this.#system.pop() : undefined
    if (this.#messages.length === 0) this.#messages.push({ role: 'user', parts: [last ?? { kind: 'text', text: '' }] })
    return { system: this.#system, messages: this.#messages, dropped: [...this.#dropped] }
  }

  #readMessage(item: JsonObject, at: string): void {
    switch (expectOneOf(item['role'], `${at}.role`, ['user', 'assistant', 'system', 'developer'])) {
      case 'user':
        this.addUser(readUserContent(item['content'], `${at}.content`))
        return
      case 'assistant':
        this.#addAssistant(readAssistantContent(item['content'], `${at}.content`))
        return
      case 'system':
      case 'developer':
        this.instruct(readTexts(item['content'], `${at}.content`))
    }
  }

  // Thoughts that OpenAI itself encrypted are of no use to anybody else; their summary is.
  #readReasoning(item: JsonObject, at: string): readonly ReasoningPart[] {
    const encrypted = optionalString(item['encrypted_content'], `${at}.encrypted_content`) ?? ''
    const ours = readEncryptedContent(encrypted)
    if (ours !== undefined) return [ours]
    if (encrypted !== '' && !isOurs(encrypted)) this.#dropped.add('input.encrypted_content')
    const text = joinTexts(item, 'content', at) || joinTexts(item, 'summary', at)
    return text === '' ? [] : [{ kind: 'reasoning', text }]
  }

  #addAssistant(parts: readonly AssistantPart[]): void {
    if (parts.length === 0) return
    if (this.#assistantParts === undefined) {
      this.#assistantParts = []
      this.#userParts = undefined
      this.#messages.push({ role: 'assistant', parts: this.#assistantParts })
    }
    appendAll(this.#assistantParts, parts)
  }

  #pushUser(parts: readonly UserPart[]): void {
    if (this.#userParts === undefined) {
      this.#userParts = []
      this.#assistantParts = undefined
      this.#messages.push({ role: 'user', parts: this.#userParts })
    }
    appendAll(this.#userParts, parts)
  }

  #answerCalls(): void {
    for (const { call, at } of this.#pending) {
      const output = this.#outputs.get(call.id)?.shift()
      if (output === undefined) throw malformed(`${at}.call_id`, `is ${describe(call.id)}, for which there is no function_call_output`)
      this.#taken.add(output.item)
      this.#pushUser([{ kind: 'tool_result', callId: call.id, name: call.name, parts: output.parts, isError: false }])
    }
    this.#pending = []
  }
}

function readCall(item: JsonObject, at: string): ToolCallPart {
  const { id, signature } = splitSignature(expectString(item['call_id'], `${at}.call_id`))
  const name = expectString(item['name'], `${at}.name`)
  const call = { kind: 'tool_call', id, name, arguments: expectString(item['arguments'], `${at}.arguments`) } as const
  return signature === undefined ? call : { ...call, signature }
}

function joinTexts(item: JsonObject, name: string, at: string): string {
  const texts = item[name] ?? undefined
  if (texts === undefined) return ''
  return expectArray(texts, `${at}.${name}`)
    .map((part, index) => expectString(expectObject(part, `${at}.${name}[${index}]`)['text'], `${at}.${name}[${index}].text`))
    .join('\n')
}
