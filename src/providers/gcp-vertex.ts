// Gemini on Google's Vertex AI, and its embedding models.
// Source: cloud.google.com, Vertex AI REST reference, publishers.models.generateContent, streamGenerateContent, predict.

import type { FormatName } from '../formats/format.ts'
import type { ProviderApi, ProviderCall } from './provider-api.ts'
import { vertexModelPath, vertexUrl } from './vertex-paths.ts'

const generate: ProviderCall = {
  dialect: 'gemini',
  envelope: 'none',
  path: (call) => vertexModelPath('google', call.stream ? 'streamGenerateContent?alt=sse' : 'generateContent', call),
}

export const gcpVertex: ProviderApi = {
  name: 'gcp-vertex',
  otelName: 'gcp.vertex_ai',
  calls: new Map<FormatName, ProviderCall>([
    ['openai-chat', generate],
    ['openai-responses', generate],
    ['anthropic-messages', generate],
    ['openai-embeddings', { dialect: 'vertex-embeddings', envelope: 'none', path: (call) => vertexModelPath('google', 'predict', call) }],
  ]),
  settings: { project: 'required', location: 'required' },
  defaultUrl: vertexUrl,
  credentialHeader: 'authorization',
  credentialPrefix: 'Bearer ',
  // Whose quota a call counts on: a client must not choose.
  cloudHeaders: ['x-goog-user-project'],
  cloud: 'google',
  defaultHeaders: new Map(),
}
