// OpenAI's list of embeddings. Source: platform.openai.com, API reference, "Embeddings".

import { TollgateError } from '../../core/errors.ts'
import type { RawUsage } from '../../core/usage.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { isList } from '../json-value.ts'
import type { EmbeddingsContext } from './embeddings-dialect.ts'

const floatBytes = 4

/** `vectors`: as the provider wrote them. Throws TollgateError `provider_error` when one is no list of numbers. Without usage there is no `usage`: a zero would be a lie. */
export function writeList(vectors: readonly (JsonValue | undefined)[], usage: RawUsage | undefined, context: EmbeddingsContext): JsonObject {
  if (vectors.length === 0) throw notEmbeddings()
  const data = vectors.map((vector, index) => {
    const numbers = asNumbers(vector)
    return { object: 'embedding', index, embedding: context.encoding === 'base64' ? encodeFloats(numbers) : numbers }
  })
  const tokens = usage?.inputTokens
  const told = typeof tokens === 'number' ? { usage: { prompt_tokens: tokens, total_tokens: tokens } } : {}
  return { object: 'list', data, model: context.clientModel, ...told }
}

function asNumbers(vector: JsonValue | undefined): readonly number[] {
  if (vector === undefined || !isList(vector) || vector.length === 0 || !vector.every((value) => typeof value === 'number')) throw notEmbeddings()
  return vector
}

function encodeFloats(numbers: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(numbers.length * floatBytes)
  for (const [index, number] of numbers.entries()) bytes.writeFloatLE(number, index * floatBytes)
  return bytes.toString('base64')
}

export function notEmbeddings(): TollgateError {
  return new TollgateError('provider_error', 'The provider answered with something that is not a list of embeddings.')
}
