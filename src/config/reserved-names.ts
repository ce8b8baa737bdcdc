// Names that a configuration may not take because Tollgate or HTTP itself already uses them.

import { credentialHeaders } from '../providers/index.ts'

/** Keys that Tollgate or Envoy AI Gateway's rules expect in the metadata namespace io.envoy.ai_gateway. */
export const reservedMetadataKeys: ReadonlySet<string> = new Set([
  'model',
  'exchange_id',
  'backend_name',
  'model_name_override',
  'route_name',
  'response_model',
  'ai_service_backend_name',
])

// RFC 9110 section 7.6.1 and the names that HTTP/2 replaces by its framing.
const hopByHop = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect'])
const messageHeaders = new Set(['host', 'content-length', 'content-encoding', 'accept-encoding'])

/** Headers in which clients or operators put secrets: they are stripped from requests and may not stand in a file. */
export const secretHeaders: ReadonlySet<string> = new Set([
  // Whose quota a call counts on is for the operator to say.
  ...[...credentialHeaders].filter((name) => name !== 'x-goog-user-project'),
  'authorization',
  'proxy-authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'cookie',
])

/** Why a provider may not be given this header (lower-case name); undefined when it may. */
export function whyNotProviderHeader(name: string): string | undefined {
  if (secretHeaders.has(name)) return 'it carries a secret, and secrets do not belong into this file; use credential: {env: NAME} or {file: PATH}'
  if (hopByHop.has(name)) return 'it belongs to the connection, not to the request; remove it'
  if (messageHeaders.has(name)) return 'Envoy and Tollgate set it themselves; remove it'
  if (isOurs(name)) return 'Tollgate or Envoy use it between themselves; remove it'
  return undefined
}

/** Why a header cannot identify a caller (lower-case name); undefined when it can. */
export function whyNotCallerHeader(name: string): string | undefined {
  if (secretHeaders.has(name))
    return 'it carries a secret that would end up in metadata and logs; use a header that names the caller, set by something that verified it'
  if (hopByHop.has(name) || messageHeaders.has(name)) return 'it says nothing about the caller; use a header such as x-user-id'
  if (isOurs(name)) return 'Tollgate or Envoy use it between themselves; use a header such as x-user-id'
  return undefined
}

/** Why a route cannot look at a header (lower-case name); undefined when it can. */
export function whyNotRouteHeader(name: string): string | undefined {
  if (secretHeaders.has(name)) return 'it carries a secret, and secrets do not belong into this file; use another header'
  if (name === 'host') return 'Envoy shows it as :authority; use another header'
  return undefined
}

function isOurs(name: string): boolean {
  return name === 'x-ai-eg-model' || name.startsWith('x-tollgate-') || name.startsWith('x-envoy-')
}
