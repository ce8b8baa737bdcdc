// Amazon Titan Text Embeddings on Bedrock: one text a call. Source: Amazon Bedrock user guide, "Amazon Titan Embeddings Text".

import { TollgateError } from '../../core/errors.ts'
import { readError } from '../bedrock-converse/read-error.ts'
import { asObject } from '../json-value.ts'
import type { EmbeddingsDialect } from './embeddings-dialect.ts'
import { inputUsage } from './input-usage.ts'
import { readEmbeddingsRequest } from './read-request.ts'
import { writeList } from './write-list.ts'

export const titanEmbeddings: EmbeddingsDialect = {
  writeRequest(body, { upstreamModel }) {
    const { texts, dimensions, inputType, dropped } = readEmbeddingsRequest(body)
    const [inputText = ''] = texts
    if (texts.length > 1) throw unsupported('input', `Amazon Titan embeds one text a call, this request has ${texts.length}. Send them one by one, or use a Cohere model, which takes 96.`)
    // The first version takes the text and nothing else; its vectors have 1,536 numbers.
    const isFirst = upstreamModel.includes('titan-embed-text-v1') || upstreamModel.includes('titan-embed-g1')
    if (isFirst && dimensions !== undefined) throw unsupported('dimensions', 'Amazon Titan Text Embeddings v1 has vectors of one size. Leave out dimensions, or use v2.')
    return {
      body: { inputText, ...(dimensions === undefined ? {} : { dimensions }) },
      dropped: inputType === undefined ? dropped : [...dropped, 'input_type'],
    }
  },
  readAnswer: (body, context) => writeList([asObject(body)?.['embedding']], titanEmbeddings.readUsage(body), context),
  readUsage: (body) => inputUsage(asObject(body)?.['inputTextTokenCount']),
  readError,
}

function unsupported(param: string, message: string): TollgateError {
  return new TollgateError('unsupported_parameter', message, { param })
}
