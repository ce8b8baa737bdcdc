// OpenAI's embeddings: input tokens only, never a stream.
// Source: platform.openai.com, API reference, "Embeddings".

import type { Format } from './format.ts'
import { jsonRequestParser } from './json-request.ts'
import { createOpenaiStreamReader } from './openai-stream.ts'
import { readOpenaiAnswer } from './read-answer.ts'

export const openaiEmbeddings: Format = {
  name: 'openai-embeddings',
  operation: 'embeddings',
  paths: ['/v1/embeddings'],
  canonicalPath: (path) => path,
  errorStyle: 'openai',
  metered: true,
  body: 'json',
  parseRequest: jsonRequestParser({ stream: undefined, hasUsageSwitch: false, maxOutputTokens: [], choices: [] }),
  readAnswer: readOpenaiAnswer,
  createStreamReader: createOpenaiStreamReader,
}
