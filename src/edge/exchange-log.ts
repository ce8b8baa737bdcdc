// One line per exchange: who, what was asked, who served it, what it cost, and why it ended as it did.

import type { Log } from '../core/log.ts'
import { nanoToDollars } from '../core/money.ts'
import type { ExchangeSummary } from '../exchange/summary.ts'

export function logExchange(log: Log, summary: ExchangeSummary): void {
  const { usage } = summary
  const fields = {
    exchange_id: summary.exchangeId,
    outcome: summary.outcome,
    reason: summary.reason,
    status: summary.status,
    format: summary.format,
    model: summary.clientModel,
    provider: summary.provider,
    upstream_model: summary.upstreamModel,
    response_model: summary.responseModel,
    caller: summary.callerAttributes.size === 0 ? undefined : Object.fromEntries(summary.callerAttributes),
    stream: summary.stream,
    attempts: summary.attempts,
    left_out: summary.leftOut.length === 0 ? undefined : summary.leftOut,
    input_tokens: usage?.inputTokens,
    output_tokens: usage?.outputTokens,
    cached_input_tokens: usage?.cachedInputTokens,
    cache_creation_input_tokens: usage?.cacheCreationInputTokens,
    reasoning_tokens: usage?.reasoningTokens,
    total_tokens: usage?.totalTokens,
    estimated: usage?.flags.includes('estimated'),
    usage_flags: usage === undefined || usage.flags.length === 0 ? undefined : usage.flags,
    costs: Object.fromEntries(summary.costs),
    cost_usd: summary.price === undefined ? undefined : nanoToDollars(summary.price.nanoDollars),
    rate_card: summary.price?.rateCard,
    duration_ms: Math.round(summary.durationMs * 10) / 10,
    time_to_first_token_ms: summary.timeToFirstTokenMs === undefined ? undefined : Math.round(summary.timeToFirstTokenMs * 10) / 10,
  }
  if (summary.outcome === 'internal_error') log.error(fields, 'exchange')
  else log.info(fields, 'exchange')
}
