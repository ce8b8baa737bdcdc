// Gemini through Google's own developer API, with nothing but a key.
// Source: ai.google.dev, Gemini API reference, models.generateContent, streamGenerateContent, batchEmbedContents.

import type { FormatName } from '../formats/format.ts'
import { encodeSegment } from './encode-segment.ts'
import type { ProviderApi, ProviderCall } from './provider-api.ts'

const generate: ProviderCall = {
  dialect: 'gemini',
  envelope: 'none',
  path: ({ upstreamModel, stream }) => modelPath(upstreamModel, stream ? 'streamGenerateContent?alt=sse' : 'generateContent'),
}

function modelPath(model: string, verb: string): string {
  return `/v1beta/models/${encodeSegment(model)}:${verb}`
}

export const googleAiStudio: ProviderApi = {
  name: 'google-ai-studio',
  otelName: 'gcp.gemini',
  calls: new Map<FormatName, ProviderCall>([
    ['openai-chat', generate],
    ['openai-responses', generate],
    ['anthropic-messages', generate],
    ['openai-embeddings', { dialect: 'gemini-embeddings', envelope: 'none', path: ({ upstreamModel }) => modelPath(upstreamModel, 'batchEmbedContents') }],
  ]),
  settings: {},
  defaultUrl: () => 'https://generativelanguage.googleapis.com',
  credentialHeader: 'x-goog-api-key',
  credentialPrefix: '',
  cloudHeaders: [],
  cloud: undefined,
  defaultHeaders: new Map(),
}
