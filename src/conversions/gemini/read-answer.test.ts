import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { canonicalUsage } from '../../core/usage.ts'
import type { Answer } from '../answer.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { geminiProvider } from './index.ts'
import { readUsage } from './read-usage.ts'

function read(parts: readonly JsonValue[], finishReason: string | undefined = 'STOP', more: JsonObject = {}): Answer {
  const candidate = { content: { role: 'model', parts }, finishReason, index: 0 }
  return geminiProvider.readAnswer({ candidates: [candidate], responseId: 'r-1', modelVersion: 'gemini-2.5-flash', ...more })
}

describe('an answer of Gemini', () => {
  it('has its text in one piece, its id, model and usage', () => {
    const usageMetadata = { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 }
    assert.deepEqual(read([{ text: 'Hello ' }, { text: 'there' }, { text: '', thoughtSignature: 'c2ln' }], 'STOP', { usageMetadata }), {
      id: 'r-1',
      model: 'gemini-2.5-flash',
      parts: [{ kind: 'text', text: 'Hello there' }],
      finish: 'stop',
      stopSequence: undefined,
      usage: { inputTokens: 10, cachedInputTokens: undefined, outputTokens: 5, reasoningTokens: undefined, totalTokens: 15 },
    })
  })

  it('has thoughts apart from text, without a signature, which other providers could not tell from their own', () => {
    const { parts } = read([{ text: 'I ', thought: true }, { text: 'think', thought: true, thoughtSignature: 'c2ln' }, { text: 'So.' }])
    assert.deepEqual(parts, [{ kind: 'reasoning', text: 'I think' }, { kind: 'text', text: 'So.' }])
  })

  it('has calls with id, arguments and signature, and says that they are wanted', () => {
    const answer = read([
      { text: 'Let me see.' },
      { functionCall: { id: 'f1', name: 'weather', args: { city: 'Paris', days: [1, 2] } }, thoughtSignature: 'c2ln' },
      { functionCall: { name: 'time' } },
    ])
    assert.equal(answer.finish, 'tool_calls')
    assert.deepEqual(answer.parts.slice(1), [
      { kind: 'tool_call', id: 'f1', name: 'weather', arguments: '{"city":"Paris","days":[1,2]}', signature: 'c2ln' },
      { kind: 'tool_call', id: 'gemini_call_r-1_1', name: 'time', arguments: '{}' },
    ])
  })

  it('makes up ids that are the same again, and others for other calls, also without an id of its own', () => {
    const idOf = (args: JsonObject): unknown => Reflect.get(Object(read([{ functionCall: { name: 'weather', args } }], 'STOP', { responseId: '' }).parts[0]), 'id')
    assert.equal(idOf({ city: 'Paris' }), idOf({ city: 'Paris' }))
    assert.notEqual(idOf({ city: 'Paris' }), idOf({ city: 'Rome' }))
    assert.match(String(idOf({})), /^[a-zA-Z0-9_-]+$/)
  })

  it('has structured output as its text, once, where it came as a call of our tool', () => {
    const answer = (a: number): JsonObject => ({ functionCall: { name: 'tollgate_structured_answer', args: { a } } })
    assert.deepEqual([read([answer(1), answer(2)]).parts, read([answer(1)]).finish], [[{ kind: 'text', text: '{"a":1}' }], 'stop'])
    assert.equal(read([answer(1), { functionCall: { name: 'time' } }]).finish, 'tool_calls')
  })

  it('says why it ended', () => {
    const ends: Record<string, string> = {
      STOP: 'stop',
      MAX_TOKENS: 'length',
      CONTINUATION: 'length',
      SAFETY: 'content_filter',
      RECITATION: 'content_filter',
      LANGUAGE: 'content_filter',
      BLOCKLIST: 'content_filter',
      PROHIBITED_CONTENT: 'content_filter',
      SPII: 'content_filter',
      MODEL_ARMOR: 'content_filter',
      IMAGE_SAFETY: 'content_filter',
      IMAGE_PROHIBITED_CONTENT: 'content_filter',
      IMAGE_RECITATION: 'content_filter',
      OTHER: 'stop',
      MALFORMED_FUNCTION_CALL: 'stop',
      constructor: 'stop',
    }
    assert.deepEqual(Object.fromEntries(Object.keys(ends).map((reason) => [reason, read([{ text: 'x' }], reason).finish])), ends)
    assert.equal(read([], 'OTHER').finish, 'content_filter')
    assert.equal(read([{ functionCall: { name: 'f' } }], 'MAX_TOKENS').finish, 'length')
  })

  it('is an error when the model failed and said nothing else', () => {
    for (const reason of ['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS', 'MISSING_THOUGHT_SIGNATURE', 'MALFORMED_RESPONSE']) {
      assert.throws(() => read([], reason), { code: 'provider_error', message: new RegExp(reason) })
    }
    const candidates = [{ finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: 'Malformed function call: print(' }]
    assert.throws(() => geminiProvider.readAnswer({ candidates }), { message: /print\(/ })
  })

  it('is empty and filtered when the prompt was blocked', () => {
    const answer = geminiProvider.readAnswer({ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: { promptTokenCount: 4, totalTokenCount: 4 } })
    assert.deepEqual([answer.parts, answer.finish, answer.usage?.inputTokens, answer.usage?.outputTokens], [[], 'content_filter', 4, 0])
  })

  it('says where something had no place, and leaves out what Google ran by itself', () => {
    const { parts } = read([{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }, { fileData: { fileUri: 'gs://x' } }, { executableCode: { language: 'PYTHON', code: '1' } }, { somethingNew: {} }])
    assert.deepEqual(parts, [{ kind: 'text', text: '[image/png left out: this API has no place for it][a file left out: this API has no place for it]' }])
  })

  it('is refused when it is none', () => {
    for (const body of [null, 'text', [], [{ candidates: [] }], {}, { candidates: [] }, { candidates: {} }, { promptFeedback: {} }] as JsonValue[]) {
      assert.throws(() => geminiProvider.readAnswer(body), { code: 'provider_error' })
    }
    assert.deepEqual(geminiProvider.readAnswer({ candidates: [{ content: { parts: [null, 1, 'x', { text: 3 }, { functionCall: [] }, { functionCall: { name: 1 } }] } }] }).parts, [])
  })
})

describe("Gemini's usage", () => {
  it('has the thoughts in the output and the tool results in the input', () => {
    const usage = readUsage({ promptTokenCount: 100, cachedContentTokenCount: 60, toolUsePromptTokenCount: 7, candidatesTokenCount: 20, thoughtsTokenCount: 30, totalTokenCount: 157 })
    assert.deepEqual(canonicalUsage(usage), {
      inputTokens: 107,
      cachedInputTokens: 60,
      cacheCreationInputTokens: undefined,
      outputTokens: 50,
      reasoningTokens: 30,
      totalTokens: 157,
      flags: [],
    })
  })

  it('has audio and pictures of both sides, and what of them was cached', () => {
    const usage = readUsage({
      promptTokenCount: 100,
      candidatesTokenCount: 1290,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: 20 }, { modality: 'AUDIO', tokenCount: 50 }, { modality: 'IMAGE', tokenCount: 30 }],
      cacheTokensDetails: [{ modality: 'AUDIO', tokenCount: 10 }],
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
    })
    assert.deepEqual(canonicalUsage(usage).details, { inputAudioTokens: 50, inputImageTokens: 30, cachedInputAudioTokens: 10, outputImageTokens: 1290 })
  })

  it('counts thoughts once where the candidates include them', () => {
    assert.equal(readUsage({ promptTokenCount: 10, candidatesTokenCount: 50, thoughtsTokenCount: 30, totalTokenCount: 60 }).outputTokens, 50)
  })

  it('knows that a count which is left out is nothing only when the total says so', () => {
    assert.equal(readUsage({ promptTokenCount: 10, thoughtsTokenCount: 30, totalTokenCount: 40 }).outputTokens, 30)
    assert.equal(readUsage({ promptTokenCount: 10, totalTokenCount: 10 }).outputTokens, 0)
    assert.equal(readUsage({ promptTokenCount: 10 }).outputTokens, undefined)
    assert.equal(readUsage({}).inputTokens, undefined)
  })

  it('hands on counts that are no numbers, to be flagged', () => {
    assert.deepEqual(canonicalUsage(readUsage({ promptTokenCount: 'many', candidatesTokenCount: 5, thoughtsTokenCount: '7' })).flags, ['not_a_number'])
  })
})

describe("Gemini's errors", () => {
  it('have their message and status, alone or in a list', () => {
    const error = { error: { code: 429, message: 'Quota exceeded', status: 'RESOURCE_EXHAUSTED', details: [] } }
    for (const body of [error, [error]]) assert.deepEqual(geminiProvider.readError(body), { message: 'Quota exceeded', type: 'RESOURCE_EXHAUSTED' })
    assert.deepEqual(geminiProvider.readError({ error: 'invalid_grant' }), { message: 'invalid_grant', type: undefined })
  })

  it('have some message at least', () => {
    for (const body of [undefined, null, 'x', [], {}, { error: {} }, { error: { message: '' } }] as (JsonValue | undefined)[]) assert.match(geminiProvider.readError(body).message, /did not explain/)
  })
})
