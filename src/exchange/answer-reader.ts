// How the answer of one provider is read, and what the client gets of it: the same bytes, or the same answer in its own dialect.

import { isAnthropicErrorType } from '../conversions/anthropic-messages/map-error-type.ts'
import { UnwrappedStream, unwrapError } from '../conversions/claude-envelope.ts'
import { parseJson } from '../conversions/conversion.ts'
import type { AnswerContext } from '../conversions/dialect.ts'
import { readError as readGoogleError } from '../conversions/gemini/read-error.ts'
import { requireConversion } from '../conversions/index.ts'
import { asObject } from '../conversions/json-value.ts'
import { TollgateError } from '../core/errors.ts'
import type { Headers } from '../core/headers.ts'
import { memoize } from '../core/memoize.ts'
import type { RawUsage } from '../core/usage.ts'
import { errorBodyFor } from '../formats/error-body.ts'
import type { AnswerFacts, Format, StreamReader, StreamReaderOptions } from '../formats/format.ts'
import { isConverted } from '../providers/plan-chain.ts'
import type { ProviderCall } from '../providers/provider-api.ts'

export interface AnswerReader {
  /** True: the client must not get the provider's bytes. */
  readonly converts: boolean
  /** A complete 2xx answer. `body` is what the client gets instead; undefined: the same. Throws TollgateError `provider_error` when it cannot be converted. */
  readJson(body: Buffer): { readonly facts: AnswerFacts; readonly body: Buffer | undefined }
  createStreamReader(options: StreamReaderOptions): StreamReader
  /** The client's words for an error of the provider. */
  convertError(body: Buffer, status: number): Buffer
}

export interface AnswerSource {
  readonly format: Format
  readonly call: ProviderCall
  readonly context: AnswerContext
  /** Of the answer. */
  readonly headers: Headers
}

export function createAnswerReader(source: AnswerSource): AnswerReader {
  const { call, format } = source
  if (!isConverted(call)) return passingReader(format)
  return call.dialect === undefined ? unwrappingReader(source) : convertingReader(source)
}

const passingReader: (format: Format) => AnswerReader = memoize((format) => ({
  converts: false,
  readJson: (body) => ({ facts: format.readAnswer(body), body: undefined }),
  createStreamReader: (options) => format.createStreamReader(options),
  convertError: (body) => body,
}))

// Claude in a cloud answers Anthropic's clients in their own words: only frames and errors are the cloud's.
function unwrappingReader({ format, call, headers }: AnswerSource): AnswerReader {
  const passing = passingReader(format)
  return {
    ...passing,
    converts: true,
    createStreamReader: (options) => (call.envelope === 'bedrock-claude' ? unwrapStream(passing.createStreamReader(options)) : passing.createStreamReader(options)),
    convertError(body, status) {
      const said = parseJson(body)
      if (asObject(said)?.['type'] === 'error') return body
      // Google's front end, which answers before Claude is asked.
      if (call.envelope === 'vertex-claude') return errorBodyFor(format.errorStyle, { status, message: readGoogleError(said).message })
      return Buffer.from(JSON.stringify(unwrapError(said, headers.get('x-amzn-errortype'))))
    },
  }
}

function unwrapStream(inner: StreamReader): StreamReader {
  const frames = new UnwrappedStream()
  return {
    push(chunk, end) {
      const bytes = frames.push(chunk)
      return inner.push(bytes, end) ?? bytes
    },
    get usage() {
      return inner.usage
    },
    get responseModel() {
      return inner.responseModel
    },
    get outputTokensSeen() {
      return inner.outputTokensSeen
    },
    get finished() {
      return inner.finished
    },
    get failed() {
      return inner.failed
    },
  }
}

function convertingReader({ format, call, context, headers }: AnswerSource): AnswerReader {
  const conversion = requireConversion(format.name, call)
  return {
    converts: true,
    readJson(body) {
      const { body: converted, usage, ...facts } = conversion.convertAnswer(body, context)
      return { facts: { ...facts, usage: usage ?? bedrockUsage(headers) }, body: converted }
    },
    createStreamReader() {
      if (conversion.convertStream === undefined) throw new TollgateError('provider_error', 'The provider answered with a stream that nobody asked for.')
      return conversion.convertStream(context)
    },
    convertError(body, status) {
      const { message, type } = conversion.readError(body, headers.get('x-amzn-errortype'))
      // OpenAI's clients take any type, Anthropic's know theirs alone: for them the status says which it is.
      const isKnown = type !== undefined && (format.errorStyle !== 'anthropic' || isAnthropicErrorType(type))
      return errorBodyFor(format.errorStyle, { status, message, ...(isKnown ? { type } : {}) })
    },
  }
}

// Models behind Bedrock's InvokeModel need not count in their bodies; Bedrock does in headers (docs.aws.amazon.com, Bedrock, "InvokeModel").
function bedrockUsage(headers: Headers): RawUsage | undefined {
  const inputTokens = headers.get('x-amzn-bedrock-input-token-count')
  if (inputTokens === undefined) return undefined
  const outputTokens = headers.get('x-amzn-bedrock-output-token-count')
  return { inputTokens: Number(inputTokens), ...(outputTokens === undefined ? {} : { outputTokens: Number(outputTokens) }) }
}
