// A RuntimeConfig for tests that do not care where it came from: two OpenAI-compatible providers and Anthropic.

import type { FallbackPolicy, ModelConfig, ProviderConfig, RuntimeConfig } from '../../src/config/runtime-config.ts'
import { compileCost } from '../../src/costs/compile-costs.ts'
import { vendorIds } from '../../src/prices/catalogue.ts'
import { createPriceBook } from '../../src/prices/price-book.ts'
import { noSettings } from '../../src/providers/provider-api.ts'
import type { CostType } from '../../src/costs/cost.ts'

export function buildProvider(name: string, changes: Partial<ProviderConfig> = {}): ProviderConfig {
  return {
    name,
    api: 'openai',
    scheme: 'http',
    host: '127.0.0.1',
    port: 8000,
    pathPrefix: '',
    settings: noSettings,
    credential: { kind: 'env', name: `${name.toUpperCase()}_API_KEY` },
    headers: new Map(),
    caFile: undefined,
    ...changes,
  }
}

/** `steps`: provider, or [provider, upstream model]. */
export function buildModel(clientModel: string, ...steps: (ProviderConfig | [ProviderConfig, string])[]): ModelConfig {
  const chain = steps.map((step) => (Array.isArray(step) ? { provider: step[0], upstreamModel: step[1] } : { provider: step, upstreamModel: clientModel }))
  return { clientModel, chain, ownedBy: chain[0]?.provider.name ?? '' }
}

/** What a configuration that says nothing about it has. */
export const defaultFallback: FallbackPolicy = {
  statuses: [408, 429],
  serverErrors: true,
  connectFailure: true,
  noHost: true,
  reset: true,
  perTryTimeoutMs: undefined,
  perTryIdleTimeoutMs: undefined,
}

export function buildCost(name: string, type: CostType, cel?: string) {
  const compiled = compileCost({ name, type, ...(cel === undefined ? {} : { cel }) })
  if (!compiled.ok) throw new Error(compiled.message)
  return compiled.cost
}

export function buildConfig(changes: Partial<RuntimeConfig> = {}): RuntimeConfig {
  const openai = buildProvider('openai')
  const backup = buildProvider('backup')
  const anthropic = buildProvider('anthropic', { api: 'anthropic' })
  const models = changes.models ?? new Map([buildModel('gpt-4o', openai, backup), buildModel('gpt-4o-mini', openai), buildModel('claude-sonnet-4-5', anthropic)].map((model) => [model.clientModel, model]))
  const providers = new Map([...models.values()].flatMap((model) => model.chain.map((step) => [step.provider.name, step.provider] as const)))
  return {
    revision: '000000000000',
    files: [],
    providers,
    models,
    fallback: defaultFallback,
    coolDown: { maxMs: 60_000, failures: 5, pauseMs: 5_000 },
    defaultModel: undefined,
    routes: [],
    callers: [],
    costs: [buildCost('llm_total_token', 'TotalToken')],
    prices: createPriceBook([...providers.keys()].map((name) => ({ name, vendor: vendorIds.includes(name) ? name : undefined, everything: undefined, models: [] }))),
    budgets: [],
    budgetWebhook: undefined,
    ledger: undefined,
    limits: [],
    workers: 1,
    adminAccess: { readToken: undefined, writeToken: undefined },
    store: { kind: 'memory' },
    listen: { extproc: '127.0.0.1:0', ratelimit: '127.0.0.1:0', admin: '127.0.0.1:0' },
    transport: 'grpc-js',
    envoy: {
      version: '1.40',
      listen: '127.0.0.1:10000',
      tls: undefined,
      admin: '127.0.0.1:9901',
      maxBodyBytes: 50 * 1024 * 1024,
      messageTimeoutMs: 10_000,
      streamIdleTimeoutMs: 600_000,
      connectTimeoutMs: 5_000,
    },
    ...changes,
  }
}
