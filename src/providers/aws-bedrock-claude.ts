// Claude on Bedrock in Anthropic's own words, through InvokeModel: everything that Messages can do, where Converse has only the common part.
// Source: docs.aws.amazon.com, Bedrock user guide, "Anthropic Claude Messages API".

import type { FormatName } from '../formats/format.ts'
import { bedrockAccess, modelPath } from './aws-paths.ts'
import type { ProviderApi, ProviderCall } from './provider-api.ts'

function invokeCall(dialect: ProviderCall['dialect']): ProviderCall {
  return {
    dialect,
    envelope: 'bedrock-claude',
    path: ({ upstreamModel, stream }) => modelPath(upstreamModel, stream ? 'invoke-with-response-stream' : 'invoke'),
  }
}

export const awsBedrockClaude: ProviderApi = {
  name: 'aws-bedrock-claude',
  ...bedrockAccess,
  calls: new Map<FormatName, ProviderCall>([
    ['anthropic-messages', invokeCall(undefined)],
    ['openai-chat', invokeCall('anthropic-messages')],
    ['openai-responses', invokeCall('anthropic-messages')],
  ]),
}
