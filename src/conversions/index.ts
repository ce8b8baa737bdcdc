// The conversions there are: every client dialect with every provider dialect. A new one is a line here.

import { TollgateError } from '../core/errors.ts'
import { anthropicMessagesClient, anthropicMessagesProvider } from './anthropic-messages/index.ts'
import { bedrockConverseProvider } from './bedrock-converse/index.ts'
import { type ClaudeEnvelope, envelopedDialect } from './claude-envelope.ts'
import { type Conversion, createConversion } from './conversion.ts'
import type { ClientDialect, ProviderDialect } from './dialect.ts'
import { cohereEmbeddings, createEmbeddingsConversion, type EmbeddingsDialect, geminiEmbeddings, titanEmbeddings, vertexEmbeddings } from './embeddings/index.ts'
import { geminiProvider } from './gemini/index.ts'
import { azureOpenAiChatProvider, openAiChatClient, openAiChatProvider } from './openai-chat/index.ts'
import { openAiResponsesClient } from './openai-responses/index.ts'

const clients: Readonly<Record<string, ClientDialect>> = {
  'anthropic-messages': anthropicMessagesClient,
  'openai-chat': openAiChatClient,
  'openai-responses': openAiResponsesClient,
}
const providers: Readonly<Record<string, ProviderDialect>> = {
  'anthropic-messages': anthropicMessagesProvider,
  'azure-openai-chat': azureOpenAiChatProvider,
  'bedrock-converse': bedrockConverseProvider,
  'openai-chat': openAiChatProvider,
  gemini: geminiProvider,
}
const embeddings: Readonly<Record<string, EmbeddingsDialect>> = {
  'cohere-embeddings': cohereEmbeddings,
  'gemini-embeddings': geminiEmbeddings,
  'titan-embeddings': titanEmbeddings,
  'vertex-embeddings': vertexEmbeddings,
}

const known = new Map<string, Conversion>()

/** What a provider's call says about the body it wants. */
export interface CallForm {
  readonly dialect: string | undefined
  readonly envelope: 'none' | ClaudeEnvelope
}

/** `format`: the client's. Undefined when one of the two is not known. */
export function conversionFor(format: string, { dialect, envelope }: CallForm): Conversion | undefined {
  const name = `${format} ${dialect ?? ''} ${envelope}`
  let conversion = known.get(name)
  if (conversion === undefined) {
    conversion = create(format, dialect ?? '', envelope)
    if (conversion !== undefined) known.set(name, conversion)
  }
  return conversion
}

/** The same, where the provider's call says that there is one: throws TollgateError `internal` otherwise. */
export function requireConversion(format: string, call: CallForm): Conversion {
  const conversion = conversionFor(format, call)
  if (conversion === undefined) throw new TollgateError('internal', `There is no conversion from ${format} to ${call.dialect ?? call.envelope}.`)
  return conversion
}

function create(format: string, dialect: string, envelope: CallForm['envelope']): Conversion | undefined {
  const vectors = embeddings[dialect]
  if (vectors !== undefined) return format === 'openai-embeddings' ? createEmbeddingsConversion(vectors) : undefined
  const client = clients[format]
  const provider = providers[dialect]
  if (client === undefined || provider === undefined) return undefined
  return createConversion(client, envelope === 'none' ? provider : envelopedDialect(envelope, provider))
}
