// Host, paths and credentials that both kinds of Vertex AI provider share.

import type { ProviderSettings } from '../config/runtime-config.ts'
import { encodeSegment } from './encode-segment.ts'
import type { CallTarget, ProviderApi } from './provider-api.ts'

/** What is the same for every API of Vertex AI. */
export const vertexAccess = {
  otelName: 'gcp.vertex_ai',
  settings: { project: 'required', location: 'required' },
  defaultUrl: vertexUrl,
  credentialHeader: 'authorization',
  credentialPrefix: 'Bearer ',
  // Whose quota a call counts on: a client must not choose.
  cloudHeaders: ['x-goog-user-project'],
  cloud: 'google',
  defaultHeaders: new Map(),
} as const satisfies Omit<ProviderApi, 'name' | 'calls'>

/** Undefined without a location. Source: cloud.google.com, Vertex AI, "Locations": regional, global and the two multi-regional hosts. */
function vertexUrl({ location }: ProviderSettings): string | undefined {
  if (location === undefined) return undefined
  if (location === 'global') return 'https://aiplatform.googleapis.com'
  return location === 'us' || location === 'eu' ? `https://aiplatform.${location}.rep.googleapis.com` : `https://${location}-aiplatform.googleapis.com`
}

/** `verb`: what follows the colon, with its query. The `@` of a version (claude-sonnet-4-5@20250929) stays as it is, as Google writes it. */
export function vertexModelPath(publisher: 'google' | 'anthropic', verb: string, { upstreamModel, settings: { project, location } }: CallTarget): string {
  const place = `/v1/projects/${encodeSegment(project ?? '')}/locations/${encodeSegment(location ?? '')}`
  return `${place}/publishers/${publisher}/models/${encodeSegment(upstreamModel, '@')}:${verb}`
}
