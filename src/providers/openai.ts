// OpenAI and every provider that speaks its API; presets.ts has the addresses of many.
// Source: platform.openai.com, API reference, "Authentication"; rerank as vLLM, Jina and Cohere-compatible servers offer it.

import type { FormatName } from '../formats/format.ts'
import type { CallTarget, ProviderApi, ProviderCall } from './provider-api.ts'

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

const pass: ProviderCall = { dialect: undefined, envelope: 'none', path: (call) => ownPath(call.clientPath, call) }
const chat: ProviderCall = { dialect: 'openai-chat', envelope: 'none', path: (call) => ownPath('/v1/chat/completions', call) }

// Where a provider has something else than `/v1`, that takes the place of the version, also of the `/v2` of rerank.
function ownPath(path: string, { settings: { apiPath } }: CallTarget): string {
  return apiPath === undefined ? path : path.replace(/^\/v[12](?=\/)/, () => apiPath)
}

export const openai: ProviderApi = {
  name: 'openai',
  otelName: 'openai',
  calls: new Map<FormatName, ProviderCall>([...spoken.map((format) => [format, pass] as const), ['anthropic-messages', chat]]),
  settings: { apiPath: 'optional' },
  defaultUrl: () => 'https://api.openai.com',
  credentialHeader: 'authorization',
  credentialPrefix: 'Bearer ',
  cloudHeaders: [],
  cloud: undefined,
  defaultHeaders: new Map(),
}
