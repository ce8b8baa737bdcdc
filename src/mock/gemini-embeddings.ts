// Embeddings of both surfaces: batchEmbedContents of AI Studio, predict of Vertex AI.
// Sources: ai.google.dev/api/embeddings; cloud.google.com, "Text embeddings API".

import { embedText } from './embed-text.ts'
import { describeFault, invalidArgument } from './gemini-error.ts'
import { batchEmbedRequest, predictRequest } from './gemini-schema.ts'
import { jsonAnswer } from './mock-answer.ts'
import type { AnswerContext, MockAnswer, TokenCounts } from './mock-answer.ts'
import { estimateTokens, tokenCounts } from './reply.ts'

const defaultDimensions = 3072

/** Tells no usage, as AI Studio's does not. */
export function answerBatchEmbed(context: AnswerContext): MockAnswer {
  const parsed = batchEmbedRequest.safeParse(context.body)
  if (!parsed.success) return invalidArgument(describeFault(parsed.error), context.model)
  const { requests } = parsed.data
  if (requests.some((request) => request.model !== `models/${context.model}`)) return invalidArgument('The model of every request in a batch must be that of the path.', context.model)
  const texts = requests.map((request) => request.content.parts.map((part) => part.text ?? '').join(''))
  const embeddings = texts.map((text, index) => ({ values: [...embedText(text, requests[index]?.outputDimensionality ?? defaultDimensions)] }))
  return jsonAnswer(context, { embeddings }, tokensOf(context, texts), false)
}

export function answerPredict(context: AnswerContext): MockAnswer {
  const parsed = predictRequest.safeParse(context.body)
  if (!parsed.success) return invalidArgument(describeFault(parsed.error), context.model)
  const { instances, parameters } = parsed.data
  const texts = instances.map((instance) => instance.content)
  const tokens = tokensOf(context, texts)
  const counts = shares(tokens.inputTokens, texts)
  const predictions = texts.map((text, index) => ({
    embeddings: {
      values: [...embedText(text, parameters?.outputDimensionality ?? defaultDimensions)],
      ...(context.instructions.noUsage ? {} : { statistics: { truncated: false, token_count: counts[index] } }),
    },
  }))
  const billableCharacterCount = texts.reduce((sum, text) => sum + text.length, 0)
  return jsonAnswer(context, { predictions, metadata: { billableCharacterCount } }, tokens, !context.instructions.noUsage)
}

function tokensOf(context: AnswerContext, texts: readonly string[]): TokenCounts {
  const inputTokens = texts.reduce((sum, text) => sum + estimateTokens(text.length), 0)
  return { ...tokenCounts(context.instructions, inputTokens, 0), outputTokens: 0, reasoningTokens: 0, cachedInputTokens: 0, cacheCreationInputTokens: 0 }
}

// What each text has of an instructed total: all but the first their own count, the first the rest.
function shares(total: number, texts: readonly string[]): readonly number[] {
  const own = texts.map((text) => estimateTokens(text.length))
  const rest = total - own.slice(1).reduce((sum, count) => sum + count, 0)
  return rest >= 0 ? [rest, ...own.slice(1)] : [total, ...own.slice(1).map(() => 0)]
}
