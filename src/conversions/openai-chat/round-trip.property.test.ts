// What our chat writer writes, our chat reader reads: for any answer, however its parts are cut and interleaved.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { SseScanner } from '../../core/sse-scan.ts'
import type { AnswerEvent } from '../answer.ts'
import { ChatEventReader } from './event-reader.ts'
import { ChatEventWriter } from './event-writer.ts'

interface Part {
  readonly kind: 'text' | 'reasoning' | 'refusal' | 'tool_call'
  readonly pieces: readonly string[]
}

const words = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 })
const spoken = fc.record({ kind: fc.constantFrom('text' as const, 'reasoning' as const, 'refusal' as const), pieces: fc.array(words, { minLength: 1, maxLength: 4 }) })
/** JSON text, cut anywhere, also inside an escape or a surrogate pair. */
const called = fc
  .tuple(fc.dictionary(fc.string({ unit: 'binary', maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }), fc.array(fc.nat(40), { maxLength: 4 }))
  .map(([value, cuts]): Part => ({ kind: 'tool_call', pieces: cut(JSON.stringify(value), cuts) }))
const parts = fc.array(fc.oneof(spoken, called), { maxLength: 6 })

function cut(text: string, places: readonly number[]): string[] {
  const cuts = [0, ...places.filter((place) => place < text.length), text.length].toSorted((one, other) => one - other)
  return cuts.slice(1).map((place, index) => text.slice(cuts[index], place))
}

/** The events of these parts. `turns` says whose next piece comes; a part with none left is skipped. */
function events(made: readonly Part[], turns: readonly number[]): AnswerEvent[] {
  const interleaved: AnswerEvent[] = [{ kind: 'start', id: 'a1', model: 'm' }]
  const left = made.map((part) => [...part.pieces])
  made.forEach((part, index) => {
    interleaved.push({ kind: 'part_start', index, part: part.kind === 'tool_call' ? { kind: 'tool_call', id: `c${index}`, name: `f${index}` } : { kind: part.kind } })
  })
  const next = (index: number): void => {
    const piece = left[index]?.shift()
    if (piece === undefined) return
    interleaved.push(made[index]?.kind === 'tool_call' ? { kind: 'arguments', index, json: piece } : { kind: 'text', index, text: piece })
  }
  for (const turn of turns) next(made.length === 0 ? 0 : turn % made.length)
  left.forEach((pieces, index) => {
    while (pieces.length > 0) next(index)
    interleaved.push({ kind: 'part_end', index })
  })
  interleaved.push({ kind: 'finish', reason: 'stop', stopSequence: undefined }, { kind: 'usage', usage: { inputTokens: 3, outputTokens: 4 } }, { kind: 'end' })
  return interleaved
}

/** Every kind's text in the order of its pieces, and every call by its id. */
function gather(stream: readonly AnswerEvent[]): { said: Record<string, string>; calls: Record<string, string> } {
  const said: Record<string, string> = {}
  const calls: Record<string, string> = {}
  const open = new Map<number, string>()
  for (const event of stream) {
    if (event.kind === 'part_start') open.set(event.index, event.part.kind === 'tool_call' ? `${event.part.id} ${event.part.name}` : event.part.kind)
    if (event.kind === 'text') said[open.get(event.index) ?? '?'] = (said[open.get(event.index) ?? '?'] ?? '') + event.text
    if (event.kind === 'arguments') calls[open.get(event.index) ?? '?'] = (calls[open.get(event.index) ?? '?'] ?? '') + event.json
    if (event.kind === 'part_end') open.delete(event.index)
  }
  return { said, calls }
}

function roundTrip(stream: readonly AnswerEvent[]): AnswerEvent[] {
  const writer = new ChatEventWriter({ clientModel: 'm', exchangeId: 'x', createdSeconds: 0, usageAsked: true })
  const reader = new ChatEventReader()
  const read: AnswerEvent[] = []
  const scanner = new SseScanner((event) => {
    if (event.data !== undefined) read.push(...reader.read(event.name, event.data.toString('utf8')))
  })
  scanner.push(Buffer.from(stream.map((event) => writer.write(event)).join('')), true)
  return [...read, ...reader.close()]
}

describe('a stream that we write and read again', () => {
  it('has the same texts and the same arguments, and is well-formed', () => {
    fc.assert(
      fc.property(parts, fc.array(fc.nat(5), { maxLength: 20 }), (made, turns) => {
        const written = events(made, turns)
        const read = roundTrip(written)
        assert.deepEqual(gather(read), gather(written))
        assert.deepEqual(problemsOf(read), [])
      }),
      { numRuns: 300 },
    )
  })
})

/** What is wrong: parts are started once and in order, before their pieces, and ended once; nothing is open at the finish. */
function problemsOf(stream: readonly AnswerEvent[]): string[] {
  const problems: string[] = []
  const open = new Set<number>()
  let started = 0
  for (const event of stream) {
    if (event.kind === 'part_start') {
      if (event.index !== started) problems.push(`part ${event.index} started as number ${started}`)
      started += 1
      open.add(event.index)
    }
    if ((event.kind === 'text' || event.kind === 'arguments') && !open.has(event.index)) problems.push(`part ${event.index} has a piece and is not open`)
    if (event.kind === 'part_end' && !open.delete(event.index)) problems.push(`part ${event.index} ended and was not open`)
    if (event.kind === 'finish' && open.size > 0) problems.push('finished with open parts')
  }
  const frame = stream.map((event) => event.kind).filter((kind) => kind === 'start' || kind === 'finish' || kind === 'usage' || kind === 'end')
  if (frame.join(' ') !== 'start finish usage end') problems.push(`the frame is ${frame.join(' ')}`)
  return problems
}
