// usageMetadata in our counting. Source: ai.google.dev/api/generate-content, UsageMetadata: the prompt includes what came from the cache,
// the candidates do not include the thoughts, and numbers that are 0 are left out.

import { withDetails } from '../../core/usage-fields.ts'
import type { RawUsage } from '../../core/usage.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { asList, asObject } from '../json-value.ts'

/** Counts stay as the provider wrote them when they are no numbers: core/usage.ts judges them. */
export function readUsage(metadata: JsonObject): RawUsage {
  const total = metadata['totalTokenCount']
  const thoughts = metadata['thoughtsTokenCount']
  const candidates = metadata['candidatesTokenCount']
  const input = sum(metadata['promptTokenCount'], metadata['toolUsePromptTokenCount'])
  // A few versions counted the thoughts among the candidates; the total tells.
  const isInclusive = thoughts !== undefined && isNumber(input) && isNumber(candidates) && input + candidates === total
  const output = isInclusive ? candidates : sum(candidates, thoughts)
  return {
    inputTokens: input,
    cachedInputTokens: metadata['cachedContentTokenCount'],
    // Without either count the total knows: an answer of nothing, such as a blocked prompt.
    outputTokens: output === undefined && isNumber(total) && isNumber(input) ? total - input : output,
    reasoningTokens: thoughts,
    totalTokens: total,
    ...withDetails({
      inputAudioTokens: ofModality(metadata['promptTokensDetails'], 'AUDIO'),
      inputImageTokens: ofModality(metadata['promptTokensDetails'], 'IMAGE'),
      cachedInputAudioTokens: ofModality(metadata['cacheTokensDetails'], 'AUDIO'),
      cachedInputImageTokens: ofModality(metadata['cacheTokensDetails'], 'IMAGE'),
      outputAudioTokens: ofModality(metadata['candidatesTokensDetails'], 'AUDIO'),
      outputImageTokens: ofModality(metadata['candidatesTokensDetails'], 'IMAGE'),
    }),
  }
}

/** A list of ModalityTokenCount: `[{"modality": "AUDIO", "tokenCount": 12}]`. */
function ofModality(list: JsonValue | undefined, modality: string): JsonValue | undefined {
  return asList(list)
    .map(asObject)
    .find((each) => each?.['modality'] === modality)?.['tokenCount']
}

function sum(one: JsonValue | undefined, other: JsonValue | undefined): JsonValue | undefined {
  if (one === undefined || other === undefined) return one ?? other
  if (isNumber(one) && isNumber(other)) return one + other
  return isNumber(one) ? other : one
}

function isNumber(value: JsonValue | undefined): value is number {
  return typeof value === 'number'
}
