// How much a Gemini model shall think: a level from generation 3 on, a budget of tokens for 2.5, nothing before.
// Source: ai.google.dev, "Gemini thinking" (levels and budgets by model); asking for both at once is an error there.

import type { Conversation, Effort, JsonObject, Reasoning } from '../conversation.ts'
import { withoutUndefined } from '../json-value.ts'
import { budgetOf, effortOf } from '../reasoning.ts'
import { generationOf, signedGeneration } from './model-generation.ts'

const firstThinkingGeneration = 2.5
const mostProBudget = 32_768
const mostFlashBudget = 24_576
/** 2.5 Pro thinks at least this much. */
const leastProBudget = 128

/** `thinkingConfig`, or undefined when the model shall do as it likes. Adds to `dropped` what it cannot be told. */
export function writeThinking(conversation: Conversation, model: string, dropped: Set<string>): JsonObject | undefined {
  const { reasoning, maxOutputTokens } = conversation
  if (reasoning === undefined) return undefined
  const generation = generationOf(model)
  if (generation !== undefined && generation < firstThinkingGeneration) {
    if (effortOf(reasoning) !== 'none') dropped.add('reasoning_effort')
    return undefined
  }
  const includeThoughts = reasoning.visible ? true : undefined
  const config =
    generation !== undefined && generation >= signedGeneration
      ? withoutUndefined({ includeThoughts, thinkingLevel: levelOf(effortOf(reasoning), model, dropped) })
      : withoutUndefined({ includeThoughts, thinkingBudget: writeBudget(reasoning, { maxOutputTokens, model }, dropped) })
  return Object.keys(config).length === 0 ? undefined : config
}

// The first 3 Pro knows LOW and HIGH only; MINIMAL came with 3 Flash and went again with later ones.
function levelOf(effort: Effort | undefined, model: string, dropped: Set<string>): string | undefined {
  switch (effort) {
    case undefined:
      return undefined
    case 'none':
      dropped.add('reasoning_effort')
      return leastLevel(model)
    case 'minimal':
      return leastLevel(model)
    case 'low':
      return 'LOW'
    case 'medium':
      return /gemini-3-pro/.test(model) ? 'HIGH' : 'MEDIUM'
    case 'high':
    case 'xhigh':
    case 'max':
      return 'HIGH'
  }
}

function leastLevel(model: string): string {
  return /gemini-3(\.1)?-flash/.test(model) ? 'MINIMAL' : 'LOW'
}

function writeBudget(reasoning: Reasoning, { maxOutputTokens, model }: { readonly maxOutputTokens: number | undefined; readonly model: string }, dropped: Set<string>): number | undefined {
  const budget = budgetOf(reasoning, maxOutputTokens)
  if (budget === undefined) return undefined
  const isPro = model.includes('-pro')
  if (budget > 0) return Math.min(budget, isPro ? mostProBudget : mostFlashBudget)
  // Pro cannot stop thinking; the others must, in an answer that has no room for it.
  if (isPro || effortOf(reasoning) !== 'none') dropped.add('reasoning_effort')
  return isPro ? leastProBudget : 0
}
