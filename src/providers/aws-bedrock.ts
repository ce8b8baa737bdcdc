// Amazon Bedrock's Converse API, one dialect for every chat model there, and InvokeModel for embeddings, whose body depends on the model.
// Source: docs.aws.amazon.com, Bedrock API reference, "Converse", "ConverseStream", "InvokeModel"; model id and ARN are one encoded path segment.

import type { FormatName } from '../formats/format.ts'
import { bedrockAccess, modelPath } from './aws-paths.ts'
import type { ProviderApi, ProviderCall } from './provider-api.ts'

const converse: ProviderCall = {
  dialect: 'bedrock-converse',
  envelope: 'none',
  path: ({ upstreamModel, stream }) => modelPath(upstreamModel, stream ? 'converse-stream' : 'converse'),
}

function embeddingsCall(dialect: 'titan-embeddings' | 'cohere-embeddings'): ProviderCall {
  return { dialect, envelope: 'none', path: ({ upstreamModel }) => modelPath(upstreamModel, 'invoke') }
}

const [titan, cohere] = [embeddingsCall('titan-embeddings'), embeddingsCall('cohere-embeddings')]
// `cohere.embed-v4:0`, with a region before it as inference profile, or inside an ARN; an opaque ARN is taken for Titan.
const embeddings: ProviderCall = { ...titan, forModel: (upstreamModel) => (/(?:^|[./])cohere\./.test(upstreamModel) ? cohere : titan) }

export const awsBedrock: ProviderApi = {
  name: 'aws-bedrock',
  ...bedrockAccess,
  calls: new Map<FormatName, ProviderCall>([
    ['openai-chat', converse],
    ['openai-responses', converse],
    ['anthropic-messages', converse],
    ['openai-embeddings', embeddings],
  ]),
}
