// The usage objects of OpenAI's APIs. Source: platform.openai.com, API reference, "The chat completion object", "The response object".

import type { Instructions } from './instructions.ts'
import type { TokenCounts } from './mock-answer.ts'

/** Usage of chat and legacy completions; `x-mock-usage` replaces it whole. */
export function completionUsage(tokens: TokenCounts, instructions: Instructions): unknown {
  if (instructions.usage !== undefined) return instructions.usage
  return {
    prompt_tokens: tokens.inputTokens,
    completion_tokens: tokens.outputTokens,
    total_tokens: tokens.inputTokens + tokens.outputTokens,
    prompt_tokens_details: { cached_tokens: tokens.cachedInputTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: tokens.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

/** Usage of the Responses API; `x-mock-usage` replaces it whole. */
export function responseUsage(tokens: TokenCounts, instructions: Instructions): unknown {
  if (instructions.usage !== undefined) return instructions.usage
  return {
    input_tokens: tokens.inputTokens,
    input_tokens_details: { cached_tokens: tokens.cachedInputTokens },
    output_tokens: tokens.outputTokens,
    output_tokens_details: { reasoning_tokens: tokens.reasoningTokens },
    total_tokens: tokens.inputTokens + tokens.outputTokens,
  }
}

/** Usage of answers without output: embeddings and rerank. */
export function inputUsage(tokens: TokenCounts, instructions: Instructions): unknown {
  return instructions.usage ?? { prompt_tokens: tokens.inputTokens, total_tokens: tokens.inputTokens }
}

/** A `usage` field to spread into an answer: none when `x-mock-no-usage` is set. */
export function usageField(instructions: Instructions, usage: () => unknown): { readonly usage?: unknown } {
  return instructions.noUsage ? {} : { usage: usage() }
}
