// How the model shall write: the parameters that Converse has for all models, and those that it hands on to one family.
// Sources: Bedrock API reference, InferenceConfiguration; user guide, "Inference request parameters and response fields".

import type { Conversation, JsonObject } from '../conversation.ts'
import { withoutUndefined } from '../json-value.ts'
import type { ModelTraits } from './model-traits.ts'
import type { WrittenThinking } from './write-thinking.ts'

export interface InferenceSource {
  readonly conversation: Conversation
  readonly traits: ModelTraits
  readonly thinking: WrittenThinking
  /** Claude's own `tool_choice`, where Converse cannot say it. */
  readonly claudeChoice: JsonObject | undefined
}

/** The members of the request. */
export function writeInference(source: InferenceSource, dropped: Set<string>): JsonObject {
  const { conversation, traits, thinking } = source
  const stop = writeStop(conversation.stop, traits, dropped)
  const sampling = writeSampling(conversation, { traits, isThinking: thinking.isThinking }, dropped)
  for (const [name, value] of [['presence_penalty', conversation.presencePenalty], ['frequency_penalty', conversation.frequencyPenalty]] as const) {
    if (value !== undefined && value !== 0) dropped.add(name)
  }
  if (conversation.seed !== undefined) dropped.add('seed')
  const inferenceConfig = withoutUndefined({ maxTokens: thinking.maxTokens, temperature: sampling.temperature, topP: sampling.topP, stopSequences: stop })
  const modelFields = withoutUndefined({ ...thinking.fields, top_k: sampling.topK, tool_choice: source.claudeChoice })
  return withoutUndefined({
    inferenceConfig: orNothing(inferenceConfig),
    additionalModelRequestFields: orNothing(modelFields),
    // Which one it was, Claude tells only when asked.
    additionalModelResponseFieldPaths: stop !== undefined && traits.vendor === 'anthropic' ? ['/stop_sequence'] : undefined,
  })
}

// "stop_sequences: each stop sequence must contain non-whitespace" is Claude's.
function writeStop(stop: readonly string[], { vendor }: ModelTraits, dropped: Set<string>): readonly string[] | undefined {
  const kept = stop.filter((sequence) => (vendor === 'anthropic' ? sequence.trim() : sequence) !== '')
  if (kept.length < stop.length) dropped.add('stop')
  return kept.length === 0 ? undefined : kept
}

interface Sampling {
  temperature: number | undefined
  topP: number | undefined
  topK: number | undefined
}

function writeSampling(conversation: Conversation, { traits, isThinking }: { readonly traits: ModelTraits; readonly isThinking: boolean }, dropped: Set<string>): Sampling {
  const sampling: Sampling = { temperature: conversation.temperature, topP: conversation.topP, topK: conversation.topK }
  const drop = (member: keyof Sampling, name: string): void => {
    if (sampling[member] !== undefined) dropped.add(name)
    sampling[member] = undefined
  }
  // 1 is no choice at all, and beside a temperature refused by many.
  if (sampling.topP === 1) sampling.topP = undefined
  if (traits.claude === undefined) drop('topK', 'top_k')
  else if (traits.claude.sampling === 'none' || isThinking) {
    // A Claude that thinks refuses to be told how to choose its words, but for what it does anyhow.
    if (sampling.temperature === 1) sampling.temperature = undefined
    drop('temperature', 'temperature')
    drop('topP', 'top_p')
    drop('topK', 'top_k')
  } else if (traits.claude.sampling === 'one' && sampling.temperature !== undefined) drop('topP', 'top_p')
  if (sampling.temperature !== undefined && sampling.temperature > 1) {
    dropped.add('temperature')
    sampling.temperature = 1
  }
  return sampling
}

function orNothing(members: JsonObject): JsonObject | undefined {
  return Object.keys(members).length === 0 ? undefined : members
}
