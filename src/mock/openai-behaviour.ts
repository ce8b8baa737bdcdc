// OpenAI as a mock: its endpoints, its bearer keys and its error objects. Source: platform.openai.com, "Error codes".

import { checkChatRequest } from './check-chat-request.ts'
import { checkResponsesRequest } from './check-responses-request.ts'
import { answerChat } from './openai-chat.ts'
import { answerCompletion } from './openai-completions.ts'
import { answerEmbeddings } from './openai-embeddings.ts'
import { answerImageEdits, answerImages, answerRerank, answerSpeech, answerTranscription } from './openai-media.ts'
import { answerResponse } from './openai-responses.ts'
import type { ProviderBehaviour } from './provider-behaviour.ts'

export const openaiBehaviour: ProviderBehaviour = {
  endpoints: new Map([
    ['/v1/chat/completions', { kind: 'json', method: 'POST', answer: answerChat, check: checkChatRequest }],
    ['/v1/completions', { kind: 'json', method: 'POST', answer: answerCompletion }],
    ['/v1/responses', { kind: 'json', method: 'POST', answer: answerResponse, check: checkResponsesRequest }],
    ['/v1/embeddings', { kind: 'json', method: 'POST', answer: answerEmbeddings }],
    ['/v1/images/generations', { kind: 'json', method: 'POST', answer: answerImages }],
    ['/v1/images/edits', { kind: 'form', method: 'POST', answer: answerImageEdits }],
    ['/v1/audio/speech', { kind: 'json', method: 'POST', answer: answerSpeech }],
    ['/v1/audio/transcriptions', { kind: 'form', method: 'POST', answer: answerTranscription }],
    ['/v1/rerank', { kind: 'json', method: 'POST', answer: answerRerank }],
    ['/v1/models', { kind: 'list', method: 'GET', answer: listModels }],
  ] as const),
  models: ['gpt-4o', 'gpt-4o-mini'],
  requestIdHeader: 'x-request-id',
  checkHeaders: (headers, apiKey) => {
    if (apiKey === undefined || headers['authorization'] === `Bearer ${apiKey}`) return undefined
    const isMissing = headers['authorization'] === undefined
    return { status: 401, message: isMissing ? "You didn't provide an API key." : 'Incorrect API key provided.' }
  },
  errorBody: (status, message) => ({ error: { message, type: errorType(status), param: null, code: errorCode(status) } }),
}

function listModels(models: readonly string[], createdSeconds: number): unknown {
  return { object: 'list', data: models.map((id) => ({ id, object: 'model', created: createdSeconds, owned_by: 'mock' })) }
}

function errorType(status: number): string {
  if (status === 429) return 'requests'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}

function errorCode(status: number): string | null {
  if (status === 401) return 'invalid_api_key'
  if (status === 404) return 'model_not_found'
  return status === 429 ? 'rate_limit_exceeded' : null
}
