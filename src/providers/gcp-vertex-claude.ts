// Claude on Google's Vertex AI, in Anthropic's own words.
// Source: docs.anthropic.com, "Claude on Vertex AI"; cloud.google.com, publishers.models.rawPredict and streamRawPredict.

import type { FormatName } from '../formats/format.ts'
import type { ProviderApi, ProviderCall } from './provider-api.ts'
import { vertexAccess, vertexModelPath } from './vertex-paths.ts'

function predictCall(dialect: ProviderCall['dialect']): ProviderCall {
  return { dialect, envelope: 'vertex-claude', path: (call) => vertexModelPath('anthropic', call.stream ? 'streamRawPredict' : 'rawPredict', call) }
}

export const gcpVertexClaude: ProviderApi = {
  name: 'gcp-vertex-claude',
  ...vertexAccess,
  calls: new Map<FormatName, ProviderCall>([
    ['anthropic-messages', predictCall(undefined)],
    ['openai-chat', predictCall('anthropic-messages')],
    ['openai-responses', predictCall('anthropic-messages')],
  ]),
}
