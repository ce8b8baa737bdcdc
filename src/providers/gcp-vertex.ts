// Gemini on Google's Vertex AI, and its embedding models.
// Source: cloud.google.com, Vertex AI REST reference, publishers.models.generateContent, streamGenerateContent, predict.

import type { FormatName } from '../formats/format.ts'
import type { ProviderApi, ProviderCall } from './provider-api.ts'
import { vertexAccess, vertexModelPath } from './vertex-paths.ts'

const generate: ProviderCall = {
  dialect: 'gemini',
  envelope: 'none',
  path: (call) => vertexModelPath('google', call.stream ? 'streamGenerateContent?alt=sse' : 'generateContent', call),
}

export const gcpVertex: ProviderApi = {
  name: 'gcp-vertex',
  ...vertexAccess,
  calls: new Map<FormatName, ProviderCall>([
    ['openai-chat', generate],
    ['openai-responses', generate],
    ['anthropic-messages', generate],
    ['openai-embeddings', { dialect: 'vertex-embeddings', envelope: 'none', path: (call) => vertexModelPath('google', 'predict', call) }],
  ]),
}
