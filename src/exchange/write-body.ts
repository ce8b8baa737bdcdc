// The body of one attempt: the client's under the provider's own model name, or the same request in the provider's dialect.

import type { ProviderConfig } from '../config/runtime-config.ts'
import { type ClaudeEnvelope, readBetas, wrapRequest } from '../conversions/claude-envelope.ts'
import { parseRequest } from '../conversions/conversion.ts'
import { requireConversion } from '../conversions/index.ts'
import { withoutTraces } from '../conversions/own-traces.ts'
import { TollgateError } from '../core/errors.ts'
import type { Headers } from '../core/headers.ts'
import type { Format } from '../formats/format.ts'
import { formatForPath } from '../formats/index.ts'
import { providerApis } from '../providers/index.ts'
import { isOpenAi } from '../providers/is-openai.ts'
import { findCall, type ProviderCall } from '../providers/provider-api.ts'

export interface AttemptTarget {
  readonly provider: ProviderConfig
  readonly upstreamModel: string
  /** `path`: the client's canonical path with its query. */
  readonly route: { readonly path: string }
  readonly headers: Headers
}

export interface WrittenBody {
  /** Undefined when the client's own goes on. */
  readonly body: Buffer | undefined
  /** Path and query, without the provider's prefix. */
  readonly path: string
  /** Parameters that were left out; undefined for a body that was not converted. */
  readonly dropped: readonly string[] | undefined
}

/** `body` is undefined where the stage is not shown it. Throws TollgateError for a request that this provider cannot be asked. */
export function writeBody(target: AttemptTarget, body: Buffer | undefined): WrittenBody {
  const { provider, route } = target
  const format = formatForPath(stripQuery(route.path))
  const call = format === undefined ? undefined : findCall(providerApis[provider.api], format.name, target.upstreamModel)
  if (format === undefined || call === undefined) throw new TollgateError('internal', `The provider ${provider.name} has no call for the path that the request stage wrote.`)
  if (body === undefined) return { body: undefined, path: pathOf(target, call, false), dropped: undefined }
  if (call.dialect !== undefined) return convertBody(target, format, call, body)
  const cleaned = withoutTraces(body, { format: format.name, isOpenAi: isOpenAi(provider) })
  if (call.envelope !== 'none') return wrapBody(target, call, call.envelope, cleaned ?? body)
  const renamed = renameModel(target, format, call, cleaned ?? body)
  return { ...renamed, body: renamed.body ?? cleaned }
}

function renameModel(target: AttemptTarget, format: Format, call: ProviderCall, body: Buffer): WrittenBody {
  const { upstreamModel, headers } = target
  const parsed = format.parseRequest(body, headers.get('content-type'))
  const edited = parsed.model === upstreamModel ? undefined : parsed.edit({ model: upstreamModel })
  return { body: edited, path: pathOf(target, call, parsed.stream), dropped: undefined }
}

function convertBody(target: AttemptTarget, format: Format, call: ProviderCall, body: Buffer): WrittenBody {
  const { body: converted, dropped, stream } = requireConversion(format.name, call).convertRequest(body, { upstreamModel: target.upstreamModel })
  return { body: toJson(converted), path: pathOf(target, call, stream), dropped }
}

// What a client wrote as text (arguments of a tool call) may have become JSON here, nested as deep as it pleased; the body itself is bounded.
function toJson(value: object): Buffer {
  try {
    return Buffer.from(JSON.stringify(value))
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new TollgateError('malformed_request', 'The arguments or the result of a tool call hold JSON that is nested too deeply.', { cause })
  }
}

// The client speaks the provider's dialect, but not the way in which a cloud wants it.
function wrapBody(target: AttemptTarget, call: ProviderCall, envelope: ClaudeEnvelope, body: Buffer): WrittenBody {
  const request = parseRequest(body)
  const wrapped = wrapRequest(envelope, request, readBetas(target.headers.get('anthropic-beta')))
  return { body: Buffer.from(JSON.stringify(wrapped)), path: pathOf(target, call, request['stream'] === true), dropped: undefined }
}

function pathOf({ provider, route, upstreamModel }: AttemptTarget, call: ProviderCall, stream: boolean): string {
  return call.path({ clientPath: route.path, upstreamModel, stream, settings: provider.settings })
}

export function stripQuery(path: string): string {
  const at = path.indexOf('?')
  return at === -1 ? path : path.slice(0, at)
}
