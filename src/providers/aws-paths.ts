// Hosts and paths that both kinds of Bedrock provider share.

import type { ProviderSettings } from '../config/runtime-config.ts'
import { encodeSegment } from './encode-segment.ts'

/** Undefined without a region. Source: docs.aws.amazon.com, "Amazon Bedrock endpoints and quotas". */
export function bedrockUrl({ region }: ProviderSettings): string | undefined {
  return region === undefined ? undefined : `https://bedrock-runtime.${region}.amazonaws.com`
}

export function modelPath(model: string, operation: 'converse' | 'converse-stream' | 'invoke' | 'invoke-with-response-stream'): string {
  return `/model/${encodeSegment(model)}/${operation}`
}
