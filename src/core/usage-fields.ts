// Every provider's names for token counts, mapped to ours. Values stay as they were written: judging them is canonicalUsage's job,
// and a number that was lied about must still be seen there.

import { isObject } from './is-object.ts'
import type { RawUsage } from './usage.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * OpenAI's usage objects and those of everybody who imitates them: chat and completions (`prompt_tokens`), responses, images and
 * transcriptions (`input_tokens`), DeepSeek (`prompt_cache_hit_tokens`), Moonshot (`cached_tokens` beside the counts).
 * Undefined when no count is there, as in a transcription billed by duration.
 */
export function convertOpenaiUsage(usage: Fields): RawUsage | undefined {
  const inputTokens = said(usage['prompt_tokens'], usage['input_tokens'])
  const totalTokens = said(usage['total_tokens'])
  const outputTokens = said(usage['completion_tokens'], usage['output_tokens'], restOfTotal(totalTokens, inputTokens))
  if (inputTokens === undefined && outputTokens === undefined && totalTokens === undefined) return undefined
  const inputDetails = details(usage['prompt_tokens_details'], usage['input_tokens_details'], usage['input_token_details'])
  const outputDetails = details(usage['completion_tokens_details'], usage['output_tokens_details'], usage['output_token_details'])
  const reasoningTokens = said(outputDetails['reasoning_tokens'])
  const cachedDetails = details(inputDetails['cached_tokens_details'])
  return {
    inputTokens,
    cachedInputTokens: said(inputDetails['cached_tokens'], usage['prompt_cache_hit_tokens'], usage['cached_tokens']),
    cacheCreationInputTokens: said(inputDetails['cache_write_tokens'], inputDetails['cache_creation_tokens'], usage['cache_creation_input_tokens']),
    outputTokens: withReasoning({ inputTokens, outputTokens, reasoningTokens, totalTokens }),
    reasoningTokens,
    totalTokens,
    ...withDetails({
      inputAudioTokens: inputDetails['audio_tokens'],
      inputImageTokens: inputDetails['image_tokens'],
      cachedInputAudioTokens: cachedDetails['audio_tokens'],
      cachedInputImageTokens: cachedDetails['image_tokens'],
      outputAudioTokens: outputDetails['audio_tokens'],
      outputImageTokens: outputDetails['image_tokens'],
    }),
  }
}

/**
 * Anthropic's usage object. Its `input_tokens` are what no cache was involved in, ours are all of them, so the three parts are added
 * (docs.anthropic.com, "Prompt caching"). A part that cannot be a count is passed on in place of the sum, so that it is flagged.
 */
export function convertAnthropicUsage(usage: Fields): RawUsage | undefined {
  const cachedInputTokens = said(usage['cache_read_input_tokens'])
  const cacheCreationInputTokens = said(usage['cache_creation_input_tokens'])
  const inputTokens = sumOfParts([said(usage['input_tokens']), cachedInputTokens, cacheCreationInputTokens])
  const outputTokens = said(usage['output_tokens'])
  if (inputTokens === undefined && outputTokens === undefined) return undefined
  const reasoningTokens = said(details(usage['output_tokens_details'])['thinking_tokens'])
  const more = withDetails({
    cacheCreation1hInputTokens: details(usage['cache_creation'])['ephemeral_1h_input_tokens'],
    webSearches: details(usage['server_tool_use'])['web_search_requests'],
  })
  return { inputTokens, cachedInputTokens, cacheCreationInputTokens, outputTokens, reasoningTokens, ...more }
}

/**
 * Rerankers: `usage` (Jina, Voyage, vLLM), else Cohere's `meta.tokens`, else its `meta.billed_units`. A lone total is all input.
 * Undefined when only search units were billed.
 */
export function convertRerankUsage(answer: { readonly usage: unknown; readonly meta: unknown }): RawUsage | undefined {
  const meta = details(answer.meta)
  for (const candidate of [answer.usage, meta['tokens'], meta['billed_units']]) {
    const fields = details(candidate)
    const inputTokens = said(fields['prompt_tokens'], fields['input_tokens'], fields['total_tokens'])
    if (inputTokens === undefined) continue
    return { inputTokens, outputTokens: said(fields['completion_tokens'], fields['output_tokens']) ?? 0, totalTokens: said(fields['total_tokens']) }
  }
  return undefined
}

const NO_DETAILS = {}
const NO_FIELDS: Fields = {}

/** `details` of a RawUsage, when one of them was said and is not 0; else nothing. */
export function withDetails(values: NonNullable<RawUsage['details']>): Pick<RawUsage, 'details'> {
  for (const name in values) {
    const value = values[name as keyof typeof values]
    if (value !== undefined && value !== null && value !== 0) return { details: values }
  }
  return NO_DETAILS
}

/** The first value that is neither missing nor null. */
export function said(first: unknown, second?: unknown, third?: unknown): unknown {
  return first ?? second ?? third ?? undefined
}

function details(first: unknown, second?: unknown, third?: unknown): Fields {
  return isObject(first) ? first : isObject(second) ? second : isObject(third) ? third : NO_FIELDS
}

// Embeddings report their input and a total: what of the total is not input is output, here 0.
function restOfTotal(total: unknown, input: unknown): number | undefined {
  return isCount(total) && isCount(input) && total >= input ? total - input : undefined
}

// xAI leaves reasoning out of completion_tokens and has it in the total (docs.x.ai, "Reasoning"). Where the total is exactly the sum of
// all three, reasoning was not part of the output.
function withReasoning(counts: { inputTokens: unknown; outputTokens: unknown; reasoningTokens: unknown; totalTokens: unknown }): unknown {
  const { inputTokens, outputTokens, reasoningTokens, totalTokens } = counts
  if (!isCount(inputTokens) || !isCount(outputTokens) || !isCount(reasoningTokens) || reasoningTokens === 0) return outputTokens
  const sum = inputTokens + outputTokens + reasoningTokens
  return totalTokens === sum ? outputTokens + reasoningTokens : outputTokens
}

/** Undefined when no part is there; a part that cannot be a count takes the place of the sum, so that it is flagged. */
export function sumOfParts(parts: readonly unknown[]): unknown {
  let sum: number | undefined
  for (const part of parts) {
    if (part === undefined) continue
    if (!isCount(part)) return part
    sum = (sum ?? 0) + part
  }
  return sum
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
