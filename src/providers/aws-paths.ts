// Host, paths and credentials that both kinds of Bedrock provider share.

import type { ProviderSettings } from '../config/runtime-config.ts'
import { encodeSegment } from './encode-segment.ts'
import type { ProviderApi } from './provider-api.ts'

/** What is the same for every API of Bedrock. */
export const bedrockAccess = {
  otelName: 'aws.bedrock',
  settings: { region: 'required' },
  defaultUrl: bedrockUrl,
  // A Bedrock API key goes into the same header as a signature.
  credentialHeader: 'authorization',
  credentialPrefix: 'Bearer ',
  cloudHeaders: ['x-amz-date', 'x-amz-security-token'],
  cloud: 'aws',
  defaultHeaders: new Map(),
} as const satisfies Omit<ProviderApi, 'name' | 'calls'>

/** Undefined without a region. Source: docs.aws.amazon.com, "Amazon Bedrock endpoints and quotas". */
function bedrockUrl({ region }: ProviderSettings): string | undefined {
  return region === undefined ? undefined : `https://bedrock-runtime.${region}.amazonaws.com`
}

export function modelPath(model: string, operation: 'converse' | 'converse-stream' | 'invoke' | 'invoke-with-response-stream'): string {
  return `/model/${encodeSegment(model)}/${operation}`
}
