// Anthropic's token counting: free of charge, so it is not metered; its own rate limit at Anthropic is apart from that of messages.
// Source: docs.anthropic.com, "Token counting".

import { createAnthropicStreamReader } from './anthropic-stream.ts'
import type { Format } from './format.ts'
import { jsonRequestParser } from './json-request.ts'
import { readWithoutUsage } from './read-answer.ts'

export const anthropicCountTokens: Format = {
  name: 'anthropic-count-tokens',
  operation: 'count_tokens',
  paths: ['/v1/messages/count_tokens', '/anthropic/v1/messages/count_tokens'],
  canonicalPath: (path) => path.replace(/^\/anthropic(?=\/)/, ''),
  errorStyle: 'anthropic',
  metered: false,
  body: 'json',
  parseRequest: jsonRequestParser({ stream: undefined, hasUsageSwitch: false, maxOutputTokens: [], choices: [] }),
  readAnswer: readWithoutUsage,
  createStreamReader: createAnthropicStreamReader,
}
