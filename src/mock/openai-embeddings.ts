// POST /v1/embeddings. Source: platform.openai.com, API reference, "Embeddings"; its SDK asks for base64 and decodes it.

import { embedText } from './embed-text.ts'
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
    const vector = embedText(input, dimensions)
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
