// OpenAI's text completions, which vLLM and most servers of open models still offer.
// Source: platform.openai.com, API reference, "Completions": best_of answers are all generated and billed, n of them are returned.

import type { Format } from './format.ts'
import { jsonRequestParser } from './json-request.ts'
import { createOpenaiStreamReader } from './openai-stream.ts'
import { readOpenaiAnswer } from './read-answer.ts'

export const openaiCompletions: Format = {
  name: 'openai-completions',
  operation: 'text_completion',
  paths: ['/v1/completions'],
  canonicalPath: (path) => path,
  errorStyle: 'openai',
  metered: true,
  body: 'json',
  parseRequest: jsonRequestParser({ stream: 'stream', hasUsageSwitch: true, maxOutputTokens: ['max_tokens'], choices: ['n', 'best_of'] }),
  readAnswer: readOpenaiAnswer,
  createStreamReader: createOpenaiStreamReader,
}
