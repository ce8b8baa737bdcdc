// Amazon Bedrock's Converse API: one dialect for every chat model there, POST /model/{modelId}/converse and /converse-stream.
// Source: docs.aws.amazon.com, Bedrock API reference, "Converse" and "ConverseStream".

import type { ProviderDialect } from '../dialect.ts'
import { createEventReader } from './event-reader.ts'
import { readAnswer } from './read-answer.ts'
import { readError } from './read-error.ts'
import { writeRequest } from './write-request.ts'

export const bedrockConverseProvider: ProviderDialect = { writeRequest, readAnswer, createEventReader, readError, framing: 'aws-event-stream' }
