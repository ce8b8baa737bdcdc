// OpenAI's models on Azure: the v1 API, whose paths are OpenAI's under /openai, or with an api_version the older one with deployments in the path.
// Source: learn.microsoft.com, "Azure OpenAI in Azure AI Foundry Models REST API reference" and "API version lifecycle".

import type { FormatName } from '../formats/format.ts'
import { encodeSegment } from './encode-segment.ts'
import type { CallTarget, ProviderApi, ProviderCall } from './provider-api.ts'

/** Where each format is found behind the version (v1 API) or behind the deployment. */
const operations: readonly (readonly [FormatName, string])[] = [
  ['openai-chat', 'chat/completions'],
  ['openai-completions', 'completions'],
  ['openai-embeddings', 'embeddings'],
  ['openai-images', 'images/generations'],
  ['openai-image-edits', 'images/edits'],
  ['openai-speech', 'audio/speech'],
  ['openai-transcriptions', 'audio/transcriptions'],
]

function operationCall(operation: string, dialect: ProviderCall['dialect']): ProviderCall {
  return { dialect, envelope: 'none', path: (call) => operationPath(operation, call) }
}

// The client's query is left out: in it a client could choose another api-version.
function operationPath(operation: string, { upstreamModel, settings: { apiVersion } }: CallTarget): string {
  return isV1(apiVersion) ? v1Path(operation, apiVersion) : `/openai/deployments/${encodeSegment(upstreamModel)}/${operation}?api-version=${encodeURIComponent(apiVersion)}`
}

// Responses never stood under a deployment: the model is in the body.
const responses: ProviderCall = {
  dialect: undefined,
  envelope: 'none',
  path: ({ settings: { apiVersion } }) => (isV1(apiVersion) ? v1Path('responses', apiVersion) : `/openai/responses?api-version=${encodeURIComponent(apiVersion)}`),
}

function isV1(apiVersion: string | undefined): apiVersion is 'v1' | 'preview' | undefined {
  return apiVersion === undefined || apiVersion === 'v1' || apiVersion === 'preview'
}

function v1Path(operation: string, apiVersion: string | undefined): string {
  return `/openai/v1/${operation}${apiVersion === undefined ? '' : `?api-version=${apiVersion}`}`
}

export const azureOpenai: ProviderApi = {
  name: 'azure-openai',
  otelName: 'azure.ai.openai',
  calls: new Map<FormatName, ProviderCall>([
    ...operations.map(([format, operation]) => [format, operationCall(operation, undefined)] as const),
    ['openai-responses', responses],
    ['anthropic-messages', operationCall('chat/completions', 'azure-openai-chat')],
  ]),
  settings: { apiVersion: 'optional' },
  // Every resource has a host of its own.
  defaultUrl: () => undefined,
  credentialHeader: 'api-key',
  credentialPrefix: '',
  cloudHeaders: ['authorization'],
  cloud: 'entra',
  defaultHeaders: new Map(),
}
