// Embeddings of AI Studio: batchEmbedContents. Source: ai.google.dev/api/embeddings.

import { asList, asObject } from '../json-value.ts'
import { readError } from '../gemini/read-error.ts'
import type { EmbeddingsDialect } from './embeddings-dialect.ts'
import { inputUsage } from './input-usage.ts'
import { readEmbeddingsRequest } from './read-request.ts'
import { writeList } from './write-list.ts'

export const geminiEmbeddings: EmbeddingsDialect = {
  writeRequest(body, { upstreamModel }) {
    const { texts, dimensions, inputType, dropped } = readEmbeddingsRequest(body)
    // Each request of a batch repeats the model of the path.
    const model = upstreamModel.startsWith('models/') ? upstreamModel : `models/${upstreamModel}`
    const size = dimensions === undefined ? {} : { outputDimensionality: dimensions }
    return {
      body: { requests: texts.map((text) => ({ model, content: { parts: [{ text }] }, ...size })) },
      dropped: inputType === undefined ? dropped : [...dropped, 'input_type'],
    }
  },
  readAnswer(body, context) {
    const embeddings = asList(asObject(body)?.['embeddings'])
    return writeList(embeddings.map((embedding) => asObject(embedding)?.['values']), geminiEmbeddings.readUsage(body), context)
  },
  // Newer models tell it; gemini-embedding-001 does not.
  readUsage: (body) => inputUsage(asObject(asObject(body)?.['usageMetadata'])?.['promptTokenCount']),
  readError,
}
