// What OpenAI's own models do not take, by their names. Whatever has another name (a look-alike's, a deployment's) is sent what the published
// schema allows. Source: platform.openai.com, "Reasoning models" and the errors of the API.

import type { Effort } from '../conversation.ts'

const openaiName = /^(?:ft:)?(?:gpt-|chatgpt-|codex-|o\d)/
const oSeries = /^(?:ft:)?o\d/
/** gpt-5, gpt-5-mini, gpt-5-2025-08-07 …, not gpt-5.1. */
const firstGpt5 = /^(?:ft:)?gpt-5(?:-|$)/
const beforeReasoning = /^(?:ft:)?(?:gpt-[34]|chatgpt-)/

export function isOpenaiModel(model: string): boolean {
  return openaiName.test(model)
}

/** They refuse a temperature, top_p or penalty that is not the default. */
export function hasFixedSampling(model: string): boolean {
  return oSeries.test(model) || firstGpt5.test(model)
}

/** The nearest effort that the model takes; undefined when it takes none. A look-alike is not asked for `none`, which most do not know. */
export function nearestEffort(effort: Effort, model: string): Effort | undefined {
  if (beforeReasoning.test(model)) return undefined
  if (oSeries.test(model)) return effort === 'none' || effort === 'minimal' ? 'low' : atMostHigh(effort)
  if (firstGpt5.test(model)) return effort === 'none' ? 'minimal' : atMostHigh(effort)
  return effort === 'none' && !isOpenaiModel(model) ? undefined : effort
}

function atMostHigh(effort: Effort): Effort {
  return effort === 'xhigh' || effort === 'max' ? 'high' : effort
}
