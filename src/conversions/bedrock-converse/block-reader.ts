// The content blocks of one streamed answer. Bedrock numbers them as it likes, and starts only those of calls: a text begins with its first piece.

import type { AnswerEvent, StartedPart } from '../answer.ts'
import type { JsonObject } from '../conversation.ts'
import { asObject, asString } from '../json-value.ts'
import { isAnswerTool } from '../structured-output.ts'

/** More than any model writes; each costs memory for as long as the stream lasts. */
const mostBlocks = 10_000

interface Block {
  /** `answer`: the call of our tool for structured output, whose arguments are text. `ignored`: pictures and results of Bedrock's own tools, which no client can be given. `empty`: nothing but empty text so far. */
  kind: 'text' | 'reasoning' | 'tool_call' | 'answer' | 'empty_answer' | 'ignored' | 'empty' | 'ended'
  /** Among our parts; -1 while it has none. */
  index: number
}

export class BlockReader {
  /** Parts that were started. */
  parts = 0
  /** Of the client's tools. */
  calls = 0
  /** By Bedrock's number. */
  #hasAnswer = false
  readonly #blocks = new Map<number, Block>()

  /** Gives what is wrong with the event, or undefined. */
  read(name: 'contentBlockStart' | 'contentBlockDelta' | 'contentBlockStop', event: JsonObject, events: AnswerEvent[]): string | undefined {
    const number = event['contentBlockIndex']
    if (typeof number !== 'number') return 'a block has no index'
    const block = this.#blocks.get(number)
    if (block?.kind === 'ended') return `${name} came after the end of its block`
    if (name === 'contentBlockStart') return block === undefined ? this.#startBlock(number, asObject(event['start']) ?? {}, events) : 'a block began twice'
    if (name === 'contentBlockDelta') return this.#readDelta(number, asObject(event['delta']) ?? {}, events)
    if (block === undefined) return this.#keep(number, { kind: 'ended', index: -1 })
    this.#endBlock(block, events)
    return undefined
  }

  /** Ends what has not been ended, in order. */
  endAll(events: AnswerEvent[]): void {
    for (const block of this.#blocks.values()) this.#endBlock(block, events)
  }

  #startBlock(number: number, start: JsonObject, events: AnswerEvent[]): string | undefined {
    const call = asObject(start['toolUse'])
    if (call === undefined || call['type'] === 'server_tool_use') return this.#keep(number, { kind: Object.keys(start).length === 0 ? 'empty' : 'ignored', index: -1 })
    const [id, name] = [asString(call['toolUseId']), asString(call['name'])]
    if (id === undefined || id === '' || name === undefined || name === '') return 'a call has no name or no id'
    if (isAnswerTool(name)) {
      // A second answer could only spoil the first.
      if (this.#hasAnswer) return this.#keep(number, { kind: 'ignored', index: -1 })
      this.#hasAnswer = true
      return this.#keep(number, { kind: 'empty_answer', index: this.#startPart({ kind: 'text' }, events) })
    }
    this.calls += 1
    const block: Block = { kind: 'tool_call', index: this.#startPart({ kind: 'tool_call', id, name }, events) }
    return this.#keep(number, block)
  }

  #readDelta(number: number, delta: JsonObject, events: AnswerEvent[]): string | undefined {
    const block = this.#blocks.get(number)
    if (block?.kind === 'ignored') return undefined
    const call = asObject(delta['toolUse'])
    if (call !== undefined) return readArguments(block, asString(call['input']) ?? '', events)
    const reasoning = asObject(delta['reasoningContent'])
    const text = asString(delta['text'])
    if (reasoning === undefined && text === undefined) return undefined
    if (block?.kind === 'tool_call' || block?.kind === 'answer' || block?.kind === 'empty_answer') return 'text came in the block of a call'
    const known: Block = block ?? { kind: 'empty', index: -1 }
    const problem = block === undefined ? this.#keep(number, known) : undefined
    if (problem === undefined) {
      if (reasoning === undefined) this.#addText(known, 'text', text ?? '', events)
      else this.#readReasoning(known, reasoning, events)
    }
    return problem
  }

  #readReasoning(block: Block, reasoning: JsonObject, events: AnswerEvent[]): void {
    const redacted = asString(reasoning['redactedContent'])
    if (redacted !== undefined && redacted !== '') {
      this.#beginText(block, { kind: 'reasoning', redacted }, events)
      return
    }
    this.#addText(block, 'reasoning', asString(reasoning['text']) ?? '', events)
    const signature = asString(reasoning['signature']) ?? ''
    if (signature === '') return
    // Thoughts that are hidden have a signature and no text.
    if (block.kind !== 'reasoning') this.#beginText(block, { kind: 'reasoning' }, events)
    events.push({ kind: 'signature', index: block.index, signature })
  }

  #addText(block: Block, kind: 'text' | 'reasoning', text: string, events: AnswerEvent[]): void {
    if (text === '') return
    // Some models go on from thoughts to text in the same block.
    if (block.kind !== kind) this.#beginText(block, { kind }, events)
    events.push({ kind: 'text', index: block.index, text })
  }

  #beginText(block: Block, part: Extract<StartedPart, { readonly kind: 'text' | 'reasoning' }>, events: AnswerEvent[]): void {
    if (block.index !== -1) events.push({ kind: 'part_end', index: block.index })
    block.kind = part.kind
    block.index = this.#startPart(part, events)
  }

  #startPart(part: StartedPart, events: AnswerEvent[]): number {
    const index = this.parts
    this.parts += 1
    events.push({ kind: 'part_start', index, part })
    return index
  }

  #endBlock(block: Block, events: AnswerEvent[]): void {
    if (block.kind === 'empty_answer') events.push({ kind: 'text', index: block.index, text: '{}' })
    if (block.kind !== 'ended' && block.index !== -1) events.push({ kind: 'part_end', index: block.index })
    block.kind = 'ended'
  }

  #keep(number: number, block: Block): string | undefined {
    if (this.#blocks.size >= mostBlocks) return 'it has too many blocks'
    this.#blocks.set(number, block)
    return undefined
  }
}

function readArguments(block: Block | undefined, json: string, events: AnswerEvent[]): string | undefined {
  if (block?.kind !== 'tool_call' && block?.kind !== 'answer' && block?.kind !== 'empty_answer') return 'arguments came for a call that was not begun'
  if (json === '') return undefined
  if (block.kind === 'tool_call') events.push({ kind: 'arguments', index: block.index, json })
  else {
    block.kind = 'answer'
    events.push({ kind: 'text', index: block.index, text: json })
  }
  return undefined
}
