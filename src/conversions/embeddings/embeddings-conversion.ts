// OpenAI's /v1/embeddings joined with one provider's: what conversions/index.ts hands out for embeddings.

import { type Conversion, parseAnswer, parseJson, parseRequest } from '../conversion.ts'
import type { EmbeddingsDialect } from './embeddings-dialect.ts'

export function createEmbeddingsConversion(dialect: EmbeddingsDialect): Conversion {
  return {
    convertRequest: (body, target) => ({ ...dialect.writeRequest(parseRequest(body), target), stream: false }),
    convertAnswer(body, context) {
      const answer = parseAnswer(body)
      return {
        body: Buffer.from(JSON.stringify(dialect.readAnswer(answer, { clientModel: context.clientModel, encoding: context.embeddingsEncoding ?? 'float' }))),
        usage: dialect.readUsage(answer),
        responseModel: undefined,
        outputTokensEstimate: 0,
      }
    },
    convertStream: undefined,
    readError: (body, named) => dialect.readError(parseJson(body), named),
  }
}
