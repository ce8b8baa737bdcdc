// Claude on Vertex AI as a mock: Anthropic's bodies and events in Google's paths. Google's front end answers with its own errors, Claude with
// Anthropic's. Sources: docs.anthropic.com, "Claude on Vertex AI"; cloud.google.com, publishers.models.rawPredict and streamRawPredict.

import { anthropicBehaviour } from './anthropic-behaviour.ts'
import { answerMessages } from './anthropic-messages.ts'
import { checkMessagesRequest } from './check-messages-request.ts'
import { gcpVertexBehaviour } from './gemini-behaviour.ts'
import { googleErrorBody } from './gemini-error.ts'
import type { JsonObject } from './json-object.ts'
import type { Endpoint, ProviderBehaviour } from './provider-behaviour.ts'

const version = 'vertex-2023-10-16'
/** Those that come from Google before Claude is asked. */
const frontEndStatuses: ReadonlySet<number> = new Set([401, 403, 404, 405, 429, 503])

export const gcpVertexClaudeBehaviour: ProviderBehaviour = {
  endpoints: new Map(),
  findEndpoint: (path) => {
    const [, encodedModel, verb] = /^\/v1\/projects\/[^/]+\/locations\/[^/]+\/publishers\/anthropic\/models\/([^/:]+):(rawPredict|streamRawPredict)$/.exec(path) ?? []
    if (encodedModel === undefined) return undefined
    const model = decodeURIComponent(encodedModel)
    const endpoint: Endpoint = { kind: 'json', method: 'POST', answer: answerMessages, check: (body) => checkRawPredict(body, { model, isStream: verb === 'streamRawPredict' }) }
    return { endpoint, model }
  },
  requestIdHeader: 'request-id',
  checkHeaders: (headers, apiKey, request) => gcpVertexBehaviour.checkHeaders(headers, apiKey, request),
  errorBody: (status, message, requestId) => (frontEndStatuses.has(status) ? googleErrorBody(status, message) : anthropicBehaviour.errorBody(status, message, requestId)),
}

/** The message of the 400, or undefined for a body that it takes. */
function checkRawPredict({ anthropic_version: given, anthropic_beta: _beta, ...body }: JsonObject, { model, isStream }: { readonly model: string; readonly isStream: boolean }): string | undefined {
  if (given !== version) return 'anthropic_version: Field required'
  if ('model' in body) return 'model: Extra inputs are not permitted'
  if ((body['stream'] === true) !== isStream) return 'stream: must be true with streamRawPredict, and with nothing else'
  return checkMessagesRequest({ ...body, model })
}
