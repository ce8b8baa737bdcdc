// The providers that the mock can play. A new one is a file beside this and a line here.

import { anthropicBehaviour } from './anthropic-behaviour.ts'
import { azureOpenaiBehaviour } from './azure-openai-behaviour.ts'
import { bedrockBehaviour } from './bedrock-behaviour.ts'
import { gcpVertexBehaviour, googleAiStudioBehaviour } from './gemini-behaviour.ts'
import { openaiBehaviour } from './openai-behaviour.ts'
import type { ProviderBehaviour } from './provider-behaviour.ts'
import { gcpVertexClaudeBehaviour } from './vertex-claude-behaviour.ts'

export const providerBehaviours = {
  openai: openaiBehaviour,
  'azure-openai': azureOpenaiBehaviour,
  anthropic: anthropicBehaviour,
  'aws-bedrock': bedrockBehaviour,
  'aws-bedrock-claude': bedrockBehaviour,
  'google-ai-studio': googleAiStudioBehaviour,
  'gcp-vertex': gcpVertexBehaviour,
  'gcp-vertex-claude': gcpVertexClaudeBehaviour,
} as const satisfies Readonly<Record<string, ProviderBehaviour>>

export type MockApi = keyof typeof providerBehaviours
