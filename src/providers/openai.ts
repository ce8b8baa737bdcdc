// OpenAI and every provider that speaks its API.
// Source: platform.openai.com, API reference, "Authentication"; rerank as vLLM, Jina and Cohere-compatible servers offer it.

import type { ProviderApi } from './provider-api.ts'

export const openai: ProviderApi = {
  name: 'openai',
  otelName: 'openai',
  formats: new Set([
    'openai-chat',
    'openai-completions',
    'openai-embeddings',
    'openai-responses',
    'openai-images',
    'openai-image-edits',
    'openai-speech',
    'openai-transcriptions',
    'cohere-rerank',
  ] as const),
  defaultUrl: 'https://api.openai.com',
  credentialHeader: 'authorization',
  credentialPrefix: 'Bearer ',
  defaultHeaders: new Map(),
}
