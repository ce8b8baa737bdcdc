// Anthropic as a mock: its endpoints, its required headers and its error objects. Source: docs.anthropic.com, "Errors", "Versions".

import { answerCountTokens, answerMessages } from './anthropic-messages.ts'
import { checkMessagesRequest } from './check-messages-request.ts'
import type { ProviderBehaviour } from './provider-behaviour.ts'

export const anthropicBehaviour: ProviderBehaviour = {
  endpoints: new Map([
    ['/v1/messages', { kind: 'json', method: 'POST', answer: answerMessages, check: checkMessagesRequest }],
    ['/v1/messages/count_tokens', { kind: 'json', method: 'POST', answer: answerCountTokens }],
    ['/v1/models', { kind: 'list', method: 'GET', answer: listModels }],
  ] as const),
  models: ['claude-sonnet-5'],
  requestIdHeader: 'request-id',
  checkHeaders: (headers, apiKey) => {
    // The documented header is x-api-key; the official TypeScript SDK (1.x) sends its key as a bearer token.
    const isGiven = headers['x-api-key'] !== undefined || headers['authorization'] !== undefined
    if (apiKey !== undefined && !isGiven) return { status: 401, message: 'x-api-key header is required' }
    const isRight = headers['x-api-key'] === apiKey || headers['authorization'] === `Bearer ${apiKey}`
    if (apiKey !== undefined && !isRight) return { status: 401, message: 'invalid x-api-key' }
    if (headers['anthropic-version'] === undefined) return { status: 400, message: 'anthropic-version: header is required' }
    return undefined
  },
  errorBody: (status, message, requestId) => ({ type: 'error', error: { type: errorType(status), message }, request_id: requestId }),
}

function listModels(models: readonly string[], createdSeconds: number): unknown {
  const createdAt = new Date(createdSeconds * 1000).toISOString()
  const data = models.map((id) => ({ type: 'model', id, display_name: id, created_at: createdAt }))
  return { data, has_more: false, first_id: models[0] ?? null, last_id: models.at(-1) ?? null }
}

const errorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

function errorType(status: number): string {
  return errorTypes[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error')
}
