// The stream of streamGenerateContent?alt=sse: every event is a GenerateContentResponse with the next piece of the answer. There is no
// terminal event: an answer is complete when a candidate said its finishReason and the bytes are over.

import type { AnswerEvent } from '../answer.ts'
import type { JsonObject } from '../conversation.ts'
import type { EventReader } from '../dialect.ts'
import { asList, asObject, asString, isList, parseJsonText } from '../json-value.ts'
import { madeUpId } from './call-id.ts'
import { describeFailure, mapFinishReason } from './map-finish-reason.ts'
import { readError } from './read-error.ts'
import { type ReadPart, readPart } from './read-part.ts'
import { readUsage } from './read-usage.ts'

export function createEventReader(): EventReader {
  return new GeminiEventReader()
}

type TextPiece = Extract<ReadPart, { readonly kind: 'text' | 'reasoning' }>
type Call = Extract<ReadPart, { readonly kind: 'call' }>

class GeminiEventReader implements EventReader {
  #state: 'waiting' | 'answering' | 'finished' | 'over' = 'waiting'
  #responseId = ''
  /** The text or the thoughts that the last piece belonged to; undefined between parts. */
  #open: 'text' | 'reasoning' | undefined
  /** Parts that were started. The open one is the last. */
  #parts = 0
  #calls = 0
  /** The first call, while its signature may still come: in an empty text behind it (ai.google.dev, "Thought signatures", streaming). */
  #held: Call | undefined
  #hasAnswer = false

  read(_name: string, data: string): readonly AnswerEvent[] {
    if (this.#state === 'over' || data === '') return []
    const value = parseJsonText(data)
    if (value === undefined) return this.#fail('The provider sent an event that is not JSON.')
    // An error in the middle of a stream may come in a list.
    const chunk = asObject(isList(value) ? value[0] : value)
    if (chunk === undefined) return this.#fail('The provider sent an event that is not an object.')
    if ((chunk['error'] ?? null) !== null) {
      this.#state = 'over'
      return [{ kind: 'error', error: readError(chunk) }]
    }
    return this.#readChunk(chunk)
  }

  close(): readonly AnswerEvent[] {
    const isComplete = this.#state === 'finished'
    this.#state = 'over'
    return isComplete ? [{ kind: 'end' }] : []
  }

  #readChunk(chunk: JsonObject): readonly AnswerEvent[] {
    const events: AnswerEvent[] = []
    if (this.#state === 'waiting') {
      this.#state = 'answering'
      this.#responseId = asString(chunk['responseId']) ?? ''
      events.push({ kind: 'start', id: this.#responseId, model: asString(chunk['modelVersion']) ?? '' })
    }
    const candidate = asObject(asList(chunk['candidates'])[0])
    for (const value of asList(asObject(candidate?.['content'])?.['parts'])) {
      const part = readPart(value)
      if (part === undefined) continue
      // Empty text after the end is how the last usage comes.
      if (this.#state === 'finished' && (part.kind === 'call' || part.text !== '')) return [...events, ...this.#fail('The provider went on after it had finished its answer.')]
      this.#readPart(part, events)
    }
    const usage = asObject(chunk['usageMetadata'])
    if (usage !== undefined) events.push({ kind: 'usage', usage: readUsage(usage) })
    this.#readFinish(candidate, chunk, events)
    return events
  }

  #readPart(part: ReadPart, events: AnswerEvent[]): void {
    this.#releaseCall(isBareSignature(part) ? part.signature : undefined, events)
    if (part.kind === 'call') this.#readCall(part, events)
    else if (part.kind === 'answer') {
      if (!this.#hasAnswer) this.#readText({ kind: 'text', text: part.text, signature: undefined }, events)
      this.#hasAnswer = true
    } else this.#readText(part, events)
  }

  #readCall(call: Call, events: AnswerEvent[]): void {
    if (call.signature === undefined && this.#calls === 0) this.#held = call
    else this.#writeCall(call, events)
  }

  #releaseCall(signature: string | undefined, events: AnswerEvent[]): void {
    const call = this.#held
    this.#held = undefined
    if (call !== undefined) this.#writeCall({ ...call, signature }, events)
  }

  #writeCall(call: Call, events: AnswerEvent[]): void {
    this.#endPart(events)
    const index = this.#parts
    this.#parts += 1
    events.push({ kind: 'part_start', index, part: { kind: 'tool_call', id: call.id ?? madeUpId(this.#responseId, this.#calls, call), name: call.name } })
    if (call.signature !== undefined) events.push({ kind: 'signature', index, signature: call.signature })
    events.push({ kind: 'arguments', index, json: call.arguments }, { kind: 'part_end', index })
    this.#calls += 1
  }

  #readText(part: TextPiece, events: AnswerEvent[]): void {
    if (part.text === '') return
    if (this.#open !== part.kind) {
      this.#endPart(events)
      this.#open = part.kind
      events.push({ kind: 'part_start', index: this.#parts, part: { kind: part.kind } })
      this.#parts += 1
    }
    events.push({ kind: 'text', index: this.#parts - 1, text: part.text })
  }

  #readFinish(candidate: JsonObject | undefined, chunk: JsonObject, events: AnswerEvent[]): void {
    if (this.#state !== 'answering') return
    const isBlocked = candidate === undefined && asString(asObject(chunk['promptFeedback'])?.['blockReason']) !== undefined
    const said = isBlocked ? 'SAFETY' : asString(candidate?.['finishReason'])
    if (said === undefined || said === 'FINISH_REASON_UNSPECIFIED') return
    this.#releaseCall(undefined, events)
    this.#endPart(events)
    const reason = mapFinishReason(said, { parts: this.#parts, calls: this.#calls })
    if (reason === undefined) {
      events.push(...this.#fail(describeFailure(said, asString(candidate?.['finishMessage']))))
      return
    }
    this.#state = 'finished'
    events.push({ kind: 'finish', reason, stopSequence: undefined })
  }

  #endPart(events: AnswerEvent[]): void {
    if (this.#open === undefined) return
    events.push({ kind: 'part_end', index: this.#parts - 1 })
    this.#open = undefined
  }

  #fail(message: string): readonly AnswerEvent[] {
    this.#state = 'over'
    return [{ kind: 'error', error: { message, type: undefined } }]
  }
}

function isBareSignature(part: ReadPart): part is TextPiece {
  return (part.kind === 'text' || part.kind === 'reasoning') && part.text === ''
}
