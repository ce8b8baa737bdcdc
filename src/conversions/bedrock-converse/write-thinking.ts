// How much a model shall think, which Converse has no word for: each family has its own, and it goes beside the API.
// Sources: Bedrock user guide, "Extended thinking", "Adaptive thinking"; OpenAI models on Bedrock, `reasoning_effort`.

import { writeThinking as writeClaudeThinking } from '../anthropic-messages/write-thinking.ts'
import type { Conversation, JsonObject } from '../conversation.ts'
import { withoutUndefined } from '../json-value.ts'
import { effortOf } from '../reasoning.ts'
import type { ModelTraits } from './model-traits.ts'

export interface WrittenThinking {
  /** For additionalModelRequestFields. */
  readonly fields: JsonObject
  /** Claude thinks: no call can be demanded, nothing sampled otherwise. */
  readonly isThinking: boolean
  readonly maxTokens: number | undefined
}

export function writeThinking(conversation: Conversation, traits: ModelTraits, dropped: Set<string>): WrittenThinking {
  if (traits.claude !== undefined) {
    const { thinking, outputConfig, maxTokens, isThinking } = writeClaudeThinking(conversation, traits.claude, dropped)
    // Bedrock allows as many tokens as the model can give; a limit is needed where a budget must be below it.
    const isLimited = conversation.maxOutputTokens !== undefined || thinking?.['budget_tokens'] !== undefined
    return { fields: withoutUndefined({ thinking, output_config: outputConfig }), isThinking, maxTokens: isLimited ? maxTokens : undefined }
  }
  const silent = { fields: {}, isThinking: false, maxTokens: conversation.maxOutputTokens }
  const effort = effortOf(conversation.reasoning)
  if (effort === undefined || effort === 'none') return silent
  if (traits.vendor === 'openai') {
    const level = effort === 'minimal' ? 'low' : effort === 'xhigh' || effort === 'max' ? 'high' : effort
    return { ...silent, fields: { reasoning_effort: level } }
  }
  dropped.add('reasoning_effort')
  return silent
}
