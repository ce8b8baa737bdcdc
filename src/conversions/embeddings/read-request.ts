// A request of OpenAI's /v1/embeddings. Source: platform.openai.com, API reference, "Create embeddings".

import { TollgateError } from '../../core/errors.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { parseJson } from '../conversion.ts'
import { asObject, asString, isList } from '../json-value.ts'
import type { EmbeddingsEncoding } from './embeddings-dialect.ts'

export interface EmbeddingsRequest {
  /** At least one. */
  readonly texts: readonly string[]
  readonly dimensions: number | undefined
  /** Not OpenAI's: `input_type`, as Cohere-compatible servers take it beside OpenAI's members. */
  readonly inputType: string | undefined
  /** Members with no meaning to any other provider. */
  readonly dropped: readonly string[]
}

const readMembers = new Set(['model', 'input', 'dimensions', 'encoding_format', 'input_type'])

/** Throws TollgateError: `malformed_request`, and `unsupported_parameter` for tokens instead of text. */
export function readEmbeddingsRequest(body: JsonObject): EmbeddingsRequest {
  readEncoding(body)
  return {
    texts: readTexts(body['input']),
    dimensions: readDimensions(body['dimensions']),
    inputType: asString(body['input_type']),
    dropped: Object.keys(body).filter((name) => !readMembers.has(name)),
  }
}

/** How the client wants its vectors. Throws TollgateError `malformed_request` for any other value. */
function readEncoding(body: JsonObject): EmbeddingsEncoding {
  const encoding = body['encoding_format'] ?? 'float'
  if (encoding !== 'float' && encoding !== 'base64') throw malformed('encoding_format', 'encoding_format must be "float" or "base64".')
  return encoding
}

/** The same of a body that somebody else will judge: `float` for whatever cannot be read. */
export function encodingOf(body: Buffer): EmbeddingsEncoding {
  return asObject(parseJson(body))?.['encoding_format'] === 'base64' ? 'base64' : 'float'
}

function readTexts(input: JsonValue | undefined): readonly string[] {
  if (typeof input === 'string') return [readText(input)]
  if (input === undefined || !isList(input) || input.length === 0) throw malformed('input', 'input must be a text or a list of at least one text.')
  return input.map(readText)
}

function readText(input: JsonValue): string {
  if (typeof input === 'number' || isList(input)) {
    throw new TollgateError('unsupported_parameter', 'The provider of this model embeds text, not token numbers, which are those of another tokenizer. Send input as text.', { param: 'input' })
  }
  if (typeof input !== 'string' || input === '') throw malformed('input', 'input must be a text that is not empty, or a list of such texts.')
  return input
}

function readDimensions(dimensions: JsonValue | undefined): number | undefined {
  if (dimensions === undefined || dimensions === null) return undefined
  if (typeof dimensions !== 'number' || !Number.isInteger(dimensions) || dimensions < 1) throw malformed('dimensions', 'dimensions must be a whole number above 0.')
  return dimensions
}

function malformed(param: string, message: string): TollgateError {
  return new TollgateError('malformed_request', message, { param })
}
