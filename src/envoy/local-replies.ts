// Envoy's own errors in the client's format, for the two moments at which the request stage cannot see to it: when it cannot be asked,
// and when a provider breaks off a whole answer whose headers have passed already. Shapes as in formats/error-body.ts.

import { extension, type EnvoyObject } from './envoy-object.ts'
import { routeNamespace } from './names.ts'

const message = 'The request failed on its way to the provider (%RESPONSE_CODE_DETAILS%).'
const anthropicBody = { type: 'error', error: { type: 'api_error', message } }
const openaiBody = { error: { message, type: 'server_error', code: 'provider_error' } }

/** The connection manager's `local_reply_config`. What Tollgate itself answers is a local reply, too, and must not be touched. */
export function localReplies(): EnvoyObject {
  const isOurs = "response.code_details.startsWith('tollgate_')"
  // An attempt in another API has changed the path; the client's own is in the metadata then.
  const clientPath = `('${routeNamespace}' in metadata.filter_metadata ? metadata.filter_metadata['${routeNamespace}'].path : request.path)`
  const isAnthropic = `${clientPath}.contains('/v1/messages')`
  return {
    mappers: [mapper(`response.code >= 500 && !${isOurs} && ${isAnthropic}`, anthropicBody), mapper(`response.code >= 500 && !${isOurs}`, openaiBody)],
  }
}

function mapper(expression: string, body: EnvoyObject): EnvoyObject {
  const type = 'envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter'
  return {
    filter: { extension_filter: extension('envoy.access_loggers.extension_filters.cel', type, { expression }) },
    body_format_override: { json_format: body },
  }
}
