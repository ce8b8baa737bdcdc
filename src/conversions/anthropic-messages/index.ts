// Anthropic's Messages API, as spoken by Anthropic, by Bedrock and Vertex AI for Claude (each in its own envelope), and by look-alikes.

import type { ProviderDialect } from '../dialect.ts'
import { AnthropicEventReader } from './event-reader.ts'
import { readAnswer } from './read-answer.ts'
import { readError } from './read-error.ts'
import { writeRequest } from './write-request.ts'

export const anthropicMessagesProvider: ProviderDialect = {
  writeRequest,
  readAnswer,
  createEventReader: () => new AnthropicEventReader(),
  readError,
  framing: 'sse',
}
