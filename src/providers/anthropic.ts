// Anthropic's own API. Source: docs.anthropic.com, "API overview": x-api-key and anthropic-version are required.

import type { ProviderApi } from './provider-api.ts'

export const anthropic: ProviderApi = {
  name: 'anthropic',
  otelName: 'anthropic',
  formats: new Set(['anthropic-messages', 'anthropic-count-tokens'] as const),
  defaultUrl: 'https://api.anthropic.com',
  credentialHeader: 'x-api-key',
  credentialPrefix: '',
  defaultHeaders: new Map([['anthropic-version', '2023-06-01']]),
}
