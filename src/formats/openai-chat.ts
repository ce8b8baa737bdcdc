// OpenAI's chat completions, and everybody's who copied them.
// Source: platform.openai.com, API reference, "Chat": max_completion_tokens replaces max_tokens, which older servers still read.

import type { Format } from './format.ts'
import { jsonRequestParser } from './json-request.ts'
import { createOpenaiStreamReader } from './openai-stream.ts'
import { readOpenaiAnswer } from './read-answer.ts'

export const openaiChat: Format = {
  name: 'openai-chat',
  operation: 'chat',
  paths: ['/v1/chat/completions'],
  canonicalPath: (path) => path,
  errorStyle: 'openai',
  metered: true,
  body: 'json',
  parseRequest: jsonRequestParser({ stream: 'stream', hasUsageSwitch: true, maxOutputTokens: ['max_completion_tokens', 'max_tokens'], choices: ['n'] }),
  readAnswer: readOpenaiAnswer,
  createStreamReader: createOpenaiStreamReader,
}
