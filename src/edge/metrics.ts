// Prometheus metrics. Names and buckets of the first three are OpenTelemetry's GenAI conventions (opentelemetry.io, "Generative AI
// metrics") in Prometheus spelling; labels are bounded by the configuration, never by what clients or providers send.

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { ExchangeSummary } from '../exchange/summary.ts'
import { formats } from '../formats/index.ts'

const GEN_AI_LABELS = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model'] as const
const OPERATIONS: ReadonlyMap<string, string> = new Map(formats.map((format) => [format.name, format.operation]))

export interface Metrics {
  readonly registry: Registry
  exchangeFinished(summary: ExchangeSummary): void
  costFailed(cost: string): void
  extprocOpened(stage: string): void
  extprocClosed(stage: string): void
  extprocMessage(kind: string, stage: string): void
  failed(where: string, code: string): void
  rateLimitDecided(decision: { readonly domain: string; readonly overLimit: boolean; readonly shadow: boolean }): void
  rateLimitFailed(domain: string): void
  configLoaded(result: 'success' | 'failure'): void
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  // Brings event loop delay, memory, garbage collection and CPU of this process.
  collectDefaultMetrics({ register: registry })
  const registers = [registry]

  const tokenUsage = new Histogram({
    name: 'gen_ai_client_token_usage',
    help: 'Tokens used, by type: input, output, cached_input, cache_creation_input, reasoning. Estimates included.',
    labelNames: [...GEN_AI_LABELS, 'gen_ai_token_type'],
    buckets: Array.from({ length: 14 }, (_, power) => 4 ** power),
    registers,
  })
  const duration = new Histogram({
    name: 'gen_ai_server_request_duration_seconds',
    help: 'From the first header of the request to the end of the answer.',
    labelNames: [...GEN_AI_LABELS, 'error_type'],
    buckets: Array.from({ length: 14 }, (_, power) => 0.01 * 2 ** power),
    registers,
  })
  const timeToFirstToken = new Histogram({
    name: 'gen_ai_server_time_to_first_token_seconds',
    help: 'From the first header of the request to the first byte of a streamed answer.',
    labelNames: [...GEN_AI_LABELS],
    buckets: [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60],
    registers,
  })
  const exchanges = new Counter({ name: 'tollgate_exchanges_total', help: 'Exchanges, by how they ended.', labelNames: ['outcome', 'model', 'provider', 'usage'], registers })
  const attempts = new Counter({ name: 'tollgate_attempts_total', help: 'Attempts at providers, as counted by Envoy.', labelNames: ['model'], registers })
  const costs = new Counter({ name: 'tollgate_cost_total', help: 'Sum of each named cost as charged.', labelNames: ['cost', 'model', 'provider'], registers })
  const costFailures = new Counter({ name: 'tollgate_cost_errors_total', help: 'Cost expressions that failed at run time; the estimate was charged.', labelNames: ['cost'], registers })
  const streams = new Gauge({ name: 'tollgate_extproc_streams', help: 'Calls of Envoy that are open now: one per exchange, and one per attempt that needs us.', labelNames: ['stage'], registers })
  const messages = new Counter({ name: 'tollgate_extproc_messages_total', help: 'Messages received from Envoy.', labelNames: ['kind', 'stage'], registers })
  const errors = new Counter({ name: 'tollgate_errors_total', help: 'Failures that the log explains.', labelNames: ['where', 'code'], registers })
  const decisions = new Counter({ name: 'tollgate_ratelimit_decisions_total', help: 'Answers of the rate limit service.', labelNames: ['domain', 'decision'], registers })
  const rateLimitErrors = new Counter({ name: 'tollgate_ratelimit_errors_total', help: 'Rate limit calls that could not be answered.', labelNames: ['domain'], registers })
  const configLoads = new Counter({ name: 'tollgate_config_loads_total', help: 'Times the configuration was read.', labelNames: ['result'], registers })
  const configLoadedAt = new Gauge({ name: 'tollgate_config_loaded_timestamp_seconds', help: 'When the running configuration was read.', registers })

  return {
    registry,
    exchangeFinished(summary) {
      const { clientModel = 'none', provider = 'none', usage } = summary
      exchanges.inc({ outcome: summary.outcome, model: clientModel, provider, usage: usageLabel(summary) })
      if (summary.format === undefined || summary.clientModel === undefined) return
      const labels = { gen_ai_operation_name: OPERATIONS.get(summary.format) ?? summary.format, gen_ai_provider_name: provider, gen_ai_request_model: clientModel }
      duration.observe({ ...labels, error_type: summary.outcome === 'answered' ? '' : summary.outcome }, summary.durationMs / 1000)
      attempts.inc({ model: clientModel }, summary.attempts)
      if (summary.stream && summary.timeToFirstTokenMs !== undefined) timeToFirstToken.observe(labels, summary.timeToFirstTokenMs / 1000)
      if (usage === undefined) return
      for (const [type, count] of tokenTypes(usage)) if (count !== undefined) tokenUsage.observe({ ...labels, gen_ai_token_type: type }, count)
      for (const [cost, value] of summary.costs) costs.inc({ cost, model: clientModel, provider }, value)
    },
    costFailed: (cost) => costFailures.inc({ cost }),
    extprocOpened: (stage) => streams.inc({ stage }),
    extprocClosed: (stage) => streams.dec({ stage }),
    extprocMessage: (kind, stage) => messages.inc({ kind, stage }),
    failed: (where, code) => errors.inc({ where, code }),
    rateLimitDecided: ({ domain, overLimit, shadow }) => decisions.inc({ domain, decision: overLimit ? 'over_limit' : shadow ? 'shadow' : 'ok' }),
    rateLimitFailed: (domain) => rateLimitErrors.inc({ domain }),
    configLoaded(result) {
      configLoads.inc({ result })
      if (result === 'success') configLoadedAt.setToCurrentTime()
    },
  }
}

function usageLabel({ usage }: ExchangeSummary): string {
  if (usage === undefined) return 'none'
  return usage.flags.includes('estimated') ? 'estimated' : 'exact'
}

function tokenTypes(usage: NonNullable<ExchangeSummary['usage']>): readonly (readonly [string, number | undefined])[] {
  return [
    ['input', usage.inputTokens],
    ['output', usage.outputTokens],
    ['cached_input', usage.cachedInputTokens],
    ['cache_creation_input', usage.cacheCreationInputTokens],
    ['reasoning', usage.reasoningTokens],
  ]
}
