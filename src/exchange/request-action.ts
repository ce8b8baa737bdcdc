// Step 4: what Envoy shall do with a request that may go: its headers, where it goes, and what the filters after us need to know.

import type { RuntimeConfig } from '../config/runtime-config.ts'
import { memoize } from '../core/memoize.ts'
import { chainClusterName, stepClusterName } from '../providers/chain-name.ts'
import type { PlannedStep } from '../providers/plan-chain.ts'
import type { Action, MetadataValue } from './action.ts'
import type { Charge } from './charge.ts'
import { METADATA_NAMESPACE, ROUTE_NAMESPACE } from './namespaces.ts'
import type { CompletedRequest, RequestInput } from './prepare-request.ts'
import { MODEL_HEADER } from './select-model.ts'

/** Route marker on every Envoy, cluster_header on 1.37–1.39. */
export const CHAIN_HEADER = 'x-tollgate-chain'

/** What a client must never get through to a provider: its own credentials, its cookies, and the account its key belongs to. */
const STRIPPED_HEADERS = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'proxy-authorization', 'cookie', 'openai-organization', 'openai-project']
/** Ours and Envoy's: a client could steer retries, timeouts and routing with them. */
const RESERVED_PREFIXES = ['x-envoy-', 'x-tollgate-', 'x-ai-eg-']

/** The reply to the request body: the rewritten request, where it goes, and what the rate limit filter and the attempt stage need to know. */
export function requestAction(input: RequestInput, { request, body }: CompletedRequest, charge: Charge): Action {
  const { format, headers, path, query } = input
  const { clientModel, chain } = request
  const canonicalPath = format.canonicalPath(path)
  const contentLength = (body ?? input.body).length
  // Name by name: V8 makes a literal with computed names in its runtime, which takes several times as long.
  const set: Record<string, string> = {}
  set[MODEL_HEADER] = clientModel
  set[CHAIN_HEADER] = chainClusterName(chain)
  set['x-envoy-max-retries'] = String(chain.length - 1)
  set['accept-encoding'] = 'identity'
  if (format.body === 'json' && !isJsonType(headers.get('content-type'))) set['content-type'] = 'application/json'
  if (canonicalPath !== path) set[':path'] = canonicalPath + query
  if (body !== undefined) set['content-length'] = String(contentLength)
  const { groups, steps } = stepsOf(chain)
  const metadata: Record<string, Readonly<Record<string, MetadataValue>>> = {}
  metadata[METADATA_NAMESPACE] = descriptorValues(input, clientModel, charge)
  metadata[ROUTE_NAMESPACE] = { priority_groups: groups, steps, path: canonicalPath + query, content_length: contentLength }
  const action = { kind: 'pass', headers: { set, remove: headersToRemove(input, set) }, metadata, reroute: true } as const
  return body === undefined ? action : { ...action, body }
}

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

function headersToRemove({ config, headers }: RequestInput, set: Readonly<Record<string, string>>): string[] {
  const stripped = strippedHeaders(config)
  const removed: string[] = []
  for (const name of headers.names()) {
    const isReserved = name.startsWith('x-') && RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix)) && !(name in set)
    if ((isReserved || stripped.has(name)) && !removed.includes(name)) removed.push(name)
  }
  return removed
}

// Who the caller is, is none of the provider's business.
const strippedHeaders = memoize((config: RuntimeConfig): ReadonlySet<string> => {
  const naming = config.callers.flatMap((source) => (source.kind === 'headers' ? [...source.attributes.values()] : []))
  return new Set([...STRIPPED_HEADERS, ...naming])
})

const stepsOf = memoize((chain: readonly PlannedStep[]) => ({
  groups: chain.map((step) => ({ name: stepClusterName(step) })),
  steps: chain.map((step) => ({ provider: step.provider.name, model: step.upstreamModel })),
}))
