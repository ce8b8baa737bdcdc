// The items of a streamed answer while they grow. An item keeps its text until it is done, because its last events repeat it.

import type { JsonObject, ReasoningPart, ToolCallPart } from '../conversation.ts'
import type { EventNumbering } from './event-numbering.ts'
import { callItem, type ItemStatus, messageContent, messageItem, reasoningItem, summaryPart } from './write-items.ts'

export interface ItemPlace {
  readonly id: string
  /** Of the item in the answer: `output_index`. */
  readonly index: number
}

/** Every method gives the SSE text of what it begins, adds or ends; '' for nothing. */
export interface OpenItem {
  /** Parts of the answer that are in it and not over. */
  openParts: number
  add(part: number, text: string): string
  endPart(part: number): string
  /** The item as it is in the response; it ends what is still open. */
  done(status: ItemStatus): { readonly item: JsonObject; readonly text: string }
}

interface OpenContent {
  readonly kind: 'text' | 'refusal'
  /** Members that all of its events have, and the same as JSON. */
  readonly place: JsonObject
  readonly json: string
  text: string
  isOver: boolean
}

/** Texts and refusals, each a part of its content. */
export class OpenMessage implements OpenItem {
  openParts = 0
  readonly #events: EventNumbering
  readonly #place: ItemPlace
  /** Part of the answer → its content. */
  readonly #contents = new Map<number, OpenContent>()

  constructor(events: EventNumbering, place: ItemPlace) {
    this.#events = events
    this.#place = place
  }

  begin(): string {
    return this.#events.event('response.output_item.added', { output_index: this.#place.index, item: messageItem(this.#place.id, [], 'in_progress') })
  }

  addPart(part: number, kind: 'text' | 'refusal'): string {
    const place = { item_id: this.#place.id, output_index: this.#place.index, content_index: this.#contents.size }
    // Deltas of text carry probabilities that nobody gives.
    const json = `${JSON.stringify(place).slice(1, -1)},${kind === 'text' ? '"logprobs":[],' : ''}`
    this.#contents.set(part, { kind, place, json, text: '', isOver: false })
    this.openParts += 1
    return this.#events.event('response.content_part.added', { ...place, part: messageContent(kind, '') })
  }

  add(part: number, text: string): string {
    const content = this.#contents.get(part)
    if (content === undefined || content.isOver) return ''
    content.text += text
    return this.#events.delta(content.kind === 'text' ? 'response.output_text.delta' : 'response.refusal.delta', content.json, text)
  }

  endPart(part: number): string {
    const content = this.#contents.get(part)
    if (content === undefined || content.isOver) return ''
    content.isOver = true
    this.openParts -= 1
    const { kind, place, text } = content
    const done =
      kind === 'text'
        ? this.#events.event('response.output_text.done', { ...place, text, logprobs: [] })
        : this.#events.event('response.refusal.done', { ...place, refusal: text })
    return done + this.#events.event('response.content_part.done', { ...place, part: messageContent(kind, text) })
  }

  done(status: ItemStatus): { item: JsonObject; text: string } {
    let text = ''
    for (const part of this.#contents.keys()) text += this.endPart(part)
    const item = messageItem(
      this.#place.id,
      [...this.#contents.values()].map((content) => messageContent(content.kind, content.text)),
      status,
    )
    return { item, text: text + itemDone(this.#events, this.#place, item) }
  }
}

export class OpenCall implements OpenItem {
  openParts = 1
  readonly #events: EventNumbering
  readonly #place: ItemPlace
  readonly #call: Omit<ToolCallPart, 'kind' | 'arguments'>
  readonly #json: string
  #arguments = ''

  constructor(events: EventNumbering, place: ItemPlace, call: Omit<ToolCallPart, 'kind' | 'arguments'>) {
    this.#events = events
    this.#place = place
    this.#call = call
    this.#json = `"item_id":${JSON.stringify(place.id)},"output_index":${place.index},`
  }

  begin(): string {
    const item = callItem(this.#place.id, { ...this.#call, arguments: '' }, 'in_progress')
    return this.#events.event('response.output_item.added', { output_index: this.#place.index, item })
  }

  add(_part: number, json: string): string {
    if (this.openParts === 0) return ''
    this.#arguments += json
    return this.#events.delta('response.function_call_arguments.delta', this.#json, json)
  }

  // Clients parse the arguments of every call, also of one that has none.
  endPart(part: number): string {
    if (this.openParts === 0) return ''
    const none = this.#arguments === '' ? this.add(part, '{}') : ''
    this.openParts = 0
    const fields = { item_id: this.#place.id, output_index: this.#place.index, name: this.#call.name, arguments: this.#arguments }
    return none + this.#events.event('response.function_call_arguments.done', fields)
  }

  done(status: ItemStatus): { item: JsonObject; text: string } {
    const text = this.endPart(0)
    const item = callItem(this.#place.id, { ...this.#call, arguments: this.#arguments }, status)
    return { item, text: text + itemDone(this.#events, this.#place, item) }
  }
}

/** Thoughts: one summary part, which begins with its first text, for there may be none. */
export class OpenReasoning implements OpenItem {
  openParts = 1
  signature: string | undefined
  readonly #events: EventNumbering
  readonly #place: ItemPlace
  readonly #redacted: string | undefined
  readonly #json: string
  readonly #summary: JsonObject
  #text = ''

  constructor(events: EventNumbering, place: ItemPlace, redacted: string | undefined) {
    this.#events = events
    this.#place = place
    this.#redacted = redacted
    this.#summary = { item_id: place.id, output_index: place.index, summary_index: 0 }
    this.#json = `${JSON.stringify(this.#summary).slice(1, -1)},`
  }

  begin(): string {
    return this.#events.event('response.output_item.added', { output_index: this.#place.index, item: { id: this.#place.id, type: 'reasoning', summary: [] } })
  }

  add(_part: number, text: string): string {
    if (this.openParts === 0) return ''
    const added = this.#text === '' ? this.#events.event('response.reasoning_summary_part.added', { ...this.#summary, part: summaryPart('') }) : ''
    this.#text += text
    return added + this.#events.delta('response.reasoning_summary_text.delta', this.#json, text)
  }

  endPart(): string {
    if (this.openParts === 0) return ''
    this.openParts = 0
    if (this.#text === '') return ''
    const done = this.#events.event('response.reasoning_summary_text.done', { ...this.#summary, text: this.#text })
    return done + this.#events.event('response.reasoning_summary_part.done', { ...this.#summary, part: summaryPart(this.#text) })
  }

  done(): { item: JsonObject; text: string } {
    const text = this.endPart()
    const thought: Omit<ReasoningPart, 'kind'> = {
      text: this.#text,
      ...(this.signature === undefined ? {} : { signature: this.signature }),
      ...(this.#redacted === undefined ? {} : { redacted: this.#redacted }),
    }
    const item = reasoningItem(this.#place.id, thought)
    return { item, text: text + itemDone(this.#events, this.#place, item) }
  }
}

function itemDone(events: EventNumbering, place: ItemPlace, item: JsonObject): string {
  return events.event('response.output_item.done', { output_index: place.index, item })
}
