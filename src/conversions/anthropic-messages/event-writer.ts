// A streamed answer as Anthropic's events. Its clients know one open block at a time, ours may come interleaved: a block of text ends where
// another part begins and goes on as a new one; a tool call cannot be cut in two, so what comes beside it waits until it is complete.
// Source: docs.anthropic.com, "Streaming messages". Of an event only its text is turned into JSON.

import type { RawUsage } from '../../core/usage.ts'
import type { AnswerEvent, FinishReason, ProviderError, StartedPart } from '../answer.ts'
import type { AnswerContext, EventWriter } from '../dialect.ts'
import { mapErrorType } from './map-error-type.ts'
import { messageHead, stopReason, toolUseId } from './write-answer.ts'
import { writeUsage } from './write-usage.ts'

interface Part {
  readonly index: number
  readonly started: StartedPart
  /** A tool call's; it is part of the block's id. */
  signature: string | undefined
  /** Of its block in the client's stream; undefined until it is begun there. */
  block: number | undefined
  /** What waits: deltas as JSON, in order. */
  readonly waiting: string[]
  isEnded: boolean
  isQueued: boolean
}

/** Characters that may wait for a call to be complete: two calls of an answer at once are rare, and never this long. */
const mostWaitingCharacters = 16 * 1024 * 1024

export class AnthropicEventWriter implements EventWriter {
  readonly #context: AnswerContext
  readonly #parts = new Map<number, Part>()
  /** Whose block is open, or will be with its first delta. */
  #current: Part | undefined
  readonly #queue: Part[] = []
  #waitingCharacters = 0
  #blocks = 0
  #hasCalls = false
  #hasRefused = false
  #finish: { readonly reason: FinishReason; readonly stopSequence: string | undefined } | undefined
  #usage: RawUsage | undefined
  #isOver = false
  #out = ''

  constructor(context: AnswerContext) {
    this.#context = context
  }

  write(event: AnswerEvent): string {
    if (this.#isOver) return ''
    this.#out = ''
    this.#take(event)
    return this.#out
  }

  #take(event: AnswerEvent): void {
    switch (event.kind) {
      case 'start':
        this.#put('message_start', `"message":${JSON.stringify({ ...messageHead(event.id, this.#context), content: [], stop_reason: null, stop_sequence: null, usage: writeUsage(undefined) })}`)
        return
      case 'part_start':
        this.#startPart(event.index, event.part)
        return
      case 'text':
        this.#writeText(event.index, event.text)
        return
      case 'arguments':
        if (event.json !== '') this.#writeDelta(event.index, `{"type":"input_json_delta","partial_json":${JSON.stringify(event.json)}}`)
        return
      case 'signature':
        this.#sign(event.index, event.signature)
        return
      case 'part_end':
        this.#endPart(event.index)
        return
      case 'finish':
        this.#finish = event
        this.#endAll()
        return
      case 'usage':
        this.#usage = event.usage
        return
      case 'error':
        this.#fail(event.error)
        return
      case 'end':
        this.#end()
    }
  }

  #startPart(index: number, started: StartedPart): void {
    const part: Part = { index, started, signature: undefined, block: undefined, waiting: [], isEnded: false, isQueued: false }
    this.#parts.set(index, part)
    if (started.kind === 'tool_call') this.#hasCalls = true
    if (started.kind === 'refusal') this.#hasRefused = true
    this.#show(part)
  }

  /** Makes it the current part, or lets it wait behind a call that is not complete. */
  #show(part: Part): void {
    if (this.#current === part) return
    if (this.#current !== undefined && isWhole(this.#current)) {
      // A queue of many is not searched for each of their deltas.
      if (!part.isQueued) this.#queue.push(part)
      part.isQueued = true
      return
    }
    this.#closeBlock()
    this.#current = part
    if (isRedacted(part)) this.#openBlock(part)
  }

  #writeText(index: number, text: string): void {
    if (text === '') return
    const isThought = this.#parts.get(index)?.started.kind === 'reasoning'
    this.#writeDelta(index, isThought ? `{"type":"thinking_delta","thinking":${JSON.stringify(text)}}` : `{"type":"text_delta","text":${JSON.stringify(text)}}`)
  }

  #writeDelta(index: number, delta: string): void {
    const part = this.#parts.get(index)
    if (part === undefined || part.isEnded) return
    this.#show(part)
    if (this.#current !== part) {
      this.#waitingCharacters += delta.length
      if (this.#waitingCharacters > mostWaitingCharacters) this.#fail({ message: 'The provider sent too much beside an unfinished tool call.', type: undefined })
      else part.waiting.push(delta)
      return
    }
    this.#openBlock(part)
    this.#putDelta(part, delta)
  }

  #sign(index: number, signature: string): void {
    const part = this.#parts.get(index)
    if (part?.started.kind === 'reasoning') this.#writeDelta(index, `{"type":"signature_delta","signature":${JSON.stringify(signature)}}`)
    else if (part !== undefined) part.signature = signature
  }

  #endPart(index: number): void {
    const part = this.#parts.get(index)
    if (part === undefined || part.isEnded) return
    part.isEnded = true
    this.#parts.delete(index)
    if (this.#current !== part) return
    this.#closeBlock()
    this.#drain()
  }

  /** Shows what waited, up to the first call that is not complete. */
  #drain(): void {
    for (let part = this.#queue.shift(); part !== undefined; part = this.#queue.shift()) {
      this.#current = part
      part.isQueued = false
      if (part.waiting.length > 0 || isRedacted(part)) this.#openBlock(part)
      for (const delta of part.waiting) this.#putDelta(part, delta)
      part.waiting.length = 0
      if (!part.isEnded && (isWhole(part) || this.#queue.length === 0)) return
      this.#closeBlock()
    }
    this.#waitingCharacters = 0
  }

  #endAll(): void {
    for (const part of this.#parts.values()) part.isEnded = true
    this.#parts.clear()
    this.#closeBlock()
    this.#drain()
  }

  #openBlock(part: Part): void {
    if (part.block !== undefined) return
    part.block = this.#blocks
    this.#blocks += 1
    this.#put('content_block_start', `"index":${part.block},"content_block":${this.#emptyBlock(part)}`)
  }

  #emptyBlock({ started, signature, index }: Part): string {
    switch (started.kind) {
      case 'text':
      case 'refusal':
        return '{"type":"text","text":""}'
      case 'reasoning':
        return started.redacted === undefined ? '{"type":"thinking","thinking":"","signature":""}' : JSON.stringify({ type: 'redacted_thinking', data: started.redacted })
      case 'tool_call':
        return JSON.stringify({ type: 'tool_use', id: toolUseId({ id: started.id, signature, index }, this.#context), name: started.name, input: {} })
    }
  }

  #closeBlock(): void {
    const part = this.#current
    if (part === undefined) return
    this.#current = undefined
    // A call is told even if it has no arguments.
    if (part.started.kind === 'tool_call') this.#openBlock(part)
    if (part.block === undefined) return
    this.#put('content_block_stop', `"index":${part.block}`)
    part.block = undefined
  }

  #putDelta(part: Part, delta: string): void {
    this.#put('content_block_delta', `"index":${part.block ?? 0},"delta":${delta}`)
  }

  // Usage comes after the reason at some providers, and with it here.
  #end(): void {
    this.#endAll()
    const { reason, stopSequence } = this.#finish ?? { reason: 'stop', stopSequence: undefined }
    const delta = { stop_reason: stopReason(reason, { hasCalls: this.#hasCalls, hasRefused: this.#hasRefused }), stop_sequence: stopSequence ?? null }
    this.#put('message_delta', `"delta":${JSON.stringify(delta)},"usage":${JSON.stringify(writeUsage(this.#usage))}`)
    this.#out += 'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    this.#isOver = true
  }

  // The SDKs throw what an error event says, whatever is open.
  #fail(error: ProviderError): void {
    this.#put('error', `"error":${JSON.stringify({ type: mapErrorType(error.type), message: error.message })}`)
    this.#isOver = true
  }

  #put(type: string, members: string): void {
    this.#out += `event: ${type}\ndata: {"type":"${type}",${members}}\n\n`
  }
}

/** Cannot go on in another block. */
function isWhole(part: Part): boolean {
  return part.started.kind === 'tool_call'
}

/** All of it is in its start. */
function isRedacted({ started }: Part): boolean {
  return started.kind === 'reasoning' && started.redacted !== undefined
}
