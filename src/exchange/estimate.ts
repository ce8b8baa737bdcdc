// What an exchange will probably use, said before the provider has answered and kept up while a stream passes,
// so that a client that leaves early is still charged. Every number from here is flagged `estimated`.

import type { Usage } from '../core/usage.ts'
import type { FormatName, ParsedRequest } from '../formats/format.ts'

/**
 * Output tokens expected of one answer before anything is known about it, where the client sets no lower bound.
 * A stated prior, not a measurement (docs/accuracy.md): chat answers are a few hundred tokens; one medium 1024×1024 picture
 * of gpt-image-1 is 1,056 (platform.openai.com, "Image generation").
 */
const EXPECTED_OUTPUT_TOKENS: Readonly<Record<FormatName, number>> = {
  'openai-chat': 256,
  'openai-completions': 256,
  'openai-responses': 256,
  'anthropic-messages': 256,
  'openai-images': 1056,
  'openai-image-edits': 1056,
  'openai-embeddings': 0,
  'openai-speech': 0,
  'openai-transcriptions': 0,
  'cohere-rerank': 0,
  'anthropic-count-tokens': 0,
}

/** Most answers that a provider gives at once: OpenAI's own bound of `n`. A client may ask for more, and would burn the limits of its team by leaving. */
const MAX_CHOICES = 128

const ESTIMATED = ['estimated'] as const

/** What one answer of the format is expected to have, before anything was learned. */
export function priorOutputTokens(format: FormatName): number {
  return EXPECTED_OUTPUT_TOKENS[format]
}

/** Before the answer: the input guessed from the body, the output from the prior and the client's own bound. */
export function estimateRequest(format: FormatName, request: ParsedRequest): Usage {
  const perChoice = Math.min(request.maxOutputTokens ?? Number.POSITIVE_INFINITY, EXPECTED_OUTPUT_TOKENS[format])
  return estimatedUsage(request.inputTokensEstimate, perChoice * Math.min(request.choices, MAX_CHOICES))
}

/** During an answer that may end here, or after one that never said it all: what the provider did say, completed by guesses. */
export function estimateAnswer(known: Usage | undefined, guess: { readonly inputTokens: number; readonly outputTokens: number }): Usage {
  const inputTokens = known?.inputTokens ?? guess.inputTokens
  // Zeros in early chunks are placeholders of some providers, not counts.
  const outputTokens = known?.outputTokens === undefined || known.outputTokens === 0 ? guess.outputTokens : known.outputTokens
  return {
    inputTokens,
    outputTokens,
    cachedInputTokens: known?.cachedInputTokens,
    cacheCreationInputTokens: known?.cacheCreationInputTokens,
    reasoningTokens: known?.reasoningTokens,
    totalTokens: Math.max(known?.totalTokens ?? 0, inputTokens + outputTokens),
    flags: known === undefined || known.flags.length === 0 ? ESTIMATED : [...new Set([...known.flags, 'estimated' as const])],
    ...(known?.details === undefined ? {} : { details: known.details }),
  }
}

/** Exact usage of a whole answer, or undefined when the provider left out what a charge needs. Formats without output have none, said or not. */
export function completeUsage(format: FormatName, known: Usage | undefined): Usage | undefined {
  if (known?.inputTokens === undefined) return undefined
  if (known.outputTokens !== undefined) return known
  return EXPECTED_OUTPUT_TOKENS[format] === 0 ? { ...known, outputTokens: 0, totalTokens: known.totalTokens ?? known.inputTokens } : undefined
}

/** Nothing but these two is known of it. */
export function estimatedUsage(inputTokens: number, outputTokens: number): Usage {
  return estimateAnswer(undefined, { inputTokens, outputTokens })
}
