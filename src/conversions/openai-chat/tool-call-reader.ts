// Tool calls of a stream, put together from their deltas: which call a delta belongs to where index or id are missing, and when a call is over.

import type { AnswerEvent } from '../answer.ts'
import type { JsonObject } from '../conversation.ts'
import { isJsonObject } from '../json-value.ts'
import { JsonEnd } from './json-end.ts'
import { thoughtSignature } from './read-assistant.ts'
import { argumentsText, makeCallId } from './read-answer.ts'

/** Characters of arguments that wait for their function's name: it comes first, or never. */
const mostHeldCharacters = 64 * 1024

/** More than any model makes; each new one is compared with those before it. */
const mostCalls = 1_000

interface Call {
  /** The provider's, or undefined where it told none at the start. */
  readonly id: string | undefined
  readonly place: number
  name: string | undefined
  /** Of its part; undefined until the name is known. */
  partIndex: number | undefined
  held: string
  hasArguments: boolean
  isEnded: boolean
  readonly end: JsonEnd
}

export class ToolCallReader {
  /** Gives the next part its index. */
  readonly #nextIndex: () => number
  readonly #calls: Call[] = []
  readonly #byIndex = new Map<number, Call>()

  constructor(nextIndex: () => number) {
    this.#nextIndex = nextIndex
  }

  get hasCalls(): boolean {
    return this.#calls.length > 0
  }

  /** Adds what one entry of `tool_calls` means to `events`. Gives what is wrong with it, or undefined. */
  read(delta: JsonObject, answerId: string, events: AnswerEvent[]): string | undefined {
    const fields = isJsonObject(delta['function']) ? delta['function'] : {}
    const name = textOf(fields['name'])
    const json = argumentsText(fields['arguments'])
    if (json === undefined) return 'the arguments of a tool call are no text'
    const call = this.#find({ index: delta['index'], id: textOf(delta['id']), name }, events)
    if (this.#calls.length > mostCalls) return 'it has too many tool calls'
    call.name ??= name
    if (call.partIndex === undefined) {
      if (call.name === undefined) {
        call.held += json
        return call.held.length > mostHeldCharacters ? 'a tool call has no name' : undefined
      }
      call.partIndex = this.#nextIndex()
      events.push({ kind: 'part_start', index: call.partIndex, part: { kind: 'tool_call', id: call.id ?? makeCallId(answerId, call.place), name: call.name } })
    }
    const signature = thoughtSignature(delta)
    if (signature !== undefined && !call.hasArguments) events.push({ kind: 'signature', index: call.partIndex, signature })
    const piece = call.held + json
    call.held = ''
    if (piece === '') return undefined
    if (call.isEnded) return piece.trim() === '' ? undefined : 'a tool call went on after its end'
    call.hasArguments = true
    call.end.push(piece)
    events.push({ kind: 'arguments', index: call.partIndex, json: piece })
    return undefined
  }

  /** Ends the calls whose arguments are complete: those that are not may go on between other parts. */
  endComplete(events: AnswerEvent[]): void {
    for (const call of this.#calls) if (call.end.isComplete) end(call, events)
  }

  /** Gives what is wrong, or undefined. */
  endAll(events: AnswerEvent[]): string | undefined {
    for (const call of this.#calls) {
      if (call.partIndex === undefined) return 'a tool call has no name'
      end(call, events)
    }
    return undefined
  }

  #find({ index, id, name }: { index: unknown; id: string | undefined; name: string | undefined }, events: AnswerEvent[]): Call {
    const known = typeof index === 'number' ? this.#byIndex.get(index) : this.#findWithoutIndex(id, name)
    // Servers that give every call the index 0 are told by the new id, and by the name, that come with a new call only.
    const isAnother = known?.id !== undefined && id !== undefined && id !== known.id && name !== undefined
    if (known !== undefined && !isAnother) return known
    this.endComplete(events)
    const call: Call = { id, place: this.#calls.length, name: undefined, partIndex: undefined, held: '', hasArguments: false, isEnded: false, end: new JsonEnd() }
    this.#calls.push(call)
    if (typeof index === 'number') this.#byIndex.set(index, call)
    return call
  }

  #findWithoutIndex(id: string | undefined, name: string | undefined): Call | undefined {
    if (id !== undefined) return this.#calls.find((call) => call.id === id)
    const last = this.#calls.at(-1)
    return name !== undefined && last?.end.isComplete === true ? undefined : last
  }
}

function end(call: Call, events: AnswerEvent[]): void {
  if (call.isEnded || call.partIndex === undefined) return
  call.isEnded = true
  events.push({ kind: 'part_end', index: call.partIndex })
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
