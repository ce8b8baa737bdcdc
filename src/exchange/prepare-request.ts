// Step 2: from the client's body to who would serve it, and with which body.

import type { Caller } from '../callers/caller.ts'
import type { ModelConfig, RuntimeConfig } from '../config/runtime-config.ts'
import { type EmbeddingsEncoding, encodingOf } from '../conversions/embeddings/index.ts'
import { withoutTraces } from '../conversions/own-traces.ts'
import { TollgateError } from '../core/errors.ts'
import type { Headers } from '../core/headers.ts'
import { memoize } from '../core/memoize.ts'
import type { Usage } from '../core/usage.ts'
import type { Format, ParsedRequest } from '../formats/format.ts'
import { isOpenAi } from '../providers/is-openai.ts'
import { isConverted, type PlannedStep, writtenModel } from '../providers/plan-chain.ts'
import type { ProviderCredentials } from '../credentials/provider-credentials.ts'
import type { CoolDowns } from './cool-down.ts'
import { estimateRequest } from './estimate.ts'
import { selectChain } from './select-chain.ts'
import { leaveOutUnable } from './leave-out-unable.ts'
import { leaveOutUnpriced, namesOfUnpriced } from './leave-out-unpriced.ts'
import { selectModel } from './select-model.ts'

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
  /** As the body names it; undefined when it names none. */
  readonly askedModel: string | undefined
  readonly clientModel: string
  readonly chain: readonly PlannedStep[]
  /** Who serves the model and was not asked, and why. */
  readonly leftOut: readonly string[]
  readonly stream: boolean
  readonly inputTokensEstimate: number
  /** How many answers the client wants at once. */
  readonly choices: number
  /** We asked for the usage of this stream on our own account. */
  readonly usageAddedByUs: boolean
  /** How the client wants its embeddings; `float` for everything else. */
  readonly embeddingsEncoding: EmbeddingsEncoding
  /** Undefined for calls that nobody bills. */
  readonly estimate: Usage | undefined
}

/** What a request says, before it is decided who serves it. */
export interface RequestReading {
  readonly parsed: ParsedRequest
  /** The model that was asked for, and the header route that chose it. */
  readonly model: ModelConfig
  readonly route: string | undefined
}

/** Who would serve a request with one model. */
export interface RequestPlan {
  readonly model: ModelConfig
  /** Never empty. */
  readonly chain: readonly PlannedStep[]
  readonly leftOut: readonly string[]
}

/** `body` is undefined when the client's own goes on. */
export interface CompletedRequest {
  readonly request: PreparedRequest
  readonly body: Buffer | undefined
}

/** By what the request says of itself, before Envoy has collected it. Throws TollgateError `request_too_large`. */
export function refuseTooLarge(headers: Headers, maxBytes: number): void {
  const length = Number(headers.get('content-length') ?? 0)
  if (length > maxBytes) throw new TollgateError('request_too_large', `The request body has ${length} bytes; at most ${maxBytes} are accepted.`)
}

/** Throws TollgateError for a request that cannot be read or whose model cannot be had. */
export function readRequest({ config, format, headers, body, caller }: RequestInput): RequestReading {
  // It says where the parts of a multipart body are; two could be read in two ways.
  if (headers.count('content-type') > 1) throw new TollgateError('malformed_request', 'The header content-type occurs more than once. Send it once.')
  refuseEncoded(headers)
  const parsed = format.parseRequest(body, headers.get('content-type'))
  return { parsed, ...selectModel(config, { headers, bodyModel: parsed.model, caller }) }
}

/** Throws TollgateError when no provider of the model can serve the request. */
export function planRequest(input: RequestInput, model: ModelConfig, route: string | undefined): RequestPlan {
  const { config, format, headers, caller, credentials, coolDowns, random } = input
  const selected = selectChain({ config, model, format, headers, caller, credentials, coolDowns, random })
  const priced = leaveOutUnpriced(selected.steps, { config, format, clientModel: model.clientModel, attributes: caller.attributes, route })
  const leftOut = priced === selected.steps ? selected.leftOut : [...selected.leftOut, ...namesOfUnpriced(selected.steps, priced)]
  return { model, chain: leaveOutUnable(priced, format, input.body), leftOut }
}

/** `maxOutputTokens` replaces the client's own bound; undefined leaves it. */
export function completeRequest(input: RequestInput, { parsed }: RequestReading, { model, chain, leftOut }: RequestPlan, maxOutputTokens: number | undefined): CompletedRequest {
  const { format, headers } = input
  const upstreamModel = writtenModel(model, format.name)
  const usageAddedByUs = parsed.stream && !parsed.usageAsked && format.metered
  const cleaned = withoutTracesFor(chain, input)
  const passed = cleaned === undefined ? parsed : format.parseRequest(cleaned, headers.get('content-type'))
  const bound = maxOutputTokens === undefined ? {} : { maxOutputTokens, isForOpenAi: chain[0] !== undefined && isOpenAi(chain[0].provider) }
  const edited = passed.edit({ model: upstreamModel, askForUsage: usageAddedByUs, ...bound })
  const estimate = format.metered ? estimateRequest(format.name, parsed) : undefined
  const { stream, inputTokensEstimate, choices } = parsed
  const embeddingsEncoding = format.name === 'openai-embeddings' && chain.some((step) => isConverted(step.call)) ? encodingOf(input.body) : 'float'
  return { request: { askedModel: parsed.model, clientModel: model.clientModel, chain, leftOut, stream, inputTokensEstimate, choices, usageAddedByUs, embeddingsEncoding, estimate }, body: edited ?? cleaned }
}

function withoutTracesFor(chain: readonly PlannedStep[], { format, body }: RequestInput): Buffer | undefined {
  const passed = passedTo(chain)
  return passed === undefined ? undefined : withoutTraces(body, { format: format.name, isOpenAi: passed.isOpenAi })
}

// Only for steps whose body nobody sees again: the attempt stage does the same for those that it shows a client's body (write-body.ts).
const passedTo = memoize((chain: readonly PlannedStep[]): { readonly isOpenAi: boolean } | undefined => {
  const plain = chain.filter((step) => step.stage === 'plain')
  return plain.length === 0 ? undefined : { isOpenAi: plain.some(({ provider }) => isOpenAi(provider)) }
})

// A provider that unpacks the body would find another one than we read: gzip lets a whole form stand in its header.
function refuseEncoded(headers: Headers): void {
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity' && headers.count('content-encoding') <= 1) return
  throw new TollgateError('unsupported_request', 'The request body must not be compressed: send it without the header content-encoding.')
}
