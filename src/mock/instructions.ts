// A test tells a mock provider what to do in `x-mock-*` request headers, so that it can say so through a gateway and per request.

export type MockHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

export interface Instructions {
  /** `x-mock-input-tokens`, `-output-`, `-cached-`, `-cache-creation-`, `-reasoning-tokens`: the counts to serve, instead of the mock's own. */
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly cachedTokens: number
  readonly cacheCreationTokens: number
  readonly reasoningTokens: number
  /** `x-mock-usage`: JSON that replaces the usage object of the answer, whatever it says. For values that lie. */
  readonly usage: unknown
  /** `x-mock-no-usage`: the answer tells no usage at all. */
  readonly noUsage: boolean
  /** `x-mock-usage-in-every-chunk`: every event of a stream carries the usage so far, as vLLM's continuous_usage_stats. */
  readonly usageInEveryChunk: boolean
  /** `x-mock-response-model`: the model that the answer names. */
  readonly responseModel: string | undefined
  /** `x-mock-chunks`: how many events with content a stream has. */
  readonly chunks: number | undefined
  /** `x-mock-chunk-delay-ms`: silence after each event with content. */
  readonly chunkDelayMs: number
  /** `x-mock-latency-ms`: silence before the answer. */
  readonly latencyMs: number
  /** `x-mock-split`: largest number of bytes written at once. */
  readonly splitBytes: number | undefined
  /** `x-mock-cut-after-chunks`: destroy the connection after so many events with content; 0 before anything is sent; in a JSON answer half way. */
  readonly cutAfterChunks: number | undefined
  /** `x-mock-encoding: gzip | br`, or `x-mock-gzip`: compress, whatever the request accepts. */
  readonly encoding: 'identity' | 'gzip' | 'br'
  /**
   * `x-mock-stream-fault`: behind the first event with content of a stream in frames (Bedrock) comes a frame whose checksum does not fit
   * (`checksum`), or a throttling exception, which is the last frame (`exception`).
   */
  readonly streamFault: 'checksum' | 'exception' | undefined
  /** `x-mock-crlf`: lines of a stream end in CR LF. */
  readonly crlf: boolean
  /** `x-mock-any-body`: take a body that the provider's published schema refuses, as a look-alike might. */
  readonly anyBody: boolean
  /** `x-mock-hang`: never answer. */
  readonly hang: boolean
  /** `x-mock-status`: answer with the provider's own error of that status. */
  readonly status: number | undefined
  /** `x-mock-fail-first`: only the first so many requests with this `x-mock-key` fail, with `x-mock-status` or 503. */
  readonly failFirst: number | undefined
  readonly key: string
}

export const noInstructions: Instructions = {
  inputTokens: undefined,
  outputTokens: undefined,
  cachedTokens: 0,
  cacheCreationTokens: 0,
  reasoningTokens: 0,
  usage: undefined,
  noUsage: false,
  usageInEveryChunk: false,
  responseModel: undefined,
  chunks: undefined,
  chunkDelayMs: 0,
  latencyMs: 0,
  splitBytes: undefined,
  cutAfterChunks: undefined,
  encoding: 'identity',
  streamFault: undefined,
  crlf: false,
  anyBody: false,
  hang: false,
  status: undefined,
  failFirst: undefined,
  key: '',
}

/**
 * Reads the instructions of one request. `x-mock-provider: <name>` addresses them to one mock only, so that in a chain
 * the first provider can be told to fail and the second can not. Throws an Error that names a header it cannot read:
 * a test that mistypes a number must not pass.
 */
export function parseInstructions(headers: MockHeaders, providerName: string): Instructions {
  let isInstructed = false
  for (const name in headers) {
    if (name.startsWith('x-mock-')) {
      isInstructed = true
      break
    }
  }
  if (!isInstructed) return noInstructions
  const addressee = text(headers, 'provider')
  if (addressee !== undefined && addressee !== providerName) return noInstructions
  return {
    inputTokens: count(headers, 'input-tokens'),
    outputTokens: count(headers, 'output-tokens'),
    cachedTokens: count(headers, 'cached-tokens') ?? 0,
    cacheCreationTokens: count(headers, 'cache-creation-tokens') ?? 0,
    reasoningTokens: count(headers, 'reasoning-tokens') ?? 0,
    usage: usageOverride(headers),
    noUsage: flag(headers, 'no-usage'),
    usageInEveryChunk: flag(headers, 'usage-in-every-chunk'),
    responseModel: text(headers, 'response-model'),
    chunks: positive(headers, 'chunks'),
    chunkDelayMs: count(headers, 'chunk-delay-ms') ?? 0,
    latencyMs: count(headers, 'latency-ms') ?? 0,
    splitBytes: positive(headers, 'split'),
    cutAfterChunks: count(headers, 'cut-after-chunks'),
    encoding: encoding(headers),
    streamFault: streamFault(headers),
    crlf: flag(headers, 'crlf'),
    anyBody: flag(headers, 'any-body'),
    hang: flag(headers, 'hang'),
    status: errorStatus(headers),
    failFirst: count(headers, 'fail-first'),
    key: text(headers, 'key') ?? '',
  }
}

function text(headers: MockHeaders, name: string): string | undefined {
  const value = headers[`x-mock-${name}`]
  return typeof value === 'string' || value === undefined ? value : value.join(',')
}

function flag(headers: MockHeaders, name: string): boolean {
  const value = text(headers, name)
  return value !== undefined && value !== '0' && value !== 'false'
}

function count(headers: MockHeaders, name: string): number | undefined {
  const value = text(headers, name)
  if (value === undefined) return undefined
  if (!/^\d{1,15}$/.test(value)) throw new Error(`x-mock-${name}: expected a whole number, found "${value}"`)
  return Number(value)
}

function positive(headers: MockHeaders, name: string): number | undefined {
  const value = count(headers, name)
  if (value === 0) throw new Error(`x-mock-${name}: expected at least 1`)
  return value
}

function errorStatus(headers: MockHeaders): number | undefined {
  const value = count(headers, 'status')
  if (value !== undefined && (value < 400 || value > 599)) throw new Error(`x-mock-status: expected 400 to 599, found ${value}`)
  return value
}

function encoding(headers: MockHeaders): 'identity' | 'gzip' | 'br' {
  const value = text(headers, 'encoding') ?? (flag(headers, 'gzip') ? 'gzip' : 'identity')
  if (value === 'gzip' || value === 'br' || value === 'identity') return value
  throw new Error(`x-mock-encoding: expected gzip, br or identity, found "${value}"`)
}

function streamFault(headers: MockHeaders): 'checksum' | 'exception' | undefined {
  const value = text(headers, 'stream-fault')
  if (value === undefined || value === 'checksum' || value === 'exception') return value
  throw new Error(`x-mock-stream-fault: expected checksum or exception, found "${value}"`)
}

function usageOverride(headers: MockHeaders): unknown {
  const value = text(headers, 'usage')
  if (value === undefined) return undefined
  try {
    return JSON.parse(value)
  } catch {
    throw new Error(`x-mock-usage: expected JSON, found "${value}"`)
  }
}
