// Prometheus metrics. Names and buckets of the first three are OpenTelemetry's GenAI conventions (opentelemetry.io, "Generative AI
// metrics") in Prometheus spelling; labels are bounded by the configuration, never by what clients or providers send.

import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { nanoToDollars } from '../core/money.ts'
import type { Usage } from '../core/usage.ts'
import type { AttemptFailure, CoolDown } from '../exchange/cool-down.ts'
import type { ExchangeSummary } from '../exchange/summary.ts'
import { formats } from '../formats/index.ts'
import { createDistributions, createSums } from './series.ts'

const OPERATIONS: ReadonlyMap<string, string> = new Map(formats.map((format) => [format.name, format.operation]))
const TOKEN_TYPES: readonly (readonly [string, (usage: Usage) => number | undefined])[] = [
  ['input', (usage) => usage.inputTokens],
  ['output', (usage) => usage.outputTokens],
  ['cached_input', (usage) => usage.cachedInputTokens],
  ['cache_creation_input', (usage) => usage.cacheCreationInputTokens],
  ['reasoning', (usage) => usage.reasoningTokens],
]

export interface Metrics {
  readonly registry: Registry
  exchangeFinished(summary: ExchangeSummary): void
  attemptFailed(failure: Pick<AttemptFailure, 'provider' | 'reason'>): void
  coolDownStarted(coolDown: Pick<CoolDown, 'provider' | 'reason'>): void
  /** Asked at every scrape. */
  watchCoolDowns(list: () => readonly CoolDown[]): void
  costFailed(cost: string): void
  extprocOpened(stage: string): void
  extprocClosed(stage: string): void
  extprocMessage(kind: string, stage: string): void
  failed(where: string, code: string): void
  rateLimitDecided(decision: { readonly domain: string; readonly overLimit: boolean; readonly shadow: boolean }): void
  rateLimitFailed(domain: string): void
  configLoaded(result: 'success' | 'failure'): void
  credentialRefreshed(refresh: { readonly cloud: string; readonly result: 'success' | 'failure' }): void
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  // Brings event loop delay, memory, garbage collection and CPU of this process.
  collectDefaultMetrics({ register: registry })
  const registers = [registry]

  const tokenUsage = createDistributions(
    { registry, name: 'gen_ai_client_token_usage', help: 'Tokens used, by type: input, output, cached_input, cache_creation_input, reasoning. Estimates included.' },
    Array.from({ length: 14 }, (_, power) => 4 ** power),
  )
  const duration = createDistributions(
    { registry, name: 'gen_ai_server_request_duration_seconds', help: 'From the first header of the request to the end of the answer.' },
    Array.from({ length: 14 }, (_, power) => 0.01 * 2 ** power),
  )
  const timeToFirstToken = createDistributions(
    { registry, name: 'gen_ai_server_time_to_first_token_seconds', help: 'From the first header of the request to the first byte of a streamed answer.' },
    [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60],
  )
  const exchanges = createSums({ registry, name: 'tollgate_exchanges_total', help: 'Exchanges, by how they ended.' })
  const attempts = createSums({ registry, name: 'tollgate_attempts_total', help: 'Attempts at providers, as counted by Envoy.' })
  const attemptFailures = createSums({ registry, name: 'tollgate_attempt_failures_total', help: 'Attempts that came to nothing, retried ones included, by the status or the failure of the connection.' })
  const coolDowns = createSums({ registry, name: 'tollgate_cool_downs_total', help: 'Times that a provider began to be left out of chains for a while.' })
  const costs = createSums({ registry, name: 'tollgate_cost_total', help: 'Sum of each named cost as charged.' })
  const dollars = createSums({ registry, name: 'tollgate_cost_usd_total', help: 'Dollars spent, by the price of the model that was asked for; estimates included.' })
  const unpriced = createSums({ registry, name: 'tollgate_unpriced_exchanges_total', help: 'Exchanges that used tokens of a model whose price is not known: they are not in tollgate_cost_usd_total.' })
  const costFailures = createSums({ registry, name: 'tollgate_cost_errors_total', help: 'Cost expressions that failed at run time; the estimate was charged.' })
  const streams = createSums({ registry, name: 'tollgate_extproc_streams', help: 'Calls of Envoy that are open now: one per exchange, and one per attempt that needs us.' }, 'gauge')
  const messages = createSums({ registry, name: 'tollgate_extproc_messages_total', help: 'Messages received from Envoy.' })
  const errors = createSums({ registry, name: 'tollgate_errors_total', help: 'Failures that the log explains.' })
  const decisions = createSums({ registry, name: 'tollgate_ratelimit_decisions_total', help: 'Answers of the rate limit service.' })
  const rateLimitErrors = createSums({ registry, name: 'tollgate_ratelimit_errors_total', help: 'Rate limit calls that could not be answered.' })
  const configLoads = createSums({ registry, name: 'tollgate_config_loads_total', help: 'Times the configuration was read.' })
  const configLoadedAt = new Gauge({ name: 'tollgate_config_loaded_timestamp_seconds', help: 'When the running configuration was read.', registers })

  const credentialRefreshes = createSums({ registry, name: 'tollgate_credential_refreshes_total', help: 'Times short-lived credentials of a cloud were asked for.' })

  // Every series is looked up by its labels, one after the other; how many there can be is bounded by the configuration, as the labels are.
  const ended = remember((outcome) => remember((model) => remember((provider) => remember((usage) => exchanges({ outcome, model, provider, usage })))))
  const served = remember((format) =>
    remember((model) =>
      remember((provider) => {
        const labels = { gen_ai_operation_name: OPERATIONS.get(format) ?? format, gen_ai_provider_name: provider, gen_ai_request_model: model }
        return {
          duration: remember((errorType) => duration({ ...labels, error_type: errorType })),
          attempts: attempts({ model }),
          timeToFirstToken: remember(() => timeToFirstToken(labels)),
          tokens: remember((type) => tokenUsage({ ...labels, gen_ai_token_type: type })),
          cost: remember((cost) => costs({ cost, model, provider })),
          dollars: remember((usage) => dollars({ model, provider, usage })),
          unpriced: remember(() => unpriced({ model, provider })),
        }
      }),
    ),
  )
  const received = remember((stage) => remember((kind) => messages({ kind, stage })))
  const open = remember((stage) => streams({ stage }))

  return {
    registry,
    exchangeFinished(summary) {
      const { format, clientModel, outcome, provider = 'none', usage } = summary
      ended(outcome)(clientModel ?? 'none')(provider)(usageLabel(summary)).add(1)
      if (format === undefined || clientModel === undefined) return
      const series = served(format)(clientModel)(provider)
      series.duration(outcome === 'answered' ? '' : outcome).observe(summary.durationMs / 1000)
      series.attempts.add(summary.attempts)
      if (summary.stream && summary.timeToFirstTokenMs !== undefined) series.timeToFirstToken('').observe(summary.timeToFirstTokenMs / 1000)
      if (usage === undefined) return
      for (const [type, read] of TOKEN_TYPES) {
        const count = read(usage)
        if (count !== undefined) series.tokens(type).observe(count)
      }
      for (const [cost, value] of summary.costs) series.cost(cost).add(value)
      if (summary.price === undefined) series.unpriced('').add(1)
      else series.dollars(usageLabel(summary)).add(nanoToDollars(summary.price.nanoDollars))
    },
    attemptFailed: ({ provider, reason }) => attemptFailures({ provider, reason: String(reason) }).add(1),
    coolDownStarted: ({ provider, reason }) => coolDowns({ provider, reason }).add(1),
    watchCoolDowns(list) {
      const gauge = new Gauge({
        name: 'tollgate_cool_down_seconds',
        help: 'How much longer a provider is left out of chains; no series: it is asked.',
        labelNames: ['provider', 'reason'],
        registers,
        collect: () => {
          gauge.reset()
          for (const { provider, reason, remainingMs } of list()) gauge.set({ provider, reason }, remainingMs / 1000)
        },
      })
    },
    costFailed: (cost) => costFailures({ cost }).add(1),
    extprocOpened: (stage) => open(stage).add(1),
    extprocClosed: (stage) => open(stage).add(-1),
    extprocMessage: (kind, stage) => received(stage)(kind).add(1),
    failed: (where, code) => errors({ where, code }).add(1),
    rateLimitDecided: ({ domain, overLimit, shadow }) => decisions({ domain, decision: overLimit ? 'over_limit' : shadow ? 'shadow' : 'ok' }).add(1),
    rateLimitFailed: (domain) => rateLimitErrors({ domain }).add(1),
    configLoaded(result) {
      configLoads({ result }).add(1)
      if (result === 'success') configLoadedAt.setToCurrentTime()
    },
    credentialRefreshed: (refresh) => credentialRefreshes(refresh).add(1),
  }
}

/** Calls `create` once for each key. */
function remember<Value extends object>(create: (key: string) => Value): (key: string) => Value {
  const known = new Map<string, Value>()
  return (key) => {
    let value = known.get(key)
    if (value === undefined) {
      value = create(key)
      known.set(key, value)
    }
    return value
  }
}

function usageLabel({ usage }: ExchangeSummary): string {
  if (usage === undefined) return 'none'
  return usage.flags.includes('estimated') ? 'estimated' : 'exact'
}
