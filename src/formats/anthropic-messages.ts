// Anthropic's messages. Streams always tell their usage.
// Source: docs.anthropic.com, API reference, "Messages".

import { createAnthropicStreamReader } from './anthropic-stream.ts'
import type { Format } from './format.ts'
import { jsonRequestParser } from './json-request.ts'
import { readAnthropicAnswer } from './read-answer.ts'

export const anthropicMessages: Format = {
  name: 'anthropic-messages',
  operation: 'chat',
  paths: ['/v1/messages', '/anthropic/v1/messages'],
  canonicalPath: (path) => path.replace(/^\/anthropic(?=\/)/, ''),
  errorStyle: 'anthropic',
  metered: true,
  body: 'json',
  parseRequest: jsonRequestParser({ stream: 'stream', hasUsageSwitch: false, maxOutputTokens: ['max_tokens'], takesNoOutput: true, hasThinkingBudget: true, choices: [] }),
  readAnswer: readAnthropicAnswer,
  createStreamReader: createAnthropicStreamReader,
}
