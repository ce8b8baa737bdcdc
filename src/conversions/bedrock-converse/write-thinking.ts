// How much a model shall think, which Converse has no word for: each family has its own.
// Sources: Bedrock user guide, "Extended thinking", "Adaptive thinking"; OpenAI models on Bedrock, `reasoning_effort`.

import type { Conversation, Effort, JsonObject, Message } from '../conversation.ts'
import { budgetOf, effortOf } from '../reasoning.ts'
import { firstAdaptive, firstAdaptiveOnly, firstThinking, type ModelTraits } from './model-traits.ts'

export interface WrittenThinking {
  /** For additionalModelRequestFields. */
  readonly fields: JsonObject
  readonly isThinking: boolean
}

const nothing: WrittenThinking = { fields: {}, isThinking: false }

export function writeThinking(conversation: Conversation, traits: ModelTraits, dropped: Set<string>): WrittenThinking {
  const { reasoning } = conversation
  if (reasoning === undefined) return nothing
  const effort = effortOf(reasoning)
  if (traits.vendor === 'openai' && effort !== undefined && effort !== 'none') {
    return { fields: { reasoning_effort: effort === 'minimal' ? 'low' : effort === 'low' || effort === 'medium' ? effort : 'high' }, isThinking: true }
  }
  if (traits.vendor !== 'anthropic' || traits.generation < firstThinking) {
    if (effort !== undefined && effort !== 'none') dropped.add('reasoning_effort')
    return nothing
  }
  return writeClaudeThinking(conversation, traits.generation, dropped)
}

function writeClaudeThinking(conversation: Conversation, generation: number, dropped: Set<string>): WrittenThinking {
  const { reasoning, toolChoice } = conversation
  const effort = effortOf(reasoning)
  if (effort === undefined) return nothing
  // Newer ones think unless they are told not to.
  const silent: WrittenThinking = { fields: generation >= firstAdaptive ? { thinking: { type: 'disabled' } } : {}, isThinking: false }
  if (effort === 'none') return silent
  const isForced = toolChoice?.kind === 'any' || toolChoice?.kind === 'tool'
  const isAdaptive = generation >= firstAdaptiveOnly || (generation >= firstAdaptive && reasoning?.budgetTokens === undefined)
  const budget = isAdaptive ? undefined : budgetOf(reasoning, conversation.maxOutputTokens)
  // What Claude refuses: to think before a call that it is made to do, and to go on thinking without its former thoughts.
  if (isForced || budget === 0 || (!isAdaptive && hasUnexplainedCall(conversation.messages))) {
    dropped.add('reasoning_effort')
    return silent
  }
  if (budget !== undefined) return { fields: { thinking: { type: 'enabled', budget_tokens: budget } }, isThinking: true }
  // From 4.7 on thoughts are hidden unless they are asked for.
  const display = reasoning?.visible === true && generation >= firstAdaptiveOnly ? { display: 'summarized' } : {}
  return { fields: { thinking: { type: 'adaptive', ...display }, output_config: { effort: claudeEffort(effort, generation) } }, isThinking: true }
}

function claudeEffort(effort: Exclude<Effort, 'none'>, generation: number): string {
  if (effort === 'minimal') return 'low'
  return effort === 'xhigh' && generation < firstAdaptiveOnly ? 'high' : effort
}

/** Whether Claude waits for results of calls whose thoughts the client did not keep: `Expected thinking …, but found tool_use`. */
function hasUnexplainedCall(messages: readonly Message[]): boolean {
  const last = messages.at(-1)
  if (last?.role !== 'user' || !last.parts.some((part) => part.kind === 'tool_result')) return false
  const calls = messages.findLast((message) => message.role === 'assistant')
  return !calls?.parts.some((part) => part.kind === 'reasoning' && (part.signature !== undefined || part.redacted !== undefined))
}
