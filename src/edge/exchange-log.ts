// One line per exchange: who, what was asked, who served it, what it cost, and why it ended as it did.

import { formatAmount } from '../budgets/amount.ts'
import { wouldHaveDenied } from '../budgets/warnings.ts'
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
    ...budgetFields(summary),
    duration_ms: Math.round(summary.durationMs * 10) / 10,
    time_to_first_token_ms: summary.timeToFirstTokenMs === undefined ? undefined : Math.round(summary.timeToFirstTokenMs * 10) / 10,
  }
  if (summary.outcome === 'internal_error') log.error(fields, 'exchange')
  else log.info(fields, 'exchange')
}

/** What the budgets had to do with it; nothing where there are none. Dollars as decimal text. */
function budgetFields({ decision, charges, downgradedFrom }: ExchangeSummary): Readonly<Record<string, unknown>> {
  if (decision === undefined) return {}
  const denials = decision.kind === 'denied' ? decision.shortages.map(({ claim }) => claim.budget.name) : []
  const wouldDeny = decision.kind === 'admitted' ? wouldHaveDenied(decision.standings).map(({ name }) => name) : []
  return {
    downgraded_from: downgradedFrom,
    budgets: charges.length === 0 ? undefined : Object.fromEntries(charges.map(({ budget, amount }) => [budget.name, formatAmount(budget.unit, amount)])),
    denied_by: denials.length === 0 ? undefined : denials,
    would_deny: wouldDeny.length === 0 ? undefined : wouldDeny,
    clamped_to: decision.kind === 'admitted' ? decision.maxOutputTokens : undefined,
    waited_ms: decision.waitedMs === 0 ? undefined : Math.round(decision.waitedMs),
  }
}
