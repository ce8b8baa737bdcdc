// A streamed answer as chunks of a `chat.completion.chunk` stream. Source: platform.openai.com, API reference, "Streaming".
// What a chunk repeats is made once; of an event only its text is turned into JSON.

import type { RawUsage } from '../../core/usage.ts'
import { type AnswerEvent, type FinishReason, type ProviderError, type StartedPart, unspokenRefusal } from '../answer.ts'
import type { JsonObject } from '../conversation.ts'
import type { AnswerContext, EventWriter } from '../dialect.ts'
import { withSignature } from '../tool-call-signature.ts'
import { openaiFinishReason } from './finish-reasons.ts'
import { answerId, thinkingBlock } from './write-answer.ts'
import { writeUsage } from './write-usage.ts'

/** Characters of thoughts that are kept until the end, because their signature is worth nothing without them. Beyond, both are left out. */
export const mostThoughtCharacters = 4 * 1024 * 1024

/** A started part, and what of it is not written yet. */
type OpenPart =
  | { readonly kind: 'text' | 'refusal' }
  | { readonly kind: 'reasoning'; text: string; signature: string | undefined; readonly redacted: string | undefined }
  | { readonly kind: 'tool_call'; readonly id: string; readonly name: string; readonly place: number; hasArguments: boolean }

export class ChatEventWriter implements EventWriter {
  readonly #context: AnswerContext
  /** Everything before and behind a delta. */
  #head = ''
  readonly #tail: string
  readonly #parts: OpenPart[] = []
  #calls = 0
  /** A call whose chunk waits for its signature, which is part of its id. */
  #waiting: Extract<OpenPart, { kind: 'tool_call' }> | undefined
  #thoughtCharacters = 0
  #hasRefused = false
  #usage: RawUsage | undefined
  #isOver = false

  constructor(context: AnswerContext) {
    this.#context = context
    // With include_usage every chunk says that its usage is null, but for the last.
    this.#tail = `,"logprobs":null,"finish_reason":null}]${context.usageAsked ? ',"usage":null' : ''}}\n\n`
  }

  write(event: AnswerEvent): string {
    if (this.#isOver) return ''
    switch (event.kind) {
      case 'start':
        this.#begin(event.id)
        return this.#delta('{"role":"assistant","content":"","refusal":null}')
      case 'part_start':
        return this.#callStart() + this.#startPart(event.index, event.part)
      case 'text':
        return this.#callStart() + this.#writeText(event.index, event.text)
      case 'arguments':
        return this.#callStart() + this.#writeArguments(event.index, event.json)
      case 'signature':
        return this.#keepSignature(event.index, event.signature)
      case 'part_end':
        return this.#callStart() + this.#endPart(event.index)
      case 'finish':
        return this.#callStart() + this.#finish(event.reason)
      case 'usage':
        this.#usage = event.usage
        return ''
      case 'error':
        this.#isOver = true
        return errorEvent(event.error)
      case 'end':
        this.#isOver = true
        return `${this.#usageChunk()}data: [DONE]\n\n`
    }
  }

  #begin(id: string): void {
    const { clientModel, createdSeconds } = this.#context
    const base = JSON.stringify({ id: answerId(id, this.#context), object: 'chat.completion.chunk', created: createdSeconds, model: clientModel })
    this.#head = `data: ${base.slice(0, -1)},"choices":`
  }

  #delta(json: string): string {
    return `${this.#head}[{"index":0,"delta":${json}${this.#tail}`
  }

  #startPart(index: number, part: StartedPart): string {
    switch (part.kind) {
      case 'text':
        this.#parts[index] = { kind: 'text' }
        return ''
      case 'refusal':
        this.#parts[index] = { kind: 'refusal' }
        return ''
      case 'reasoning':
        this.#parts[index] = { kind: 'reasoning', text: '', signature: undefined, redacted: part.redacted }
        this.#thoughtCharacters += part.redacted?.length ?? 0
        return ''
      case 'tool_call':
        this.#waiting = { kind: 'tool_call', id: part.id, name: part.name, place: this.#calls, hasArguments: false }
        this.#parts[index] = this.#waiting
        this.#calls += 1
        return ''
    }
  }

  #callStart(signature?: string): string {
    const call = this.#waiting
    if (call === undefined) return ''
    this.#waiting = undefined
    const started = { index: call.place, id: withSignature(call.id, signature), type: 'function', function: { name: call.name, arguments: '' } }
    return this.#delta(`{"tool_calls":[${JSON.stringify(started)}]}`)
  }

  #writeText(index: number, text: string): string {
    const part = this.#parts[index]
    if (text === '' || part === undefined) return ''
    switch (part.kind) {
      case 'text':
        return this.#delta(`{"content":${JSON.stringify(text)}}`)
      case 'refusal':
        this.#hasRefused = true
        return this.#delta(`{"refusal":${JSON.stringify(text)}}`)
      case 'reasoning':
        this.#thoughtCharacters += text.length
        if (this.#thoughtCharacters <= mostThoughtCharacters) part.text += text
        return this.#delta(`{"reasoning_content":${JSON.stringify(text)}}`)
      case 'tool_call':
        return ''
    }
  }

  #writeArguments(index: number, json: string): string {
    const part = this.#parts[index]
    if (json === '' || part?.kind !== 'tool_call') return ''
    part.hasArguments = true
    return this.#delta(`{"tool_calls":[{"index":${part.place},"function":{"arguments":${JSON.stringify(json)}}}]}`)
  }

  // A call's that comes after its first arguments is lost: the id is with the client.
  #keepSignature(index: number, signature: string): string {
    const part = this.#parts[index]
    if (part?.kind === 'reasoning') part.signature = signature
    return part !== undefined && part === this.#waiting ? this.#callStart(signature) : ''
  }

  // Clients parse the arguments of every call, also of one that has none.
  #endPart(index: number): string {
    const part = this.#parts[index]
    return part?.kind === 'tool_call' && !part.hasArguments ? this.#writeArguments(index, '{}') : ''
  }

  #finish(reason: FinishReason): string {
    const refusal = reason === 'refusal' && !this.#hasRefused ? this.#delta(`{"refusal":${JSON.stringify(unspokenRefusal)}}`) : ''
    const end = JSON.stringify([{ index: 0, delta: {}, logprobs: null, finish_reason: openaiFinishReason(reason, this.#calls > 0) }])
    return `${refusal}${this.#thinkingBlocks()}${this.#head}${end}${this.#context.usageAsked ? ',"usage":null' : ''}}\n\n`
  }

  // All in one chunk: openai's TypeScript helper keeps the last value of a member it does not know, its Python helper cannot add to lists.
  #thinkingBlocks(): string {
    if (this.#thoughtCharacters > mostThoughtCharacters) return ''
    const blocks: JsonObject[] = []
    for (const part of this.#parts) {
      if (part.kind !== 'reasoning') continue
      const { text, signature, redacted } = part
      const block = thinkingBlock({ text, ...(signature === undefined ? {} : { signature }), ...(redacted === undefined ? {} : { redacted }) })
      if (block !== undefined) blocks.push(block)
    }
    return blocks.length === 0 ? '' : this.#delta(`{"thinking_blocks":${JSON.stringify(blocks)}}`)
  }

  #usageChunk(): string {
    if (!this.#context.usageAsked || this.#usage === undefined) return ''
    return `${this.#head}[],"usage":${JSON.stringify(writeUsage(this.#usage))}}\n\n`
  }
}

/** How OpenAI breaks a stream off; its SDKs throw on it. */
function errorEvent(error: ProviderError): string {
  return `data: ${JSON.stringify({ error: { message: error.message, type: error.type ?? 'server_error', param: null, code: null } })}\n\n`
}
