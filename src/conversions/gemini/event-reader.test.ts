import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { AnswerEvent, AnswerPart } from '../answer.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { geminiProvider } from './index.ts'

function chunk(parts: readonly JsonValue[], more: JsonObject = {}, finishReason?: string): JsonObject {
  const reason = finishReason === undefined ? {} : { finishReason }
  return { candidates: [{ content: { role: 'model', parts }, index: 0, ...reason }], responseId: 'r-1', modelVersion: 'gemini-2.5-flash', ...more }
}

function readData(...data: readonly string[]): AnswerEvent[] {
  const reader = geminiProvider.createEventReader()
  return [...data.flatMap((text) => reader.read('', text)), ...reader.close()]
}

function read(...chunks: readonly JsonValue[]): AnswerEvent[] {
  return readData(...chunks.map((each) => JSON.stringify(each)))
}

function kinds(events: readonly AnswerEvent[]): string {
  return events.map((event) => event.kind).join(' ')
}

const start = { kind: 'start', id: 'r-1', model: 'gemini-2.5-flash' } as const

describe('a stream of Gemini', () => {
  it('is one text part for texts that follow each other', () => {
    const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 }
    assert.deepEqual(read(chunk([{ text: 'Hel' }]), chunk([{ text: 'lo' }]), chunk([{ text: '' }], { usageMetadata }, 'STOP')), [
      start,
      { kind: 'part_start', index: 0, part: { kind: 'text' } },
      { kind: 'text', index: 0, text: 'Hel' },
      { kind: 'text', index: 0, text: 'lo' },
      { kind: 'usage', usage: { inputTokens: 3, cachedInputTokens: undefined, outputTokens: 2, reasoningTokens: undefined, totalTokens: 5 } },
      { kind: 'part_end', index: 0 },
      { kind: 'finish', reason: 'stop', stopSequence: undefined },
      { kind: 'end' },
    ])
  })

  it('has thoughts, text and calls as parts of their own, each ended before the next', () => {
    const call = { functionCall: { name: 'weather', args: { city: 'Paris' } }, thoughtSignature: 'Y2FsbA==' }
    assert.deepEqual(read(chunk([{ text: 'hm', thought: true }]), chunk([{ text: '', thought: true, thoughtSignature: 'c2ln' }, { text: 'So' }, call, { functionCall: { id: 'f2', name: 'time' } }], {}, 'STOP')), [
      start,
      { kind: 'part_start', index: 0, part: { kind: 'reasoning' } },
      { kind: 'text', index: 0, text: 'hm' },
      { kind: 'part_end', index: 0 },
      { kind: 'part_start', index: 1, part: { kind: 'text' } },
      { kind: 'text', index: 1, text: 'So' },
      { kind: 'part_end', index: 1 },
      { kind: 'part_start', index: 2, part: { kind: 'tool_call', id: 'gemini_call_r-1_0', name: 'weather' } },
      { kind: 'signature', index: 2, signature: 'Y2FsbA==' },
      { kind: 'arguments', index: 2, json: '{"city":"Paris"}' },
      { kind: 'part_end', index: 2 },
      { kind: 'part_start', index: 3, part: { kind: 'tool_call', id: 'f2', name: 'time' } },
      { kind: 'arguments', index: 3, json: '{}' },
      { kind: 'part_end', index: 3 },
      { kind: 'finish', reason: 'tool_calls', stopSequence: undefined },
      { kind: 'end' },
    ])
  })

  it('has the signature with the first call, also where it comes behind it', () => {
    const call = (name: string): JsonObject => ({ functionCall: { id: name, name } })
    const late = { text: '', thoughtSignature: 'bGF0ZQ==' }
    const signed = { kind: 'tool_call', id: 'a', name: 'a', arguments: '{}', signature: 'bGF0ZQ==' }
    const second = { kind: 'tool_call', id: 'b', name: 'b', arguments: '{}' }
    assert.deepEqual(collect(read(chunk([call('a')]), chunk([late, call('b')], {}, 'STOP'))), { parts: [signed, second], finish: 'tool_calls' })
    assert.deepEqual(collect(read(chunk([call('b')], {}, 'STOP'))), { parts: [second], finish: 'tool_calls' })
    assert.deepEqual(collect(read(chunk([call('b'), { text: 'so' }, late], {}, 'STOP'))), { parts: [second, { kind: 'text', text: 'so' }], finish: 'tool_calls' })
    assert.equal(kinds(read(chunk([call('a')]), chunk([late], {}, 'STOP'))), 'start part_start signature arguments part_end finish end')
  })

  it('has structured output as its text, once, where it came as a call of our tool', () => {
    const answer = (a: number): JsonObject => ({ functionCall: { name: 'tollgate_structured_answer', args: { a } } })
    assert.deepEqual(collect(read(chunk([answer(1)]), chunk([answer(2)], {}, 'STOP'))), { parts: [{ kind: 'text', text: '{"a":1}' }], finish: 'stop' })
  })

  it('takes usage that comes after the finish, and the latest of many', () => {
    const events = read(chunk([{ text: 'x' }], { usageMetadata: { promptTokenCount: 1 } }, 'MAX_TOKENS'), { usageMetadata: { promptTokenCount: 2 } })
    assert.equal(kinds(events), 'start part_start text usage part_end finish usage end')
    assert.equal(events.findLast((event) => event.kind === 'usage')?.usage.inputTokens, 2)
  })

  it('is filtered when the prompt was blocked, or the answer', () => {
    const finish = { kind: 'finish', reason: 'content_filter', stopSequence: undefined }
    assert.deepEqual(read({ promptFeedback: { blockReason: 'SAFETY' } }), [{ kind: 'start', id: '', model: '' }, finish, { kind: 'end' }])
    assert.deepEqual(read({ candidates: [{ finishReason: 'SAFETY', index: 0 }], responseId: 'r-1', modelVersion: 'gemini-2.5-flash' }), [start, finish, { kind: 'end' }])
  })

  it('has no end when it was cut before the finish', () => {
    assert.equal(kinds(read(chunk([{ text: 'Hel' }]))), 'start part_start text')
    assert.deepEqual(readData(), [])
    assert.equal(kinds(read(chunk([{ text: 'x' }], {}, 'FINISH_REASON_UNSPECIFIED'))), 'start part_start text')
  })

  it('fails when the model did', () => {
    const events = read({ candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: 'print(' }], usageMetadata: { promptTokenCount: 9 } })
    assert.equal(kinds(events), 'start usage error')
    assert.match(JSON.stringify(events), /MALFORMED_FUNCTION_CALL\). print\(/)
  })

  it('hands on an error in the middle, alone or in a list, and nothing after it', () => {
    const error = { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }
    for (const said of [error, [error]]) {
      const events = read(chunk([{ text: 'x' }]), said, chunk([{ text: 'y' }], {}, 'STOP'))
      assert.equal(kinds(events), 'start part_start text error')
      assert.deepEqual(events.at(-1), { kind: 'error', error: { message: 'The model is overloaded.', type: 'UNAVAILABLE' } })
    }
  })

  it('fails once, without an exception, on what is no answer', () => {
    for (const hostile of ['{"candidates":[', 'null', '7', '"text"', '[]', '[1]', '[DONE]']) {
      assert.equal(kinds(readData(JSON.stringify(chunk([{ text: 'x' }])), hostile, hostile)), 'start part_start text error')
    }
  })

  it('fails when content comes after the finish', () => {
    const done = chunk([{ text: 'x' }], {}, 'STOP')
    assert.equal(kinds(read(done, chunk([{ text: 'more' }]))), 'start part_start text part_end finish error')
    assert.equal(kinds(read(done, done)), 'start part_start text part_end finish error')
    assert.equal(kinds(read(done, chunk([{ functionCall: { name: 'f' } }]))), 'start part_start text part_end finish error')
  })

  it('never throws and never breaks the order of events, whatever JSON comes', () => {
    const part = fc.oneof(
      fc.record({ text: fc.string(), thought: fc.boolean(), thoughtSignature: fc.string() }, { requiredKeys: [] }),
      fc.record({ functionCall: fc.oneof(fc.jsonValue(), fc.record({ name: fc.string(), args: fc.jsonValue(), id: fc.jsonValue() }, { requiredKeys: [] })) }),
      fc.jsonValue(),
    )
    const finishReason = fc.oneof(fc.constantFrom('STOP', 'SAFETY', 'MALFORMED_FUNCTION_CALL', 'X'), fc.jsonValue())
    const candidate = fc.record({ content: fc.oneof(fc.record({ parts: fc.array(part) }), fc.jsonValue()), finishReason }, { requiredKeys: [] })
    const any = fc.oneof(fc.record({ candidates: fc.oneof(fc.array(candidate), fc.jsonValue()), usageMetadata: fc.jsonValue(), promptFeedback: fc.jsonValue() }, { requiredKeys: [] }), fc.jsonValue())
    fc.assert(
      fc.property(fc.array(any), (chunks) => {
        checkOrder(readData(...chunks.map((each) => JSON.stringify(each))))
      }),
    )
  })

  it('gives what the whole answer gives, however it is split', () => {
    const part = fc.oneof(
      fc.record({ text: fc.string({ unit: 'binary', minLength: 1 }), thought: fc.boolean() }),
      fc.record({ functionCall: fc.record({ name: fc.string(), args: fc.dictionary(fc.string(), fc.jsonValue()) }) }),
    )
    fc.assert(
      fc.property(fc.array(part, { minLength: 1 }), fc.array(fc.nat({ max: 3 })), (parts, sizes) => {
        // Texts are split into characters first, so that any piece can be alone.
        const atoms = parts.flatMap((each): JsonObject[] => ('text' in each ? Array.from(each.text).map((text) => ({ text, thought: each.thought })) : [JSON.parse(JSON.stringify(each)) as JsonObject]))
        const chunks: JsonObject[] = []
        for (let at = 0, turn = 0; at < atoms.length; turn += 1) {
          const size = 1 + (sizes[turn % Math.max(1, sizes.length)] ?? 0)
          chunks.push(chunk(atoms.slice(at, at + size)))
          at += size
        }
        const whole = geminiProvider.readAnswer(chunk(atoms, {}, 'STOP'))
        assert.deepEqual(collect(read(...chunks, chunk([], {}, 'STOP'))), { parts: whole.parts, finish: whole.finish })
      }),
    )
  })
})

function checkOrder(events: readonly AnswerEvent[]): void {
  const open = new Set<number>()
  let started = 0
  for (const [at, event] of events.entries()) {
    if (event.kind === 'start') assert.equal(at, 0)
    if (event.kind === 'part_start') {
      assert.equal(event.index, started)
      started += 1
      open.add(event.index)
    } else if (event.kind === 'part_end') assert.ok(open.delete(event.index))
    else if ('index' in event) assert.ok(open.has(event.index))
    if (event.kind === 'finish') assert.equal(open.size, 0)
    if (event.kind === 'error' || event.kind === 'end') assert.equal(at, events.length - 1)
  }
  assert.ok(events.filter((event) => event.kind === 'finish').length <= 1)
}

function collect(events: readonly AnswerEvent[]): { parts: AnswerPart[]; finish: string | undefined } {
  const parts: AnswerPart[] = []
  let finish: string | undefined
  for (const event of events) {
    if (event.kind === 'part_start') parts.push(event.part.kind === 'tool_call' ? { ...event.part, arguments: '' } : { kind: event.part.kind, text: '' })
    const part = parts.at(-1)
    if (event.kind === 'text' && part !== undefined && part.kind !== 'tool_call') parts[parts.length - 1] = { ...part, text: part.text + event.text }
    if (event.kind === 'signature' && part?.kind === 'tool_call') parts[parts.length - 1] = { ...part, signature: event.signature }
    if (event.kind === 'arguments' && part?.kind === 'tool_call') parts[parts.length - 1] = { ...part, arguments: part.arguments + event.json }
    if (event.kind === 'finish') finish = event.reason
  }
  return { parts, finish }
}
