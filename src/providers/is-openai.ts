// Who takes nothing but what OpenAI's own reference has. Look-alikes have members of their own, and want them back.

import type { ProviderConfig } from '../config/runtime-config.ts'

/** OpenAI itself, at its addresses for all regions (`eu.api.openai.com`), or Azure. */
export function isOpenAi({ api, host }: Pick<ProviderConfig, 'api' | 'host'>): boolean {
  return api === 'azure-openai' || (api === 'openai' && /^(?:[a-z]+\.)?api\.openai\.com$/.test(host))
}
