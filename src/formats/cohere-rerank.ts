// Cohere's rerank, which vLLM and Jina offer under the same two paths. `/cohere` only tells it apart where one host serves several dialects.
// Source: docs.cohere.com, API reference, "Rerank".

import type { Format } from './format.ts'
import { jsonRequestParser } from './json-request.ts'
import { createOpenaiStreamReader } from './openai-stream.ts'
import { readRerankAnswer } from './read-answer.ts'

export const cohereRerank: Format = {
  name: 'cohere-rerank',
  operation: 'rerank',
  paths: ['/v1/rerank', '/v2/rerank', '/cohere/v2/rerank'],
  canonicalPath: (path) => path.replace(/^\/cohere(?=\/)/, ''),
  errorStyle: 'openai',
  metered: true,
  body: 'json',
  parseRequest: jsonRequestParser({ stream: undefined, hasUsageSwitch: false, maxOutputTokens: [], choices: [] }),
  readAnswer: readRerankAnswer,
  createStreamReader: createOpenaiStreamReader,
}
