// OpenAI asks for an effort, Anthropic and Gemini for a budget of tokens: the one place where each becomes the other.
// The numbers are those by which Google maps reasoning_effort in its own OpenAI endpoint (ai.google.dev, "OpenAI compatibility");
// `xhigh` is the largest budget that Gemini 2.5 Pro takes, `max` twice that, to be cut by the answer's length.

import type { Effort, Reasoning } from './conversation.ts'

/** Tokens for each effort; 0 switches thinking off. */
const effortBudgets: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 32_768,
  max: 65_536,
}

/** Anthropic's least budget (docs.anthropic.com, "Extended thinking"); less is raised to it. */
const leastBudgetTokens = 1_024

/**
 * The effort that was asked for, else the one whose budget this is: 0 none, below 1,024 minimal, below 8,192 low, below 24,576 medium,
 * else high. A budget never becomes xhigh or max, which few models accept. Undefined when neither was said.
 */
export function effortOf(reasoning: Reasoning | undefined): Effort | undefined {
  if (reasoning?.effort !== undefined) return reasoning.effort
  const budget = reasoning?.budgetTokens
  if (budget === undefined) return undefined
  if (budget <= 0) return 'none'
  if (budget < effortBudgets.low) return 'minimal'
  if (budget < effortBudgets.medium) return 'low'
  return budget < effortBudgets.high ? 'medium' : 'high'
}

/** What of a short answer is left to what is said, when its thoughts would take all of it. */
const saidShare = 1 / 5

/**
 * The budget that was asked for, else the effort's: at least 1,024, and as much below `maxOutputTokens` (undefined: no bound), which providers
 * count thoughts against, that a fifth is left to the answer. A client that counted out its budget itself, below that bound, gets all of it.
 * 0: do not think, also when an answer this short has no room for thoughts. Undefined when neither was said.
 */
export function budgetOf(reasoning: Reasoning | undefined, maxOutputTokens: number | undefined): number | undefined {
  const counted = reasoning?.budgetTokens
  const wanted = counted ?? (reasoning?.effort === undefined ? undefined : effortBudgets[reasoning.effort])
  if (wanted === undefined) return undefined
  if (wanted <= 0) return 0
  const budget = Math.max(wanted, leastBudgetTokens)
  if (maxOutputTokens === undefined || (counted !== undefined && budget < maxOutputTokens)) return budget
  const most = maxOutputTokens - Math.ceil(maxOutputTokens * saidShare)
  return most < leastBudgetTokens ? 0 : Math.min(budget, most)
}
