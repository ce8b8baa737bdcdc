// The list of provider APIs. A new one is a file beside this and a line here.

import type { ProviderApiName } from '../config/runtime-config.ts'
import { anthropic } from './anthropic.ts'
import { openai } from './openai.ts'
import type { ProviderApi } from './provider-api.ts'

export const providerApis: Readonly<Record<ProviderApiName, ProviderApi>> = { openai, anthropic }

/** Every header in which some provider takes its credential: what no other provider, and no client, may set. */
export const credentialHeaders: ReadonlySet<string> = new Set(Object.values(providerApis).map((api) => api.credentialHeader))
