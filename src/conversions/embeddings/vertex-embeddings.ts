// Text embeddings of Vertex AI: predict. Source: cloud.google.com, "Text embeddings API".

import type { JsonObject, JsonValue } from '../conversation.ts'
import { readError } from '../gemini/read-error.ts'
import { asList, asObject } from '../json-value.ts'
import type { EmbeddingsDialect } from './embeddings-dialect.ts'
import { inputUsage } from './input-usage.ts'
import { readEmbeddingsRequest } from './read-request.ts'
import { writeList } from './write-list.ts'

export const vertexEmbeddings: EmbeddingsDialect = {
  writeRequest(body) {
    const { texts, dimensions, inputType, dropped } = readEmbeddingsRequest(body)
    // OpenAI refuses a text that is too long; Vertex would cut it silently.
    const parameters = { autoTruncate: false, ...(dimensions === undefined ? {} : { outputDimensionality: dimensions }) }
    return { body: { instances: texts.map((content) => ({ content })), parameters }, dropped: inputType === undefined ? dropped : [...dropped, 'input_type'] }
  },
  readAnswer: (body, context) => writeList(embeddingsOf(body).map((embeddings) => embeddings?.['values']), vertexEmbeddings.readUsage(body), context),
  readUsage(body) {
    let tokens = 0
    for (const embeddings of embeddingsOf(body)) {
      const count = asObject(embeddings?.['statistics'])?.['token_count']
      if (typeof count !== 'number') return undefined
      tokens += count
    }
    return tokens === 0 ? undefined : inputUsage(tokens)
  },
  readError,
}

function embeddingsOf(body: JsonValue): readonly (JsonObject | undefined)[] {
  return asList(asObject(body)?.['predictions']).map((prediction) => asObject(asObject(prediction)?.['embeddings']))
}
