// Whether the model thinks, how much, and how long the answer may get: three parameters that depend on each other, and on the model.
// Source: docs.anthropic.com, "Thinking", "Extended thinking", "Effort".

import type { Conversation, Effort, JsonObject } from '../conversation.ts'
import { budgetOf, effortOf } from '../reasoning.ts'
import type { ClaudeModel } from './claude-model.ts'
import { hasUnexplainedCalls } from './write-messages.ts'

export interface WrittenThinking {
  readonly thinking: JsonObject | undefined
  readonly outputConfig: JsonObject | undefined
  readonly maxTokens: number
  /** The model thinks, asked or unasked: no call can be demanded, nothing sampled otherwise, former thoughts are wanted. */
  readonly isThinking: boolean
}

/** What an answer keeps of `max_tokens` when thoughts would take all of it and the client named no limit. */
const answerTokens = 8_192

/** `dropped` gets `reasoning_effort` when the model thinks otherwise than it was asked to. */
export function writeThinking(conversation: Conversation, model: ClaudeModel, dropped: Set<string>): WrittenThinking {
  const effort = effortOf(conversation.reasoning)
  const maxTokens = writeMaxTokens(conversation, model)
  const isAsked = effort !== undefined && effort !== 'none'
  if (model.thinking === 'none') {
    if (isAsked) dropped.add('reasoning_effort')
    return { thinking: undefined, outputConfig: undefined, maxTokens, isThinking: false }
  }
  const isDemanded = isForced(conversation, model)
  if (!isAsked || isDemanded) {
    if (isAsked) dropped.add('reasoning_effort')
    const mustStop = effort !== undefined || isDemanded || hasForcedAnswer(conversation, model)
    return withoutThinking({ conversation, model, maxTokens, mustStop }, dropped)
  }
  return model.thinking === 'budget' ? withBudget({ conversation, model, maxTokens }, dropped) : withEffort({ conversation, model, maxTokens }, effort)
}

// A demanded call is worth more than thoughts: it is either made or not.
function isForced({ toolChoice }: Conversation, { canBeForced }: ClaudeModel): boolean {
  return canBeForced && (toolChoice?.kind === 'any' || toolChoice?.kind === 'tool')
}

// Structured output is a demanded call as well, where nobody asked for thoughts.
function hasForcedAnswer({ output }: Conversation, { canBeForced }: ClaudeModel): boolean {
  return canBeForced && output !== undefined
}

function writeMaxTokens({ maxOutputTokens }: Conversation, model: ClaudeModel): number {
  // More than a model can give is refused by the API; other providers cut it in silence.
  return Math.min(maxOutputTokens ?? model.defaultMaxTokens, model.maxOutputTokens ?? Infinity)
}

interface Asked {
  readonly conversation: Conversation
  readonly model: ClaudeModel
  readonly maxTokens: number
}

function withoutThinking({ conversation, model, maxTokens, mustStop }: Asked & { readonly mustStop: boolean }, dropped: Set<string>): WrittenThinking {
  const silent = { outputConfig: undefined, maxTokens }
  if (!model.thinksUnasked) return { ...silent, thinking: undefined, isThinking: false }
  if (!mustStop) {
    const display = displayOf(conversation, model)
    return { ...silent, thinking: display === undefined ? undefined : { type: 'adaptive', display }, isThinking: true }
  }
  switch (model.thinkingOff) {
    case 'omitted':
      return { ...silent, thinking: undefined, isThinking: false }
    case 'disabled':
      return { ...silent, thinking: { type: 'disabled' }, isThinking: false }
    case 'between_tools':
      return { ...silent, thinking: { type: 'between_tools' }, isThinking: true }
    case 'impossible':
      // It thinks as little as it can.
      dropped.add('reasoning_effort')
      return { ...silent, thinking: undefined, outputConfig: { effort: 'low' }, isThinking: true }
  }
}

function withBudget({ conversation, model, maxTokens }: Asked, dropped: Set<string>): WrittenThinking {
  const hasLimit = conversation.maxOutputTokens !== undefined
  const most = hasLimit ? Infinity : (model.maxOutputTokens ?? Infinity) - answerTokens
  const budget = Math.min(budgetOf(conversation.reasoning, hasLimit ? maxTokens : undefined) ?? 0, most)
  if (budget === 0 || hasUnexplainedCalls(conversation.messages)) {
    dropped.add('reasoning_effort')
    return { thinking: undefined, outputConfig: undefined, maxTokens, isThinking: false }
  }
  return {
    thinking: { type: 'enabled', budget_tokens: budget },
    outputConfig: undefined,
    maxTokens: hasLimit ? maxTokens : Math.max(maxTokens, budget + answerTokens),
    isThinking: true,
  }
}

function withEffort({ conversation, model, maxTokens }: Asked, effort: Exclude<Effort, 'none'>): WrittenThinking {
  const display = displayOf(conversation, model)
  const thinking = display === undefined ? { type: 'adaptive' } : { type: 'adaptive', display }
  return { thinking, outputConfig: { effort: claudeEffort(effort, model) }, maxTokens, isThinking: true }
}

// From 4.7 on thoughts come without their text unless it is asked for.
function displayOf({ reasoning }: Conversation, model: ClaudeModel): string | undefined {
  return reasoning?.visible === true && model.hasExtraHighEffort ? 'summarized' : undefined
}

function claudeEffort(effort: Exclude<Effort, 'none'>, model: ClaudeModel): string {
  if (effort === 'minimal') return 'low'
  return effort === 'xhigh' && !model.hasExtraHighEffort ? 'high' : effort
}
