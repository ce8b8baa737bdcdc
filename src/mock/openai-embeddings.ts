// POST /v1/embeddings. Source: platform.openai.com, API reference, "Embeddings"; its SDK asks for base64 and decodes it.

import { countOf } from './json-object.ts'
import { jsonAnswer } from './mock-answer.ts'
import type { AnswerContext, MockAnswer } from './mock-answer.ts'
import { inputUsage, usageField } from './openai-usage.ts'
import { estimateTokens, tokenCounts } from './reply.ts'

const defaultDimensions = 1536
const maxDimensions = 3072

export function answerEmbeddings(context: AnswerContext): MockAnswer {
  const { body, instructions } = context
  const inputs = inputTexts(body['input'])
  const dimensions = Math.min(countOf(body['dimensions']) ?? defaultDimensions, maxDimensions)
  const isBase64 = body['encoding_format'] === 'base64'
  const characters = inputs.reduce((sum, input) => sum + input.length, 0)
  const tokens = { ...tokenCounts(instructions, estimateTokens(characters), 0), outputTokens: 0 }
  const data = inputs.map((input, index) => {
    const vector = embed(input, dimensions)
    return { object: 'embedding', index, embedding: isBase64 ? Buffer.from(vector.buffer).toString('base64') : [...vector] }
  })
  const answer = { object: 'list', data, model: context.responseModel, ...usageField(instructions, () => inputUsage(tokens, instructions)) }
  return jsonAnswer(context, answer, tokens, !instructions.noUsage)
}

// A text, a list of texts, tokens or lists of tokens.
function inputTexts(input: unknown): readonly string[] {
  if (typeof input === 'string') return [input]
  if (!Array.isArray(input)) return []
  if (input.every((item) => typeof item === 'number')) return ['    '.repeat(input.length)]
  return input.map((item: unknown) => (typeof item === 'string' ? item : Array.isArray(item) ? '    '.repeat(item.length) : ''))
}

// A unit vector that depends on the text only: equal texts are equal, others are not.
function embed(text: string, dimensions: number): Float32Array {
  let state = 2_166_136_261
  for (let index = 0; index < text.length; index += 1) state = Math.imul(state ^ text.charCodeAt(index), 16_777_619)
  const vector = new Float32Array(dimensions)
  let squares = 0
  for (let index = 0; index < dimensions; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    const value = state / 2_147_483_648
    vector[index] = value
    squares += value * value
  }
  const length = Math.sqrt(squares) || 1
  for (let index = 0; index < dimensions; index += 1) vector[index] = (vector[index] ?? 0) / length
  return vector
}
