// The list of provider APIs. A new one is a file beside this and a line here.

import type { ProviderApiName } from '../config/runtime-config.ts'
import { anthropic } from './anthropic.ts'
import { awsBedrock } from './aws-bedrock.ts'
import { awsBedrockClaude } from './aws-bedrock-claude.ts'
import { azureOpenai } from './azure-openai.ts'
import { cohere } from './cohere.ts'
import { gcpVertex } from './gcp-vertex.ts'
import { gcpVertexClaude } from './gcp-vertex-claude.ts'
import { googleAiStudio } from './google-ai-studio.ts'
import { openai } from './openai.ts'
import type { ProviderApi } from './provider-api.ts'

export const providerApis: Readonly<Record<ProviderApiName, ProviderApi>> = {
  openai,
  'azure-openai': azureOpenai,
  anthropic,
  'aws-bedrock': awsBedrock,
  'aws-bedrock-claude': awsBedrockClaude,
  'gcp-vertex': gcpVertex,
  'gcp-vertex-claude': gcpVertexClaude,
  'google-ai-studio': googleAiStudio,
  cohere,
}

/** Every header in which some provider takes its credential: what no other provider, and no client, may set. */
export const credentialHeaders: ReadonlySet<string> = new Set(Object.values(providerApis).flatMap((api) => [api.credentialHeader, ...api.cloudHeaders]))
