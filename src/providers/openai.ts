// OpenAI and every provider that speaks its API.
// Source: platform.openai.com, API reference, "Authentication"; rerank as vLLM, Jina and Cohere-compatible servers offer it.

import type { FormatName } from '../formats/format.ts'
import { convertedCall, passCall, type ProviderApi, type ProviderCall } from './provider-api.ts'

const spoken: readonly FormatName[] = [
  'openai-chat',
  'openai-completions',
  'openai-embeddings',
  'openai-responses',
  'openai-images',
  'openai-image-edits',
  'openai-speech',
  'openai-transcriptions',
  'cohere-rerank',
]

const calls: ReadonlyMap<FormatName, ProviderCall> = new Map([
  ...spoken.map((format) => [format, passCall] as const),
  ['anthropic-messages', convertedCall('openai-chat', '/v1/chat/completions')],
])

export const openai: ProviderApi = {
  name: 'openai',
  otelName: 'openai',
  calls,
  defaultUrl: 'https://api.openai.com',
  credentialHeader: 'authorization',
  credentialPrefix: 'Bearer ',
  defaultHeaders: new Map(),
}
