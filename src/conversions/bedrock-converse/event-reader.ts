// The stream of ConverseStream: messageStart, for each block contentBlockStart (of calls only), deltas and contentBlockStop, then messageStop,
// and the usage behind it in metadata. Exceptions come as frames of their own, named after themselves.

import type { AnswerEvent } from '../answer.ts'
import type { JsonObject } from '../conversation.ts'
import type { EventReader } from '../dialect.ts'
import { asObject, asString, parseJsonText } from '../json-value.ts'
import { BlockReader } from './block-reader.ts'
import { describeFailure, mapStopReason } from './map-stop-reason.ts'
import { readStopSequence } from './read-answer.ts'
import { readError } from './read-error.ts'
import { readUsage } from './read-usage.ts'

export function createEventReader(): EventReader {
  return new ConverseEventReader()
}

class ConverseEventReader implements EventReader {
  #state: 'waiting' | 'answering' | 'finished' | 'over' = 'waiting'
  readonly #blocks = new BlockReader()
  #hasUsage = false

  read(name: string, data: string): readonly AnswerEvent[] {
    if (this.#state === 'over') return []
    const event = asObject(parseJsonText(data))
    if (name.endsWith('Exception')) {
      this.#state = 'over'
      return [{ kind: 'error', error: readError(event, name) }]
    }
    const events: AnswerEvent[] = []
    const problem = event === undefined ? 'an event is no JSON object' : this.#readEvent(name, event, events)
    if (problem !== undefined) this.#fail(problem, events)
    return events
  }

  close(): readonly AnswerEvent[] {
    // Without its metadata an answer is complete all the same.
    const isComplete = this.#state === 'finished'
    this.#state = 'over'
    return isComplete ? [{ kind: 'end' }] : []
  }

  /** Gives what is wrong with the event, or undefined. */
  #readEvent(name: string, event: JsonObject, events: AnswerEvent[]): string | undefined {
    switch (name) {
      case 'messageStart':
        return this.#start(events)
      case 'contentBlockStart':
      case 'contentBlockDelta':
      case 'contentBlockStop':
        return this.#state === 'answering' ? this.#blocks.read(name, event, events) : `${name} came ${this.#state === 'waiting' ? 'before the start' : 'after the end'}`
      case 'messageStop':
        return this.#stop(event, events)
      case 'metadata':
        this.#readMetadata(event, events)
        return undefined
      default:
        // What Bedrock will say one day.
        return undefined
    }
  }

  #start(events: AnswerEvent[]): string | undefined {
    if (this.#state !== 'waiting') return 'a second answer began'
    this.#state = 'answering'
    events.push({ kind: 'start', id: '', model: '' })
    return undefined
  }

  #stop(event: JsonObject, events: AnswerEvent[]): string | undefined {
    if (this.#state !== 'answering') return this.#state === 'waiting' ? 'it ended before it began' : 'it ended twice'
    this.#blocks.endAll(events)
    const said = asString(event['stopReason']) ?? 'end_turn'
    const reason = mapStopReason(said, this.#blocks)
    if (reason === undefined) {
      this.#state = 'over'
      events.push({ kind: 'error', error: { message: describeFailure(said), type: undefined } })
      return undefined
    }
    this.#state = 'finished'
    events.push({ kind: 'finish', reason, stopSequence: readStopSequence(event) })
    if (this.#hasUsage) this.#end(events)
    return undefined
  }

  #readMetadata(event: JsonObject, events: AnswerEvent[]): void {
    const counts = asObject(event['usage'])
    const usage = counts === undefined ? undefined : readUsage(counts)
    // There may be metadata without usage, before and after.
    if (usage === undefined) return
    this.#hasUsage = true
    events.push({ kind: 'usage', usage })
    if (this.#state === 'finished') this.#end(events)
  }

  #end(events: AnswerEvent[]): void {
    this.#state = 'over'
    events.push({ kind: 'end' })
  }

  #fail(problem: string, events: AnswerEvent[]): void {
    this.#state = 'over'
    events.push({ kind: 'error', error: { message: `The provider's stream cannot be read: ${problem}.`, type: undefined } })
  }
}
