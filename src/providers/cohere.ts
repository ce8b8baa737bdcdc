// Cohere: chat and embeddings through its OpenAI-compatible endpoint, rerank through its own.
// Source: docs.cohere.com, "Using Cohere models via the OpenAI SDK" and API reference, "Rerank".

import type { FormatName } from '../formats/format.ts'
import { passCall, type ProviderApi, type ProviderCall } from './provider-api.ts'

function compatibleCall(operation: string, dialect: ProviderCall['dialect']): ProviderCall {
  return { dialect, envelope: 'none', path: () => `/compatibility/v1/${operation}` }
}

export const cohere: ProviderApi = {
  name: 'cohere',
  otelName: 'cohere',
  calls: new Map<FormatName, ProviderCall>([
    ['openai-chat', compatibleCall('chat/completions', undefined)],
    ['openai-embeddings', compatibleCall('embeddings', undefined)],
    ['anthropic-messages', compatibleCall('chat/completions', 'openai-chat')],
    ['cohere-rerank', passCall],
  ]),
  settings: {},
  defaultUrl: () => 'https://api.cohere.com',
  credentialHeader: 'authorization',
  credentialPrefix: 'Bearer ',
  cloudHeaders: [],
  cloud: undefined,
  defaultHeaders: new Map(),
}
