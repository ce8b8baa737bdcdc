// How the answer of one provider is read, and what the client gets of it: the same bytes, or the same answer in its own dialect.

import type { AnswerContext } from '../conversions/dialect.ts'
import { conversionFor } from '../conversions/index.ts'
import { TollgateError } from '../core/errors.ts'
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

export function createAnswerReader(format: Format, call: ProviderCall, context: AnswerContext): AnswerReader {
  return isConverted(call) ? convertingReader(format, call, context) : passingReader(format)
}

function passingReader(format: Format): AnswerReader {
  return {
    converts: false,
    readJson: (body) => ({ facts: format.readAnswer(body), body: undefined }),
    createStreamReader: (options) => format.createStreamReader(options),
    convertError: (body) => body,
  }
}

function convertingReader(format: Format, call: ProviderCall, context: AnswerContext): AnswerReader {
  const conversion = conversionFor(format.name, call)
  if (conversion === undefined) throw new TollgateError('internal', `There is no conversion from ${format.name} to ${call.dialect ?? call.envelope}.`)
  return {
    converts: true,
    readJson(body) {
      const { body: converted, ...facts } = conversion.convertAnswer(body, context)
      return { facts, body: converted }
    },
    createStreamReader() {
      if (conversion.convertStream === undefined) throw new TollgateError('provider_error', 'The provider answered with a stream that nobody asked for.')
      return conversion.convertStream(context)
    },
    convertError(body, status) {
      const { message, type } = conversion.readError(body)
      return errorBodyFor(format.errorStyle, { status, message, ...(type === undefined ? {} : { type }) })
    },
  }
}
