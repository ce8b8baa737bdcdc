// A chat completion's stream as answer events. Source: platform.openai.com, API reference, "Streaming"; and what look-alikes do differently:
// roles in every chunk, usage beside the last choice or in every chunk, no [DONE], errors with status 200.

import type { AnswerEvent, StartedPart } from '../answer.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import type { EventReader } from '../dialect.ts'
import { isJsonObject, isList, parseJsonText } from '../json-value.ts'
import { readFinish, readUsage, stringOr } from './read-answer.ts'
import { isError, readError } from './read-error.ts'
import { type ReadText, readTexts } from './read-texts.ts'
import { ToolCallReader } from './tool-call-reader.ts'

export class ChatEventReader implements EventReader {
  #nextIndex = 0
  /** Undefined until the first chunk with a choice or usage. */
  #id: string | undefined
  /** The text, thought or refusal that is being streamed. */
  #open: { readonly kind: ReadText['kind']; readonly index: number } | undefined
  readonly #calls = new ToolCallReader(() => this.#takeIndex())
  #hasRefused = false
  #isFinished = false
  /** Ended or failed: nothing more is read. */
  #isOver = false

  read(name: string, data: string): readonly AnswerEvent[] {
    if (this.#isOver) return []
    if (data.length < 16 && data.trim() === '[DONE]') return this.#end()
    const events: AnswerEvent[] = []
    const problem = this.#readChunk(name, parseJsonText(data), events)
    if (problem !== undefined) this.#fail(problem, events)
    return events
  }

  close(): readonly AnswerEvent[] {
    // Without a finish reason the stream was cut: nothing may make it look whole.
    return this.#isOver || !this.#isFinished ? [] : this.#end()
  }

  /** Gives what is wrong with the chunk, or undefined. */
  #readChunk(name: string, chunk: JsonValue | undefined, events: AnswerEvent[]): string | undefined {
    if (!isJsonObject(chunk)) return 'an event is no JSON object'
    if (name === 'error' || isError(chunk)) {
      this.#isOver = true
      events.push({ kind: 'error', error: readError(chunk) })
      return undefined
    }
    const choices = chunk['choices'] ?? []
    if (!isList(choices)) return 'choices is no array'
    const usage = readUsage(chunk)
    if (choices.length === 0 && usage === undefined) return undefined
    this.#start(chunk, events)
    for (const choice of choices) {
      const problem = isJsonObject(choice) ? this.#readChoice(choice, chunk, events) : 'a choice is no object'
      if (problem !== undefined) return problem
    }
    if (usage !== undefined) events.push({ kind: 'usage', usage })
    return undefined
  }

  #start(chunk: JsonObject, events: AnswerEvent[]): void {
    if (this.#id !== undefined) return
    this.#id = stringOr(chunk['id'], '')
    events.push({ kind: 'start', id: this.#id, model: stringOr(chunk['model'], '') })
  }

  #readChoice(choice: JsonObject, chunk: JsonObject, events: AnswerEvent[]): string | undefined {
    // Only one choice was asked for.
    if ((choice['index'] ?? 0) !== 0) return undefined
    const delta = choice['delta'] ?? {}
    if (!isJsonObject(delta)) return 'a delta is no object'
    // A role alone proves nothing, since many repeat it in every chunk; one with another answer's id does.
    if (typeof delta['role'] === 'string' && this.#isOfAnother(stringOr(chunk['id'], ''))) return 'a second answer began'
    const problem = this.#readTexts(delta, events) ?? this.#readCalls(delta, events)
    if (problem !== undefined) return problem
    const reason = choice['finish_reason'] ?? ''
    if (typeof reason !== 'string') return 'a finish reason is no text'
    if (reason === '' || this.#isFinished) return undefined
    return reason === 'error' ? 'the provider broke it off' : this.#finish(choice, events)
  }

  #isOfAnother(id: string): boolean {
    return id !== '' && this.#id !== '' && id !== this.#id
  }

  #readTexts(delta: JsonObject, events: AnswerEvent[]): string | undefined {
    const texts = readTexts(delta)
    if (texts === undefined) return 'the content of a delta is no text'
    if (texts.length > 0 && this.#isFinished) return 'text came after the end'
    for (const { kind, text } of texts) {
      if (this.#open?.kind !== kind) {
        this.#closeText(events)
        this.#calls.endComplete(events)
        this.#open = { kind, index: this.#takeIndex() }
        this.#hasRefused ||= kind === 'refusal'
        events.push({ kind: 'part_start', index: this.#open.index, part: { kind } satisfies StartedPart })
      }
      events.push({ kind: 'text', index: this.#open.index, text })
    }
    return this.#signThought(delta, events)
  }

  // Gateways such as LiteLLM send a thought's signature in its last delta.
  #signThought(delta: JsonObject, events: AnswerEvent[]): undefined {
    const blocks = delta['thinking_blocks']
    if (this.#open?.kind !== 'reasoning' || !isList(blocks)) return
    const signature = blocks.map((block) => (isJsonObject(block) ? block['signature'] : undefined)).find((text) => typeof text === 'string' && text !== '')
    if (typeof signature === 'string') events.push({ kind: 'signature', index: this.#open.index, signature })
  }

  #readCalls(delta: JsonObject, events: AnswerEvent[]): string | undefined {
    const legacy = delta['function_call']
    const calls = delta['tool_calls'] ?? (isJsonObject(legacy) ? [{ index: 0, function: legacy }] : [])
    if (!isList(calls)) return 'tool_calls is no array'
    if (calls.length > 0 && this.#isFinished) return 'a tool call came after the end'
    for (const call of calls) {
      if (!isJsonObject(call)) return 'a tool call is no object'
      this.#closeText(events)
      const problem = this.#calls.read(call, this.#id ?? '', events)
      if (problem !== undefined) return problem
    }
    return undefined
  }

  #finish(choice: JsonObject, events: AnswerEvent[]): string | undefined {
    this.#closeText(events)
    const problem = this.#calls.endAll(events)
    if (problem !== undefined) return problem
    this.#isFinished = true
    const { finish, stopSequence } = readFinish(choice, { hasCalls: this.#calls.hasCalls, isRefusal: this.#hasRefused })
    events.push({ kind: 'finish', reason: finish, stopSequence })
    return undefined
  }

  #end(): readonly AnswerEvent[] {
    const events: AnswerEvent[] = []
    const problem = this.#id === undefined ? 'it ended before it began' : this.#isFinished ? undefined : this.#finish({}, events)
    if (problem !== undefined) {
      this.#fail(problem, events)
      return events
    }
    this.#isOver = true
    events.push({ kind: 'end' })
    return events
  }

  #closeText(events: AnswerEvent[]): void {
    if (this.#open === undefined) return
    events.push({ kind: 'part_end', index: this.#open.index })
    this.#open = undefined
  }

  #takeIndex(): number {
    this.#nextIndex += 1
    return this.#nextIndex - 1
  }

  #fail(problem: string, events: AnswerEvent[]): void {
    this.#isOver = true
    events.push({ kind: 'error', error: { message: `The provider's stream cannot be read: ${problem}.`, type: undefined } })
  }
}
