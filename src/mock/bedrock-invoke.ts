// POST /model/{id}/invoke and /invoke-with-response-stream: each model has a body of its own.
// Sources: Bedrock user guide, "Anthropic Claude Messages API", "Amazon Titan Embeddings Text", "Cohere Embed v3", "Cohere Embed v4".

import { z } from 'zod'
import { answerMessages } from './anthropic-messages.ts'
import { type BedrockEvent, bedrockStream } from './bedrock-stream.ts'
import { checkMessagesRequest } from './check-messages-request.ts'
import { embedText } from './embed-text.ts'
import type { JsonObject } from './json-object.ts'
import type { AnswerContext, MockAnswer, TokenCounts, WholeAnswer } from './mock-answer.ts'
import { estimateTokens, tokenCounts } from './reply.ts'

export type ModelFamily = 'claude' | 'titan' | 'cohere'

/** Undefined for models that the mock does not play. */
export function familyOf(model: string): ModelFamily | undefined {
  if (/(^|[./])anthropic\./.test(model)) return 'claude'
  if (/(^|[./])amazon\.titan-embed/.test(model)) return 'titan'
  return /(^|[./])cohere\.embed/.test(model) ? 'cohere' : undefined
}

const titanV2 = z.strictObject({
  inputText: z.string().min(1),
  dimensions: z.union([z.literal(256), z.literal(512), z.literal(1024)]).optional(),
  normalize: z.boolean().optional(),
  embeddingTypes: z.array(z.enum(['float', 'binary'])).optional(),
})
const titanV1 = z.strictObject({ inputText: z.string().min(1) })

const cohereV3 = z.strictObject({
  texts: z.array(z.string()).min(1).max(96),
  input_type: z.enum(['search_document', 'search_query', 'classification', 'clustering']),
  truncate: z.enum(['NONE', 'START', 'END', 'LEFT', 'RIGHT']).optional(),
  embedding_types: z.array(z.enum(['float', 'int8', 'uint8', 'binary', 'ubinary'])).optional(),
})
const cohereV4 = cohereV3.extend({ output_dimension: z.union([z.literal(256), z.literal(512), z.literal(1024), z.literal(1536)]).optional(), max_tokens: z.int().min(1).optional() })

/** The message of Bedrock's 400, or undefined for a body that the model takes. */
export function checkInvoke(body: JsonObject, model: string): string | undefined {
  const family = familyOf(model)
  if (family === 'claude') return checkClaude(body, model)
  const schema = family === 'titan' ? (isTitanV1(model) ? titanV1 : titanV2) : isCohereV3(model) ? cohereV3 : cohereV4
  return describe(schema.safeParse(body).error)
}

function checkClaude({ anthropic_version: version, anthropic_beta: _beta, ...body }: JsonObject, model: string): string | undefined {
  if (version !== 'bedrock-2023-05-31') return 'Malformed input request: #: required key [anthropic_version] not found, please reformat your input and try again.'
  const extraneous = ['model', 'stream'].find((name) => name in body)
  if (extraneous !== undefined) return `Malformed input request: #: extraneous key [${extraneous}] is not permitted, please reformat your input and try again.`
  return checkMessagesRequest({ ...body, model })
}

function describe(error: z.ZodError | undefined): string | undefined {
  const issue = error?.issues[0]
  if (issue === undefined) return undefined
  const fault = issue.code === 'unrecognized_keys' ? `extraneous key [${issue.keys[0] ?? ''}] is not permitted` : `${issue.path.join('/')}: ${issue.message}`
  return `Malformed input request: #: ${fault}, please reformat your input and try again.`
}

export function answerInvoke(context: AnswerContext): MockAnswer {
  switch (familyOf(context.model)) {
    case 'titan':
      return answerTitan(context)
    case 'cohere':
      return answerCohere(context)
    default: {
      const answer = answerMessages(context)
      return answer.kind === 'whole' && answer.tokens !== undefined ? { ...answer, headers: countHeaders(context, answer.tokens) } : answer
    }
  }
}

/** Claude's events as Anthropic writes them, each in a chunk of its own, the last with Bedrock's own counts. */
export function answerInvokeStream(context: AnswerContext): MockAnswer {
  const answer = answerMessages({ ...context, body: { ...context.body, stream: true } })
  if (answer.kind === 'whole') return answer
  const events = answer.pieces.map(({ text, outputTokens }): BedrockEvent => {
    const json = String(text).split('\ndata: ')[1]?.trim() ?? ''
    const withMetrics = json.includes('"type":"message_stop"') ? JSON.stringify({ type: 'message_stop', 'amazon-bedrock-invocationMetrics': metricsOf(answer.tokens) }) : json
    return { type: 'chunk', payload: { bytes: Buffer.from(withMetrics).toString('base64') }, ...(outputTokens === undefined ? {} : { outputTokens }) }
  })
  return bedrockStream(context, events, answer.tokens)
}

function metricsOf({ inputTokens, outputTokens }: TokenCounts): JsonObject {
  return { inputTokenCount: inputTokens, outputTokenCount: outputTokens, invocationLatency: 42, firstByteLatency: 7 }
}

function answerTitan(context: AnswerContext): WholeAnswer {
  const { body } = context
  const inputText = String(body['inputText'])
  const tokens = embeddingTokens(context, [inputText])
  const embedding = [...embedText(inputText, isTitanV1(context.model) ? 1536 : Number(body['dimensions'] ?? 1024))]
  const counted = context.instructions.noUsage ? {} : { inputTextTokenCount: tokens.inputTokens }
  return embeddingsAnswer(context, { embedding, ...(isTitanV1(context.model) ? {} : { embeddingsByType: { float: embedding } }), ...counted }, tokens)
}

function answerCohere(context: AnswerContext): WholeAnswer {
  const { body } = context
  const texts = Array.isArray(body['texts']) ? body['texts'].map(String) : []
  const vectors = texts.map((text) => [...embedText(text, isCohereV3(context.model) ? 1024 : Number(body['output_dimension'] ?? 1536))])
  const byType = Array.isArray(body['embedding_types']) ? { embeddings: { float: vectors }, response_type: 'embeddings_by_type' } : { embeddings: vectors, response_type: 'embeddings_floats' }
  return embeddingsAnswer(context, { id: context.id, texts, ...byType }, embeddingTokens(context, texts))
}

function embeddingsAnswer(context: AnswerContext, body: unknown, tokens: TokenCounts): WholeAnswer {
  const { model, instructions } = context
  return { kind: 'whole', status: 200, contentType: 'application/json', body: JSON.stringify(body), model, tokens, tellsUsage: !instructions.noUsage, headers: countHeaders(context, tokens) }
}

function embeddingTokens(context: AnswerContext, texts: readonly string[]): TokenCounts {
  const inputTokens = texts.reduce((sum, text) => sum + estimateTokens(text.length), 0)
  return { ...tokenCounts(context.instructions, inputTokens, 0), outputTokens: 0, reasoningTokens: 0, cachedInputTokens: 0, cacheCreationInputTokens: 0 }
}

function countHeaders({ instructions }: AnswerContext, tokens: TokenCounts): Readonly<Record<string, string>> {
  if (instructions.noUsage) return {}
  return {
    'x-amzn-bedrock-invocation-latency': '42',
    'x-amzn-bedrock-input-token-count': String(tokens.inputTokens),
    ...(tokens.outputTokens === 0 ? {} : { 'x-amzn-bedrock-output-token-count': String(tokens.outputTokens) }),
  }
}

function isTitanV1(model: string): boolean {
  return /titan-embed-(text-v1|g1)/.test(model)
}

function isCohereV3(model: string): boolean {
  return /embed-(english|multilingual)/.test(model)
}
