import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerFixture } from '../../test/support/answer-fixture.ts'
import { canonicalUsage } from '../core/usage.ts'
import type { AnswerFacts } from './format.ts'
import { readAnthropicAnswer, readOpenaiAnswer, readRerankAnswer, readResponsesAnswer, readWithoutUsage } from './read-answer.ts'

type Read = (body: Buffer) => AnswerFacts
type Counts = [input: number | undefined, cached: number | undefined, output: number | undefined, reasoning: number | undefined, total: number | undefined]

function counts(facts: AnswerFacts): Counts | undefined {
  if (facts.usage === undefined) return undefined
  const usage = canonicalUsage(facts.usage)
  return [usage.inputTokens, usage.cachedInputTokens, usage.outputTokens, usage.reasoningTokens, usage.totalTokens]
}

const unknown = undefined
const expectations: [fixture: string, read: Read, counts: Counts | undefined, model: string | undefined][] = [
  ['openai-chat.json', readOpenaiAnswer, [1117, 1024, 46, 32, 1163], 'gpt-4o-2024-08-06'],
  ['openai-completions.json', readOpenaiAnswer, [5, unknown, 7, unknown, 12], 'gpt-3.5-turbo-instruct'],
  ['openai-embeddings.json', readOpenaiAnswer, [8, unknown, 0, unknown, 8], 'text-embedding-3-small'],
  ['openai-images.json', readOpenaiAnswer, [50, unknown, 1056, unknown, 1106], undefined],
  ['openai-transcription-tokens.json', readOpenaiAnswer, [14, unknown, 45, unknown, 59], undefined],
  ['openai-transcription-duration.json', readOpenaiAnswer, undefined, undefined],
  ['vllm-chat.json', readOpenaiAnswer, [30, unknown, 4, unknown, 34], 'Qwen/Qwen2.5-7B-Instruct'],
  ['groq-chat.json', readOpenaiAnswer, [18, unknown, 556, unknown, 574], 'llama-3.3-70b-versatile'],
  ['gemini-openai-chat.json', readOpenaiAnswer, [7, unknown, 9, unknown, 240], 'gemini-2.5-flash'],
  ['openai-responses.json', readResponsesAnswer, [36, 12, 87, 5, 123], 'gpt-4.1-2025-04-14'],
  ['anthropic-messages.json', readAnthropicAnswer, [4305, 4096, 393, unknown, 4698], 'claude-sonnet-4-5-20250929'],
  ['cohere-rerank.json', readRerankAnswer, [112, unknown, 0, unknown, 112], undefined],
  ['cohere-rerank-search-units.json', readRerankAnswer, undefined, undefined],
  ['jina-rerank.json', readRerankAnswer, [815, unknown, 0, unknown, 815], 'jina-reranker-v2-base-multilingual'],
  ['hostile-usage-first-text-quotes-usage.json', readOpenaiAnswer, [70, unknown, 30, unknown, 100], 'm'],
  ['hostile-nested-usage-objects-follow.json', readOpenaiAnswer, [70, unknown, 30, unknown, 100], 'm'],
  ['hostile-only-nested-usage.json', readOpenaiAnswer, undefined, 'm'],
  ['hostile-unicode-escaped-quotes.json', readOpenaiAnswer, [70, unknown, 30, unknown, 100], 'm'],
  ['hostile-member-name-ends-in-usage.json', readOpenaiAnswer, [70, unknown, 30, unknown, 100], 'm'],
  ['hostile-text-is-usage.json', readOpenaiAnswer, [70, unknown, 30, unknown, 100], 'm'],
  ['hostile-duplicate-usage.json', readOpenaiAnswer, [70, unknown, 30, unknown, 100], 'm'],
  ['hostile-python-nan.json', readOpenaiAnswer, [70, unknown, 30, unknown, 100], 'm'],
  ['hostile-truncated.json', readOpenaiAnswer, undefined, 'm'],
  ['hostile-counts-that-lie.json', readOpenaiAnswer, [0, 0, 2_147_483_647, unknown, 2_147_483_647], 'm'],
]

for (const [fixture, read, expected, model] of expectations) {
  test(`${read.name} reads ${fixture}`, () => {
    const facts = read(answerFixture(fixture))
    assert.deepEqual([counts(facts), facts.responseModel], [expected, model])
  })
}

test('guesses the output from the text alone', () => {
  const guesses = ['openai-chat.json', 'openai-completions.json', 'openai-transcription-tokens.json', 'openai-embeddings.json', 'openai-images.json']
  // 34, 26 (line feeds as escapes) and 46 bytes of text; vectors and pictures are none.
  assert.deepEqual(guesses.map((name) => readOpenaiAnswer(answerFixture(name)).outputTokensEstimate), [9, 7, 12, 0, 0])
  assert.deepEqual(readResponsesAnswer(answerFixture('openai-responses.json')).outputTokensEstimate, Math.ceil(91 / 4))
  assert.deepEqual(readAnthropicAnswer(answerFixture('anthropic-messages.json')).outputTokensEstimate, Math.ceil(22 / 4))
})

test('never throws, whatever the body is', () => {
  const deep = `${'['.repeat(100_000)}"usage":{}`
  const cut = ['', ' ', '{', '"usage"', '"usage":{', '{"usage"', '{"usage":', '{"usage":{']
  const bodies = [...cut, '[]', 'null', '{"usage":{}}', '{"usage":[]}', '{"usage":null}', 'text of a subtitle', deep]
  for (const read of [readOpenaiAnswer, readResponsesAnswer, readAnthropicAnswer, readRerankAnswer, readWithoutUsage]) {
    for (const body of [...bodies.map((text) => Buffer.from(text)), Buffer.from([0xff, 0xfe, 0x22, 0x5c])]) {
      const { usage, responseModel, outputTokensEstimate } = read(body)
      assert.deepEqual([usage, responseModel, outputTokensEstimate], [undefined, undefined, 0])
    }
  }
})

test('a model name of unreasonable length is not believed', () => {
  const bodies = ['m'.repeat(510), 'm'.repeat(511), ''].map((model) => Buffer.from(JSON.stringify({ model })))
  assert.deepEqual(bodies.map((body) => readOpenaiAnswer(body).responseModel?.length), [510, undefined, undefined])
})

test('a model name is unescaped', () => {
  assert.equal(readOpenaiAnswer(Buffer.from(String.raw`{"model":"ä\u00e4\"\/"}`)).responseModel, 'ää"/')
})

test('reads the end of a large answer without parsing it', (context) => {
  const parse = context.mock.method(JSON, 'parse')
  const content = 'He said: "usage" is \\ {fine}. '.repeat(10_000)
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
  const facts = readOpenaiAnswer(Buffer.from(JSON.stringify({ model: 'm', choices: [{ message: { content } }], usage })))
  assert.deepEqual(counts(facts), [1, unknown, 2, unknown, 3])
  const parsed = parse.mock.calls.map((call) => String(call.arguments[0]))
  assert.deepEqual(parsed, ['{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}'])
})
