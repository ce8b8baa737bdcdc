// Cohere Embed on Bedrock. Source: Amazon Bedrock user guide, "Cohere Embed v3", "Cohere Embed v4".

import { TollgateError } from '../../core/errors.ts'
import { readError } from '../bedrock-converse/read-error.ts'
import type { JsonValue } from '../conversation.ts'
import { asList, asObject, isList } from '../json-value.ts'
import type { EmbeddingsDialect } from './embeddings-dialect.ts'
import { readEmbeddingsRequest } from './read-request.ts'
import { notEmbeddings, writeList } from './write-list.ts'

/** What Embed v3 always gives; v4 takes `output_dimension`. */
const v3Dimensions = 1024
const maxTexts = 96

export const cohereEmbeddings: EmbeddingsDialect = {
  writeRequest(body, { upstreamModel }) {
    const { texts, dimensions, inputType, dropped } = readEmbeddingsRequest(body)
    if (texts.length > maxTexts) throw unsupported('input', `Cohere embeds at most ${maxTexts} texts a call, this request has ${texts.length}. Send them in several requests.`)
    const isV3 = /embed-(english|multilingual)/.test(upstreamModel)
    if (isV3 && dimensions !== undefined && dimensions !== v3Dimensions) {
      throw unsupported('dimensions', `Cohere Embed v3 has vectors of ${v3Dimensions} numbers only. Leave out dimensions, or use v4.`)
    }
    return {
      // Required by Cohere and unknown to OpenAI: documents are what is embedded most.
      body: { texts, input_type: inputType ?? 'search_document', ...(isV3 || dimensions === undefined ? {} : { output_dimension: dimensions }) },
      dropped,
    }
  },
  readAnswer(body, context) {
    const vectors = vectorsOf(asObject(body)?.['embeddings'])
    return writeList(vectors, undefined, context)
  },
  // The body has no count; Bedrock tells it in the header x-amzn-bedrock-input-token-count.
  readUsage: () => undefined,
  readError,
}

// A list of vectors, or lists by type when types were asked for.
function vectorsOf(embeddings: JsonValue | undefined): readonly JsonValue[] {
  if (embeddings === undefined) throw notEmbeddings()
  return isList(embeddings) ? embeddings : asList(asObject(embeddings)?.['float'])
}

function unsupported(param: string, message: string): TollgateError {
  return new TollgateError('unsupported_parameter', message, { param })
}
