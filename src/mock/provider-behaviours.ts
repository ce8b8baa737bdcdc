// The providers that the mock can play. A new one is a file beside this and a line here.

import { anthropicBehaviour } from './anthropic-behaviour.ts'
import { openaiBehaviour } from './openai-behaviour.ts'
import type { ProviderBehaviour } from './provider-behaviour.ts'

export type MockApi = 'openai' | 'anthropic'

export const providerBehaviours: Readonly<Record<MockApi, ProviderBehaviour>> = { openai: openaiBehaviour, anthropic: anthropicBehaviour }
