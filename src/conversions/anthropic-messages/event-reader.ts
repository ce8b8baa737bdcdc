// A stream of Anthropic: message_start, blocks one after another, message_delta, message_stop. New kinds of events and blocks may come at
// any time and are passed over. Source: docs.anthropic.com, "Streaming messages".

import type { AnswerEvent, StartedPart } from '../answer.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import type { EventReader } from '../dialect.ts'
import { asObject, asString, parseJsonText } from '../json-value.ts'
import { isAnswerTool } from '../structured-output.ts'
import { readStopReason } from './map-stop-reason.ts'
import { readError } from './read-error.ts'
import { StreamUsage } from './read-usage.ts'

interface OpenBlock {
  /** Undefined for blocks that are passed over. */
  readonly part: number | undefined
  readonly kind: 'text' | 'thinking' | 'call' | 'answer' | 'other'
  /** Arguments that came with the start; imitators send no deltas then. */
  readonly input: JsonObject | undefined
  hasDeltas: boolean
}

/** A block's number is any; more open at once than this are an attack on our memory. */
const mostOpenBlocks = 64

export class AnthropicEventReader implements EventReader {
  #state: 'waiting' | 'answering' | 'finished' | 'over' = 'waiting'
  readonly #open = new Map<number, OpenBlock>()
  readonly #usage = new StreamUsage()
  #parts = 0
  #calls = 0
  #hasAnswer = false

  read(_name: string, data: string): readonly AnswerEvent[] {
    if (this.#state === 'over' || data === '') return []
    const value = parseJsonText(data)
    if (value === undefined) return this.#fail('The provider sent an event that is not JSON.')
    const event = asObject(value)
    return event === undefined ? this.#fail('The provider sent an event that is not an object.') : this.#readEvent(event)
  }

  /** Its streams end with message_stop: without one there is nothing to add. */
  close(): readonly AnswerEvent[] {
    return []
  }

  #readEvent(event: JsonObject): readonly AnswerEvent[] {
    const type = event['type']
    switch (type) {
      case 'content_block_delta':
        return this.#state === 'answering' ? this.#readDelta(event) : this.#misplaced(type)
      case 'content_block_start':
        return this.#state === 'answering' ? this.#startBlock(event) : this.#misplaced(type)
      case 'content_block_stop':
        return this.#state === 'answering' ? this.#stopBlock(event) : this.#misplaced(type)
      case 'message_start':
        return this.#state === 'waiting' ? this.#start(event) : this.#misplaced(type)
      case 'message_delta':
        return this.#state === 'waiting' ? this.#misplaced(type) : this.#readMessageDelta(event)
      case 'message_stop':
        if (this.#state !== 'finished') return this.#fail('The provider ended its answer without saying why.')
        this.#state = 'over'
        return [{ kind: 'end' }]
      case 'error':
        this.#state = 'over'
        return [{ kind: 'error', error: readError(event) }]
      default:
        return []
    }
  }

  #start(event: JsonObject): readonly AnswerEvent[] {
    this.#state = 'answering'
    const message = asObject(event['message'])
    const start: AnswerEvent = { kind: 'start', id: asString(message?.['id']) ?? '', model: asString(message?.['model']) ?? '' }
    return [start, ...this.#readUsage(message?.['usage'], true)]
  }

  #startBlock(event: JsonObject): readonly AnswerEvent[] {
    const number = event['index']
    const block = asObject(event['content_block'])
    if (typeof number !== 'number' || block === undefined) return this.#fail('The provider started a block without its number or kind.')
    if (this.#open.has(number)) return this.#fail(`The provider started block ${number} twice.`)
    if (this.#open.size >= mostOpenBlocks) return this.#fail('The provider started too many blocks at once.')
    const kind = this.#kindOf(block)
    const part = kind === 'other' ? undefined : this.#parts
    this.#open.set(number, { part, kind, input: asObject(block['input']), hasDeltas: false })
    if (part === undefined) return []
    this.#parts += 1
    if (kind === 'call') this.#calls += 1
    if (kind === 'answer') this.#hasAnswer = true
    const events: AnswerEvent[] = [{ kind: 'part_start', index: part, part: startedPart(kind, block) }]
    const text = kind === 'text' ? asString(block['text']) : kind === 'thinking' ? asString(block['thinking']) : undefined
    if (text !== undefined && text !== '') events.push({ kind: 'text', index: part, text })
    const signature = kind === 'thinking' ? asString(block['signature']) : undefined
    if (signature !== undefined && signature !== '') events.push({ kind: 'signature', index: part, signature })
    return events
  }

  #kindOf(block: JsonObject): OpenBlock['kind'] {
    switch (block['type']) {
      case 'text':
        return 'text'
      case 'thinking':
      case 'redacted_thinking':
        return 'thinking'
      case 'tool_use':
        if (!isAnswerTool(asString(block['name']) ?? '')) return 'call'
        // A second structured answer would make the first no JSON.
        return this.#hasAnswer ? 'other' : 'answer'
      default:
        return 'other'
    }
  }

  #readDelta(event: JsonObject): readonly AnswerEvent[] {
    const block = this.#blockOf(event)
    const delta = asObject(event['delta'])
    if (block === undefined || delta === undefined) return this.#fail('The provider went on with a block that it had not started.')
    const { part, kind } = block
    if (part === undefined) return []
    const type = delta['type']
    switch (type) {
      case 'text_delta':
        return kind === 'text' ? textEvents(part, delta['text']) : this.#wrongDelta(type)
      case 'thinking_delta':
        return kind === 'thinking' ? textEvents(part, delta['thinking']) : this.#wrongDelta(type)
      case 'input_json_delta': {
        const json = asString(delta['partial_json']) ?? ''
        if (kind === 'text' || kind === 'thinking') return this.#wrongDelta(type)
        if (json === '') return []
        block.hasDeltas = true
        return [kind === 'answer' ? { kind: 'text', index: part, text: json } : { kind: 'arguments', index: part, json }]
      }
      case 'signature_delta': {
        const signature = asString(delta['signature']) ?? ''
        if (kind !== 'thinking') return this.#wrongDelta(type)
        return signature === '' ? [] : [{ kind: 'signature', index: part, signature }]
      }
      default:
        return []
    }
  }

  #stopBlock(event: JsonObject): readonly AnswerEvent[] {
    const block = this.#blockOf(event)
    if (block === undefined) return this.#fail('The provider ended a block that it had not started.')
    this.#open.delete(Number(event['index']))
    return endBlock(block)
  }

  #readMessageDelta(event: JsonObject): readonly AnswerEvent[] {
    const events: AnswerEvent[] = []
    const delta = asObject(event['delta'])
    const reason = asString(delta?.['stop_reason'])
    if (reason !== undefined && this.#state === 'answering') {
      for (const block of this.#open.values()) events.push(...endBlock(block))
      this.#open.clear()
      this.#state = 'finished'
      events.push({ kind: 'finish', reason: readStopReason(reason, this.#calls), stopSequence: asString(delta?.['stop_sequence']) })
    }
    events.push(...this.#readUsage(event['usage'], false))
    return events
  }

  #readUsage(value: JsonValue | undefined, isStart: boolean): readonly AnswerEvent[] {
    const fields = asObject(value)
    const usage = fields === undefined ? undefined : this.#usage.add(fields, isStart)
    return usage === undefined ? [] : [{ kind: 'usage', usage }]
  }

  #blockOf(event: JsonObject): OpenBlock | undefined {
    const number = event['index']
    return typeof number === 'number' ? this.#open.get(number) : undefined
  }

  #misplaced(type: string): readonly AnswerEvent[] {
    return this.#fail(`The provider sent ${type} where it has no place.`)
  }

  #wrongDelta(type: string): readonly AnswerEvent[] {
    return this.#fail(`The provider sent ${type} for a block of another kind.`)
  }

  #fail(message: string): readonly AnswerEvent[] {
    this.#state = 'over'
    return [{ kind: 'error', error: { message, type: undefined } }]
  }
}

function startedPart(kind: OpenBlock['kind'], block: JsonObject): StartedPart {
  if (kind === 'call') return { kind: 'tool_call', id: asString(block['id']) ?? '', name: asString(block['name']) ?? '' }
  if (kind !== 'thinking') return { kind: 'text' }
  const redacted = block['type'] === 'redacted_thinking' ? (asString(block['data']) ?? '') : undefined
  return redacted === undefined ? { kind: 'reasoning' } : { kind: 'reasoning', redacted }
}

function textEvents(index: number, value: JsonValue | undefined): readonly AnswerEvent[] {
  const text = asString(value) ?? ''
  return text === '' ? [] : [{ kind: 'text', index, text }]
}

function endBlock({ part, kind, input, hasDeltas }: OpenBlock): readonly AnswerEvent[] {
  if (part === undefined) return []
  const end: AnswerEvent = { kind: 'part_end', index: part }
  if (hasDeltas || (kind !== 'call' && kind !== 'answer')) return [end]
  const json = JSON.stringify(input ?? {})
  if (kind === 'answer') return [{ kind: 'text', index: part, text: json }, end]
  return json === '{}' ? [end] : [{ kind: 'arguments', index: part, json }, end]
}
