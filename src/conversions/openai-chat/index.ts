// OpenAI's chat completions, as spoken by clients and by providers.

import type { ClientDialect, ProviderDialect } from '../dialect.ts'
import { ChatEventReader } from './event-reader.ts'
import { ChatEventWriter } from './event-writer.ts'
import { readAnswer } from './read-answer.ts'
import { readError } from './read-error.ts'
import { readRequest } from './read-request.ts'
import { writeAnswer } from './write-answer.ts'
import { writeRequest } from './write-request.ts'

export { chatSignatures, chatThoughts } from './foreign-members.ts'

export const openAiChatClient: ClientDialect = {
  paramNames: new Map(),
  readRequest,
  writeAnswer,
  createEventWriter: (context) => new ChatEventWriter(context),
}

const answers = {
  readAnswer,
  createEventReader: () => new ChatEventReader(),
  readError,
  framing: 'sse',
} as const

/** OpenAI and everybody who copied it. */
export const openAiChatProvider: ProviderDialect = { ...answers, writeRequest: (conversation, target) => writeRequest(conversation, target) }

/** Azure's deployments have any name; its API takes max_completion_tokens for all of them (learn.microsoft.com, "Chat completions"). */
export const azureOpenAiChatProvider: ProviderDialect = { ...answers, writeRequest: (conversation, target) => writeRequest(conversation, target, 'max_completion_tokens') }
