// Embeddings of providers that have an API of their own for them.

export { cohereEmbeddings } from './cohere-embeddings.ts'
export { createEmbeddingsConversion } from './embeddings-conversion.ts'
export type { EmbeddingsContext, EmbeddingsDialect, EmbeddingsEncoding } from './embeddings-dialect.ts'
export { geminiEmbeddings } from './gemini-embeddings.ts'
export { encodingOf } from './read-request.ts'
export { titanEmbeddings } from './titan-embeddings.ts'
export { vertexEmbeddings } from './vertex-embeddings.ts'
