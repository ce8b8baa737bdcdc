// A conversation that says nothing, for tests that say what they need.

import type { Conversation } from '../../src/conversions/conversation.ts'

export const emptyConversation: Conversation = {
  system: [],
  messages: [],
  tools: [],
  toolChoice: undefined,
  parallelToolCalls: undefined,
  output: undefined,
  maxOutputTokens: undefined,
  temperature: undefined,
  topP: undefined,
  topK: undefined,
  presencePenalty: undefined,
  frequencyPenalty: undefined,
  seed: undefined,
  stop: [],
  reasoning: undefined,
  user: undefined,
  metadata: undefined,
  stream: false,
  dropped: [],
}
