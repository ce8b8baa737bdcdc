// Anthropic's own API. Source: docs.anthropic.com, "API overview": x-api-key and anthropic-version are required.

import type { FormatName } from '../formats/format.ts'
import { convertedCall, passCall, type ProviderApi, type ProviderCall } from './provider-api.ts'

const messages = convertedCall('anthropic-messages', '/v1/messages')
const calls: ReadonlyMap<FormatName, ProviderCall> = new Map([
  ['anthropic-messages', passCall],
  ['anthropic-count-tokens', passCall],
  ['openai-chat', messages],
  ['openai-responses', messages],
])

export const anthropic: ProviderApi = {
  name: 'anthropic',
  otelName: 'anthropic',
  calls,
  settings: {},
  defaultUrl: () => 'https://api.anthropic.com',
  credentialHeader: 'x-api-key',
  credentialPrefix: '',
  cloudHeaders: [],
  cloud: undefined,
  defaultHeaders: new Map([['anthropic-version', '2023-06-01']]),
}
