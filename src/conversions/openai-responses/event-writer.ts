// A streamed answer as the events of a Responses stream. Source: platform.openai.com, API reference, "Streaming events".
// An item is done when the next one begins or the answer has finished: only then is it known to be whole, or to have been cut.

import type { RawUsage } from '../../core/usage.ts'
import { type AnswerEvent, type FinishReason, type ProviderError, type StartedPart, unspokenRefusal } from '../answer.ts'
import type { JsonObject } from '../conversation.ts'
import type { AnswerContext, EventWriter } from '../dialect.ts'
import { EventNumbering } from './event-numbering.ts'
import { OpenCall, type OpenItem, OpenMessage, OpenReasoning } from './open-items.ts'
import { itemId } from './write-items.ts'
import { errorCode, incompleteReason, type ResponseState, writeResponse } from './write-response.ts'

/** Characters of one answer that are kept, because its last events repeat them. No model writes a tenth of it. */
export const mostKeptCharacters = 32 * 1024 * 1024

export class ResponseEventWriter implements EventWriter {
  readonly #context: AnswerContext
  readonly #events = new EventNumbering()
  #id = ''
  /** Part of the answer → the item that it is in. */
  readonly #items: (OpenItem | undefined)[] = []
  /** Items that are not done, in order; and done ones, by their place. */
  #open: { readonly item: OpenItem; readonly place: number }[] = []
  readonly #output: JsonObject[] = []
  #places = 0
  /** A call whose first event waits for its signature, which is part of its id. */
  #waiting: { readonly index: number; readonly id: string; readonly name: string } | undefined
  #keptCharacters = 0
  #hasRefused = false
  #finish: FinishReason = 'stop'
  #usage: RawUsage | undefined
  #isStarted = false
  #isOver = false

  constructor(context: AnswerContext) {
    this.#context = context
  }

  write(event: AnswerEvent): string {
    if (this.#isOver) return ''
    switch (event.kind) {
      case 'start':
        return this.#start(event.id)
      case 'part_start':
        return this.#beginCall() + this.#startPart(event.index, event.part)
      case 'text':
        return this.#beginCall() + this.#add(event.index, event.text)
      case 'arguments':
        return this.#beginCall() + this.#add(event.index, event.json)
      case 'signature':
        return this.#sign(event.index, event.signature)
      case 'part_end':
        return this.#beginCall() + (this.#items[event.index]?.endPart(event.index) ?? '')
      case 'finish':
        this.#finish = event.reason
        return this.#beginCall() + this.#finishItems()
      case 'usage':
        this.#usage = event.usage
        return ''
      case 'error':
        return this.#fail(event.error)
      case 'end':
        return this.#end()
    }
  }

  #start(id: string): string {
    if (this.#isStarted) return ''
    this.#isStarted = true
    this.#id = id
    const response = this.#response({ status: 'in_progress' })
    return this.#events.event('response.created', { response }) + this.#events.event('response.in_progress', { response })
  }

  #startPart(index: number, part: StartedPart): string {
    switch (part.kind) {
      case 'text':
      case 'refusal': {
        if (part.kind === 'refusal') this.#hasRefused = true
        return this.#startSpoken(index, part.kind)
      }
      case 'reasoning': {
        this.#keptCharacters += part.redacted?.length ?? 0
        return this.#openItem(index, 'rs', (place) => new OpenReasoning(this.#events, place, part.redacted))
      }
      case 'tool_call':
        this.#waiting = { index, id: part.id, name: part.name }
        return ''
    }
  }

  // Texts and refusals in a row are one message.
  #startSpoken(index: number, kind: 'text' | 'refusal'): string {
    const last = this.#open.at(-1)
    if (last?.item instanceof OpenMessage && last.place === this.#places - 1) {
      this.#items[index] = last.item
      return last.item.addPart(index, kind)
    }
    return this.#openItem(index, 'msg', (place) => new OpenMessage(this.#events, place), (message) => message.addPart(index, kind))
  }

  #beginCall(signature?: string): string {
    const call = this.#waiting
    if (call === undefined) return ''
    this.#waiting = undefined
    const { index, id, name } = call
    return this.#openItem(index, 'fc', (place) => new OpenCall(this.#events, place, { id, name, ...(signature === undefined ? {} : { signature }) }))
  }

  #openItem<Item extends OpenItem & { begin(): string }>(
    index: number,
    prefix: 'msg' | 'rs' | 'fc',
    create: (place: { id: string; index: number }) => Item,
    begun: (item: Item) => string = () => '',
  ): string {
    const closed = this.#closeItems(({ item }) => item.openParts === 0)
    const place = this.#places
    this.#places += 1
    const item = create({ id: itemId(prefix, this.#context.exchangeId, place), index: place })
    this.#items[index] = item
    this.#open.push({ item, place })
    return closed + item.begin() + begun(item)
  }

  #add(index: number, text: string): string {
    if (text === '') return ''
    this.#keptCharacters += text.length
    if (this.#keptCharacters > mostKeptCharacters) return this.#fail({ message: 'The answer is too long to be converted.', type: undefined })
    return this.#items[index]?.add(index, text) ?? ''
  }

  // A call's that comes after its first arguments is lost: the id is with the client.
  #sign(index: number, signature: string): string {
    if (this.#waiting?.index === index) return this.#beginCall(signature)
    const item = this.#items[index]
    if (item instanceof OpenReasoning) item.signature = signature
    return ''
  }

  #finishItems(): string {
    const refusal = this.#finish === 'refusal' && !this.#hasRefused ? this.#refuse() : ''
    const isCut = incompleteReason(this.#finish) !== undefined
    return refusal + this.#closeItems(() => true, isCut ? this.#places - 1 : undefined)
  }

  #refuse(): string {
    const index = this.#items.length
    return this.#startSpoken(index, 'refusal') + this.#add(index, unspokenRefusal)
  }

  #closeItems(isDone: (open: { readonly item: OpenItem }) => boolean, cutPlace?: number): string {
    let written = ''
    const still = []
    for (const open of this.#open) {
      if (!isDone(open)) {
        still.push(open)
        continue
      }
      const { item, text } = open.item.done(open.place === cutPlace ? 'incomplete' : 'completed')
      this.#output[open.place] = item
      written += text
    }
    this.#open = still
    return written
  }

  #end(): string {
    const rest = this.#beginCall() + this.#finishItems()
    this.#isOver = true
    const type = incompleteReason(this.#finish) === undefined ? 'response.completed' : 'response.incomplete'
    return rest + this.#events.event(type, { response: this.#response({ status: 'finished', reason: this.#finish, usage: this.#usage }) })
  }

  // OpenAI sends both: `error`, on which its SDKs throw (they look for a member `error`, the reference has its members beside `type`), and
  // `response.failed`, which is the last word of a response.
  #fail(error: ProviderError): string {
    this.#isOver = true
    const { message } = error
    const code = error.type ?? errorCode(error)
    const failed = { code, message, param: null, error: { type: code, code, message, param: null } }
    const response = this.#response({ status: 'failed', error, usage: this.#usage })
    return this.#events.event('error', failed) + this.#events.event('response.failed', { response })
  }

  #response(state: ResponseState): JsonObject {
    return writeResponse(this.#id, this.#output.filter((item) => item !== undefined), state, this.#context)
  }
}
