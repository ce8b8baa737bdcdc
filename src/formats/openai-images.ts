// OpenAI's image generation. Only the gpt-image models say what they used.
// Source: platform.openai.com, API reference, "Images".

import type { Format } from './format.ts'
import { jsonRequestParser } from './json-request.ts'
import { createOpenaiStreamReader } from './openai-stream.ts'
import { readOpenaiAnswer } from './read-answer.ts'

export const openaiImages: Format = {
  name: 'openai-images',
  operation: 'image_generation',
  paths: ['/v1/images/generations'],
  canonicalPath: (path) => path,
  errorStyle: 'openai',
  metered: true,
  body: 'json',
  parseRequest: jsonRequestParser({ stream: 'stream', hasUsageSwitch: false, maxOutputTokens: [], choices: ['n'] }),
  readAnswer: readOpenaiAnswer,
  createStreamReader: createOpenaiStreamReader,
}
