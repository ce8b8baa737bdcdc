// What the ledger keeps of an exchange that is over.

import { chargeFor } from '../budgets/claim.ts'
import { unitField } from '../budgets/counter-key.ts'
import type { ExchangeSummary } from '../exchange/summary.ts'
import type { LedgerRow } from '../ledger/ledger-row.ts'

/** Undefined for requests that were refused before a model was decided: nothing was held, and anybody can send any number of them. */
export function toLedgerRow(summary: ExchangeSummary, finishedAtMs: number): LedgerRow | undefined {
  const { clientModel, usage, price, decision } = summary
  if (clientModel === undefined) return undefined
  const clamped = decision?.kind === 'admitted' && decision.maxOutputTokens !== undefined ? ['clamped'] : []
  const flags = [...(usage?.flags ?? []), ...clamped]
  return {
    id: summary.exchangeId,
    admittedAt: new Date(summary.startedAtMs).toISOString(),
    finishedAt: new Date(finishedAtMs).toISOString(),
    caller: Object.fromEntries(summary.callerAttributes),
    format: summary.format,
    stream: summary.stream,
    askedModel: summary.askedModel,
    clientModel,
    downgradedFrom: summary.downgradedFrom,
    provider: summary.provider,
    upstreamModel: summary.upstreamModel,
    responseModel: summary.responseModel,
    attempts: summary.attempts,
    outcome: summary.outcome,
    status: summary.status,
    usage: usage === undefined ? undefined : withoutFlags(usage),
    costs: Object.fromEntries(summary.costs),
    nanoDollars: price?.nanoDollars,
    rateCard: price?.rateCard,
    estimated: usage?.flags.includes('estimated') ?? false,
    flags,
    charges: summary.charges.map((charge) => ({ budget: charge.budget.name, unit: unitField(charge.budget.unit), ...chargeFor(charge) })),
  }
}

function withoutFlags({ flags: _flags, ...usage }: NonNullable<ExchangeSummary['usage']>): NonNullable<LedgerRow['usage']> {
  return usage
}
