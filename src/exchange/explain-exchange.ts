// Why an exchange that is over was decided as it was, and what it was charged: from its summary.

import { amountNumber, unitName } from '../budgets/amount.ts'
import type { BudgetCharge } from '../budgets/budgets.ts'
import { countsProvider } from '../budgets/match-budget.ts'
import { nanoToDollars } from '../core/money.ts'
import { chargedIn } from './budget-candidate.ts'
import { isoTime } from './explain-budget.ts'
import { explainDecision, explainUndecided } from './explain-decision.ts'
import { explainPrice } from './explain-price.ts'
import type { ExplainedCharge, ExplainedEnd, Explanation } from './explanation.ts'
import type { ExchangeSummary } from './summary.ts'

export function explainExchange(summary: ExchangeSummary): Explanation {
  return {
    time: isoTime(summary.startedAtMs),
    exchange_id: summary.exchangeId,
    ...(summary.format === undefined ? {} : { format: summary.format }),
    ...explainStart(summary),
    ended: explainEnd(summary),
  }
}

function explainStart(summary: ExchangeSummary): Pick<Explanation, 'decision' | 'caller' | 'models' | 'error'> {
  const { config, decision, startedAtMs: atMs, leftOut, callerAttributes, clientModel, provider, outcome, reason } = summary
  const context = { config, atMs, leftOut, isRehearsal: false }
  const caller = Object.fromEntries(callerAttributes)
  if (decision !== undefined) {
    // What the client got to read is the better word: it was said at that moment.
    const told = decision.kind === 'denied' && reason !== undefined && outcome === 'limited' ? { error: { code: 'budget_exceeded', message: reason } } : {}
    return { ...explainDecision(decision, context), ...told, caller }
  }
  if (clientModel === undefined) {
    const isRefused = outcome === 'refused' || outcome === 'internal_error'
    return { decision: isRefused ? 'refused' : 'none', ...(isRefused && reason !== undefined ? { error: { code: reason } } : {}), caller, models: [] }
  }
  const subject = { attributes: callerAttributes, clientModel, providers: provider === undefined ? [] : [provider], route: undefined }
  return { decision: 'admitted', caller, models: [explainUndecided(subject, 'admitted', context)] }
}

function explainEnd(summary: ExchangeSummary): ExplainedEnd {
  const { outcome, reason, status, provider, upstreamModel, attempts, usage, price, durationMs, charges, config, startedAtMs: atMs } = summary
  const isPriced = price !== undefined && provider !== undefined && upstreamModel !== undefined
  return {
    outcome,
    ...(reason === undefined ? {} : { reason }),
    ...(status === undefined ? {} : { status }),
    ...(provider === undefined ? {} : { provider }),
    ...(upstreamModel === undefined ? {} : { upstream_model: upstreamModel }),
    attempts,
    ...(usage?.inputTokens === undefined ? {} : { input_tokens: usage.inputTokens }),
    ...(usage?.outputTokens === undefined ? {} : { output_tokens: usage.outputTokens }),
    ...(usage === undefined ? {} : { estimated: usage.flags.includes('estimated') }),
    ...(price === undefined ? {} : { cost_usd: nanoToDollars(price.nanoDollars) }),
    ...(isPriced ? { price: explainPrice(config.prices, { provider, model: upstreamModel, atMs, inputTokens: usage?.inputTokens ?? 0 }) } : {}),
    duration_ms: Math.round(durationMs * 10) / 10,
    charges: charges.map((charge) => explainCharge(charge, summary)),
  }
}

function explainCharge(charge: BudgetCharge, summary: ExchangeSummary): ExplainedCharge {
  const { budget, key, amount } = charge
  const { decision } = summary
  const held = decision?.kind === 'admitted' ? (decision.request.claims.find((claim) => claim.key === key)?.amount ?? 0) : 0
  return { budget: budget.name, unit: unitName(budget.unit), held: amountNumber(budget.unit, held), charged: amountNumber(budget.unit, amount), basis: basisOf(charge, summary) }
}

function basisOf({ budget, amount }: BudgetCharge, { provider, usage, price, costs }: ExchangeSummary): ExplainedCharge['basis'] {
  if (provider !== undefined && !countsProvider(budget, provider)) return 'other_provider'
  if (usage === undefined && amount === 0) return 'nothing'
  if (budget.unit.kind === 'requests') return 'exact'
  if (usage === undefined) return 'estimated'
  const isSaid = chargedIn(budget.unit, { usage, nanoDollars: price?.nanoDollars, costs }) !== undefined
  return isSaid && !usage.flags.includes('estimated') ? 'exact' : 'estimated'
}
