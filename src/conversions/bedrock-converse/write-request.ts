// A conversation as the body of Converse and ConverseStream; both take the same.

import { openingText } from '../anthropic-messages/write-messages.ts'
import type { Conversation, JsonObject, TextPart } from '../conversation.ts'
import type { Target, WrittenRequest } from '../dialect.ts'
import { withoutUndefined } from '../json-value.ts'
import { limitCachePoints, pushCachePoint } from './cache-point.ts'
import { type ModelTraits, traitsOf } from './model-traits.ts'
import { offerTools } from './offer-tools.ts'
import { writeInference } from './write-inference.ts'
import { writeMessages, type WrittenMessage } from './write-messages.ts'
import { writeRequestMetadata } from './write-request-metadata.ts'
import { writeThinking } from './write-thinking.ts'
import { writeTools } from './write-tools.ts'

export function writeRequest(conversation: Conversation, target: Target): WrittenRequest {
  const dropped = new Set<string>()
  const traits = traitsOf(target.upstreamModel)
  const thinking = writeThinking(conversation, traits, dropped)
  const offered = offerTools(conversation, { traits, isThinking: thinking.isThinking }, dropped)
  const instruction: readonly TextPart[] = offered.instruction === undefined ? [] : [{ kind: 'text', text: offered.instruction }]
  const system = writeSystem([...conversation.system, ...instruction], traits, dropped)
  // Models but Claude say themselves whether they go on with what they are given.
  const continuesAnswers = traits.claude?.continuesAnswers !== false && !thinking.isThinking && conversation.output === undefined
  // Other vendors' models refuse thoughts in the history.
  const keepsThoughts = thinking.isThinking || traits.vendor === 'unknown'
  const messages = writeMessages(conversation.messages, { traits, keepsThoughts, continuesAnswers }, dropped)
  const { tools, choice, claudeChoice } = writeTools(conversation, offered, traits, dropped)
  const body = withoutUndefined({
    ...writeContent({ tools, choice, system, messages }, dropped),
    ...writeInference({ conversation, traits, thinking, claudeChoice }, dropped),
    requestMetadata: writeRequestMetadata(conversation.metadata, dropped),
  })
  if (conversation.user !== undefined) dropped.add('user')
  return { body, dropped: [...dropped] }
}

function writeSystem(parts: readonly TextPart[], traits: ModelTraits, dropped: Set<string>): readonly JsonObject[] {
  const blocks: JsonObject[] = []
  for (const { text, cache } of parts) {
    // "The text field in the ContentBlock object … is blank" is what Bedrock answers to white space alone.
    if (text.trim() !== '') blocks.push({ text })
    pushCachePoint(blocks, cache, traits, dropped)
  }
  return blocks
}

interface Content {
  readonly tools: readonly JsonObject[]
  readonly choice: JsonObject | undefined
  readonly system: readonly JsonObject[]
  readonly messages: readonly WrittenMessage[]
}

function writeContent({ choice, ...content }: Content, dropped: Set<string>): JsonObject {
  const [tools = [], system = [], ...contents] = limitCachePoints([content.tools, content.system, ...content.messages.map((message) => message.content)], dropped)
  const messages = content.messages.map(({ role }, index) => ({ role, content: contents[index] ?? [] }))
  const isSilent = messages.length === 0
  // Converse takes no request without messages: instructions alone become what the user says.
  const first = { role: 'user', content: system.length > 0 ? system : [{ text: openingText }] }
  return withoutUndefined({
    messages: isSilent ? [first] : messages,
    system: isSilent || system.length === 0 ? undefined : system,
    toolConfig: tools.length === 0 ? undefined : withoutUndefined({ tools, toolChoice: choice }),
  })
}
