// Anthropic's Messages API, as spoken by clients, by Anthropic, by Bedrock and Vertex AI for Claude (each in its own envelope), and by look-alikes.

import type { ClientDialect, ProviderDialect } from '../dialect.ts'
import { AnthropicEventReader } from './event-reader.ts'
import { AnthropicEventWriter } from './event-writer.ts'
import { readAnswer } from './read-answer.ts'
import { readError } from './read-error.ts'
import { readRequest } from './read-request.ts'
import { writeAnswer } from './write-answer.ts'
import { writeRequest } from './write-request.ts'

export { unsignedThoughts } from './unsigned-thoughts.ts'

export const anthropicMessagesClient: ClientDialect = {
  paramNames: new Map([
    ['parallel_tool_calls', 'tool_choice.disable_parallel_tool_use'],
    ['reasoning', 'messages.thinking'],
    ['reasoning_effort', 'thinking'],
    ['response_format', 'output_config.format'],
    ['stop', 'stop_sequences'],
    ['user', 'metadata.user_id'],
  ]),
  readRequest,
  writeAnswer,
  createEventWriter: (context) => new AnthropicEventWriter(context),
}

export const anthropicMessagesProvider: ProviderDialect = {
  writeRequest,
  readAnswer,
  createEventReader: () => new AnthropicEventReader(),
  readError,
  framing: 'sse',
}
