// Steps 2 and 4: from the client's body to what Envoy shall do with the request.
// Pure but for the estimate it writes into the exchange's charge.

import type { Caller } from '../callers/caller.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { type EmbeddingsEncoding, encodingOf } from '../conversions/embeddings/index.ts'
import { withoutTraces } from '../conversions/own-traces.ts'
import { TollgateError } from '../core/errors.ts'
import type { Headers } from '../core/headers.ts'
import { memoize } from '../core/memoize.ts'
import type { Usage } from '../core/usage.ts'
import type { Format } from '../formats/format.ts'
import { chainClusterName, stepClusterName } from '../providers/chain-name.ts'
import { isOpenAi } from '../providers/is-openai.ts'
import { isConverted, type PlannedStep, writtenModel } from '../providers/plan-chain.ts'
import type { Action } from './action.ts'
import type { Charge } from './charge.ts'
import type { ProviderCredentials } from '../credentials/provider-credentials.ts'
import type { CoolDowns } from './cool-down.ts'
import { estimateRequest } from './estimate.ts'
import { selectChain } from './select-chain.ts'
import { leaveOutUnable } from './leave-out-unable.ts'
import { leaveOutUnpriced, namesOfUnpriced } from './leave-out-unpriced.ts'
import { METADATA_NAMESPACE, ROUTE_NAMESPACE } from './namespaces.ts'
import { MODEL_HEADER, selectModel } from './select-model.ts'

/** Route marker on every Envoy, cluster_header on 1.37–1.39. */
export const CHAIN_HEADER = 'x-tollgate-chain'

/** What a client must never get through to a provider: its own credentials, its cookies, and the account its key belongs to. */
const STRIPPED_HEADERS = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'proxy-authorization', 'cookie', 'openai-organization', 'openai-project']
/** Ours and Envoy's: a client could steer retries, timeouts and routing with them. */
const RESERVED_PREFIXES = ['x-envoy-', 'x-tollgate-', 'x-ai-eg-']

export interface RequestInput {
  readonly config: RuntimeConfig
  readonly exchangeId: string
  readonly format: Format
  readonly path: string
  readonly query: string
  readonly headers: Headers
  readonly caller: Caller
  readonly body: Buffer
  readonly credentials: ProviderCredentials
  readonly coolDowns: CoolDowns
  readonly random: () => number
}

/** What is kept of a request until its answer has passed. Not the body: it may be large, and answers may take minutes. */
export interface PreparedRequest {
  readonly clientModel: string
  readonly chain: readonly PlannedStep[]
  /** Who serves the model and was not asked, and why. */
  readonly leftOut: readonly string[]
  readonly stream: boolean
  readonly inputTokensEstimate: number
  /** We asked for the usage of this stream on our own account. */
  readonly usageAddedByUs: boolean
  /** How the client wants its embeddings; `float` for everything else. */
  readonly embeddingsEncoding: EmbeddingsEncoding
  /** Undefined for calls that nobody bills. */
  readonly estimate: Usage | undefined
}

/** `body` is undefined when the client's own goes on. Throws TollgateError for every request that cannot be served as it is. */
export function prepareRequest(input: RequestInput): { readonly request: PreparedRequest; readonly body: Buffer | undefined } {
  const { config, format, headers } = input
  // It says where the parts of a multipart body are; two could be read in two ways.
  if (headers.count('content-type') > 1) throw new TollgateError('malformed_request', 'The header content-type occurs more than once. Send it once.')
  refuseEncoded(headers)
  const parsed = format.parseRequest(input.body, headers.get('content-type'))
  const model = selectModel(config, { headers, bodyModel: parsed.model, caller: input.caller })
  const selected = selectChain({ config, model, format, headers, caller: input.caller, credentials: input.credentials, coolDowns: input.coolDowns, random: input.random })
  const priced = leaveOutUnpriced(selected.steps, { config, format, clientModel: model.clientModel })
  const leftOut = priced === selected.steps ? selected.leftOut : [...selected.leftOut, ...namesOfUnpriced(selected.steps, priced)]
  const chain = leaveOutUnable(priced, format, input.body)
  const upstreamModel = writtenModel(model, format.name)
  const usageAddedByUs = parsed.stream && !parsed.usageAsked && format.metered
  const cleaned = withoutTracesFor(chain, input)
  const passed = cleaned === undefined ? parsed : format.parseRequest(cleaned, headers.get('content-type'))
  const edited = passed.edit({ ...(parsed.model === upstreamModel ? {} : { model: upstreamModel }), askForUsage: usageAddedByUs })
  const body = edited ?? cleaned
  const estimate = format.metered ? estimateRequest(format.name, parsed) : undefined
  const { stream, inputTokensEstimate } = parsed
  const embeddingsEncoding = format.name === 'openai-embeddings' && chain.some((step) => isConverted(step.call)) ? encodingOf(input.body) : 'float'
  return { request: { clientModel: model.clientModel, chain, leftOut, stream, inputTokensEstimate, usageAddedByUs, embeddingsEncoding, estimate }, body }
}

// Only for steps whose body nobody sees again: the attempt stage does the same for those that it shows a client's body (write-body.ts).
function withoutTracesFor(chain: readonly PlannedStep[], { format, body }: RequestInput): Buffer | undefined {
  const plain = chain.filter((step) => step.stage === 'plain')
  return plain.length === 0 ? undefined : withoutTraces(body, { format: format.name, isOpenAi: plain.some(({ provider }) => isOpenAi(provider)) })
}

/** The reply to the request body: the rewritten request, where it goes, and what the rate limit filter and the attempt stage need to know. */
export function requestAction(input: RequestInput, { request, body }: ReturnType<typeof prepareRequest>, charge: Charge): Action {
  const { format, headers, path, query } = input
  const { clientModel, chain } = request
  const canonicalPath = format.canonicalPath(path)
  const contentLength = (body ?? input.body).length
  const set: Record<string, string> = {
    [MODEL_HEADER]: clientModel,
    [CHAIN_HEADER]: chainClusterName(chain),
    'x-envoy-max-retries': String(chain.length - 1),
    'accept-encoding': 'identity',
  }
  if (format.body === 'json' && !isJsonType(headers.get('content-type'))) set['content-type'] = 'application/json'
  if (canonicalPath !== path) set[':path'] = canonicalPath + query
  if (body !== undefined) set['content-length'] = String(contentLength)
  return {
    kind: 'pass',
    headers: { set, remove: headersToRemove(input, set) },
    ...(body === undefined ? {} : { body }),
    metadata: {
      [METADATA_NAMESPACE]: descriptorValues(input, clientModel, charge),
      [ROUTE_NAMESPACE]: {
        priority_groups: chain.map((step) => ({ name: stepClusterName(step) })),
        steps: chain.map((step) => ({ provider: step.provider.name, model: step.upstreamModel })),
        path: canonicalPath + query,
        content_length: contentLength,
      },
    },
    reroute: true,
  }
}

// Property by property: building it from parts by spreading takes ten times as long.
function descriptorValues({ caller, exchangeId }: RequestInput, clientModel: string, charge: Charge): Readonly<Record<string, string | number>> {
  const values: Record<string, string | number> = {}
  for (const [attribute, value] of caller.attributes) values[attribute] = value
  values['model'] = clientModel
  values['exchange_id'] = exchangeId
  for (const [cost, value] of charge.values) values[cost] = value
  return values
}

// A client may send JSON as whatever it likes (curl -d says it is a form), but OpenAI and vLLM read a body only as what it is said to be.
// JSON is UTF-8 (RFC 8259): a server that believes another charset would read other members. Express does, UTF-7 included.
function isJsonType(contentType: string | undefined): boolean {
  return /^\s*application\/(?:[\w.+-]+\+)?json\s*(?:;\s*charset="?utf-?8"?\s*)?$/i.test(contentType ?? '')
}

// A provider that unpacks the body would find another one than we read: gzip lets a whole form stand in its header.
function refuseEncoded(headers: Headers): void {
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity' && headers.count('content-encoding') <= 1) return
  throw new TollgateError('unsupported_request', 'The request body must not be compressed: send it without the header content-encoding.')
}

function headersToRemove({ config, headers }: RequestInput, set: Readonly<Record<string, string>>): string[] {
  const removed = [...STRIPPED_HEADERS, ...callerHeaders(config)].filter((name) => headers.has(name))
  for (const name of headers.names()) {
    if (name.startsWith('x-') && RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix)) && !(name in set)) removed.push(name)
  }
  return removed
}

// Who the caller is, is none of the provider's business.
const callerHeaders = memoize((config: RuntimeConfig): readonly string[] => config.callers.flatMap((source) => (source.kind === 'headers' ? [...source.attributes.values()] : [])))
