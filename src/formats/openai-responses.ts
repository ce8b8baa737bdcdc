// OpenAI's Responses API. The model may be missing (a stored prompt brings its own); then the caller of parseRequest decides it.
// Source: platform.openai.com, API reference, "Responses".

import type { Format } from './format.ts'
import { jsonRequestParser } from './json-request.ts'
import { readResponsesAnswer } from './read-answer.ts'
import { createResponsesStreamReader } from './responses-stream.ts'

/** "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16" */
const LEAST_OUTPUT_TOKENS = 16

const refusedWhenTrue = new Map([
  ['background', '"background": true is not supported: the answer is fetched later by another request, so nobody would see what it used. Leave it out.'],
])

export const openaiResponses: Format = {
  name: 'openai-responses',
  operation: 'responses',
  paths: ['/v1/responses'],
  canonicalPath: (path) => path,
  errorStyle: 'openai',
  metered: true,
  body: 'json',
  parseRequest: jsonRequestParser({
    stream: 'stream',
    hasUsageSwitch: false,
    maxOutputTokens: ['max_output_tokens'],
    leastOutputTokens: LEAST_OUTPUT_TOKENS,
    choices: [],
    refusedWhenTrue,
  }),
  readAnswer: readResponsesAnswer,
  createStreamReader: createResponsesStreamReader,
}
