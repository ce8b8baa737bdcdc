// Gemini as a mock, on both of Google's surfaces: AI Studio with its API keys, Vertex AI with access tokens and places.

import { answerBatchEmbed, answerPredict } from './gemini-embeddings.ts'
import { googleErrorBody } from './gemini-error.ts'
import { answerGenerate, type GeminiSurface } from './gemini-generate.ts'
import type { AnswerContext, MockAnswer } from './mock-answer.ts'
import type { Endpoint, ProviderBehaviour } from './provider-behaviour.ts'

const studio: GeminiSurface = { hasCallIds: true, usageInEveryChunk: true }
const vertex: GeminiSurface = { hasCallIds: false, usageInEveryChunk: false }

/** ai.google.dev, "Using Gemini API keys". A wrong key is an invalid argument there. */
export const googleAiStudioBehaviour: ProviderBehaviour = {
  endpoints: new Map([['/v1beta/models', { kind: 'list', method: 'GET', answer: listModels }]] as const),
  findEndpoint: (path, query) => findVerb(/^\/v1beta\/models\/([^/:]+):(\w+)$/, path, query, studio, ['batchEmbedContents', answerBatchEmbed]),
  models: ['gemini-2.5-flash', 'gemini-3-pro-preview'],
  requestIdHeader: 'x-goog-request-id',
  checkHeaders: (headers, apiKey) => {
    if (apiKey === undefined || headers['x-goog-api-key'] === apiKey) return undefined
    if (headers['x-goog-api-key'] !== undefined) return { status: 400, message: 'API key not valid. Please pass a valid API key.' }
    return { status: 403, message: "Method doesn't allow unregistered callers (callers without established identity)." }
  },
  errorBody: googleErrorBody,
}

/** cloud.google.com, Vertex AI, "Authenticate". */
export const gcpVertexBehaviour: ProviderBehaviour = {
  endpoints: new Map(),
  findEndpoint: (path, query) => findVerb(/^\/v1\/projects\/[^/]+\/locations\/[^/]+\/publishers\/google\/models\/([^/:]+):(\w+)$/, path, query, vertex, ['predict', answerPredict]),
  requestIdHeader: 'x-goog-request-id',
  checkHeaders: (headers, apiKey) => {
    if (apiKey === undefined || headers['authorization'] === `Bearer ${apiKey}`) return undefined
    return { status: 401, message: 'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.' }
  },
  errorBody: googleErrorBody,
}

function findVerb(
  pattern: RegExp,
  path: string,
  query: string,
  surface: GeminiSurface,
  [embedVerb, embed]: readonly [string, (context: AnswerContext) => MockAnswer],
): { readonly endpoint: Endpoint; readonly model: string } | undefined {
  const [, encodedModel, verb] = pattern.exec(path) ?? []
  if (encodedModel === undefined || verb === undefined) return undefined
  const framing = new URLSearchParams(query).get('alt') === 'sse' ? 'sse' : 'list'
  const answers: Readonly<Record<string, (context: AnswerContext) => MockAnswer>> = {
    generateContent: (context) => answerGenerate(context, surface, 'whole'),
    streamGenerateContent: (context) => answerGenerate(context, surface, framing),
    [embedVerb]: embed,
  }
  const answer = Object.hasOwn(answers, verb) ? answers[verb] : undefined
  return answer === undefined ? undefined : { endpoint: { kind: 'json', method: 'POST', answer }, model: decodeURIComponent(encodedModel) }
}

function listModels(models: readonly string[]): unknown {
  return { models: models.map((id) => ({ name: `models/${id}`, displayName: id, supportedGenerationMethods: ['generateContent', 'countTokens'] })) }
}
