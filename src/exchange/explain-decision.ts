// What the budgets decided about each model that was tried, as people read it.

import type { Admitted, Denied, Refusal } from '../budgets/admission.ts'
import type { CounterState } from '../budgets/budget-store.ts'
import { explainDenial } from '../budgets/explain-denial.ts'
import { missesOf } from '../budgets/explain-match.ts'
import type { BudgetSubject } from '../budgets/match-budget.ts'
import type { PlannedClaim } from '../budgets/plan-claims.ts'
import type { TokenNeed, TriedModel } from '../budgets/tried-model.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { hasWeights } from '../providers/chain-orders.ts'
import { explainBudget, explainMisses, explainUnaskedBudget } from './explain-budget.ts'
import { explainPrice } from './explain-price.ts'
import type { ExplainedModel, ExplainedTokens, Explanation } from './explanation.ts'

export interface DecisionContext {
  /** The one that was decided by. */
  readonly config: Pick<RuntimeConfig, 'budgets' | 'models' | 'prices'>
  /** When the exchange began, in milliseconds since 1970. */
  readonly atMs: number
  /** Who serves the model that was admitted and is not asked, and why. */
  readonly leftOut: readonly string[]
  /** It was only tried: a denial for want of a place in the line means that it would have waited. */
  readonly isRehearsal: boolean
}

type DecisionPart = Pick<Explanation, 'decision' | 'error' | 'caller' | 'downgraded_from' | 'clamped_to' | 'waited_seconds' | 'waits_at_most_seconds' | 'largest_output_tokens' | 'models' | 'skipped_models'>

/** All of an explanation that the decision itself tells. */
export function explainDecision(decision: Admitted | Denied, context: DecisionContext): DecisionPart {
  const { candidate, passedOver, waitedMs } = decision
  const dearer = passedOver.map((refusal) => explainRefusal(refusal, 'passed_over', context))
  const skipped = skippedModels(decision, context.config)
  return {
    ...(decision.kind === 'admitted' ? explainAdmission(decision, dearer, context) : explainDenied(decision, dearer, context)),
    caller: Object.fromEntries(candidate.attributes),
    ...(waitedMs > 0 ? { waited_seconds: Math.round(waitedMs) / 1000 } : {}),
    ...(skipped.length === 0 ? {} : { skipped_models: skipped }),
  }
}

function explainAdmission(admitted: Admitted, dearer: readonly ExplainedModel[], context: DecisionContext): Omit<DecisionPart, 'caller'> {
  const [asked] = dearer
  return {
    decision: 'admitted',
    ...(asked === undefined ? {} : { downgraded_from: asked.model }),
    ...(admitted.maxOutputTokens === undefined ? {} : { clamped_to: admitted.maxOutputTokens }),
    models: [...dearer, explainAdmitted(admitted, context)],
  }
}

function explainDenied(denied: Denied, dearer: readonly ExplainedModel[], context: DecisionContext): Omit<DecisionPart, 'caller'> {
  if (denied.why === 'line_full' && context.isRehearsal) {
    return { decision: 'would_wait', waits_at_most_seconds: longestWaitMs(denied) / 1000, models: [...dearer, explainRefusal(denied, 'would_wait', context)] }
  }
  return {
    decision: 'denied',
    error: { code: 'budget_exceeded', message: explainDenial(denied, context.atMs + denied.waitedMs).message },
    ...(denied.largestOutput === undefined ? {} : { largest_output_tokens: denied.largestOutput }),
    models: [...dearer, explainRefusal(denied, 'denied', context)],
  }
}

/** A model that budgets were not asked about, or could not be: what counts it is known all the same. */
export function explainUndecided(subject: BudgetSubject, result: 'admitted' | 'refused', context: DecisionContext): ExplainedModel {
  const budgets = context.config.budgets.filter((budget) => missesOf(budget, subject).length === 0)
  return { ...describeModel(subject, {}, result, context), budgets: budgets.map((budget) => explainUnaskedBudget(budget, subject.attributes, context.atMs)), missed: explainMisses(context.config.budgets, subject) }
}

function explainAdmitted({ candidate, standings }: Admitted, context: DecisionContext): ExplainedModel {
  const budgets = standings.map(({ claim, used, held }) => explainBudget({ claim, model: candidate, counter: { used, held: held - claim.amount }, shortage: undefined }))
  return { ...describeModel(candidate, candidate.tokens, 'admitted', context), budgets, missed: explainMisses(context.config.budgets, candidate) }
}

function explainRefusal({ candidate, claims, counters, shortages }: Refusal, result: 'passed_over' | 'denied' | 'would_wait', context: DecisionContext): ExplainedModel {
  const counterOf = (index: number): CounterState | undefined => (counters === undefined ? undefined : (counters[index] ?? { used: 0, held: 0 }))
  const shortageOf = (claim: PlannedClaim) => shortages.find((shortage) => shortage.claim === claim)
  const budgets = claims.map((claim, index) => explainBudget({ claim, model: candidate, counter: counterOf(index), shortage: shortageOf(claim) }))
  return { ...describeModel(candidate, candidate.tokens, result, context), budgets, missed: explainMisses(context.config.budgets, candidate) }
}

function describeModel(subject: BudgetSubject, tokens: TriedModel['tokens'], result: ExplainedModel['result'], { config, atMs, leftOut }: DecisionContext): Omit<ExplainedModel, 'budgets' | 'missed'> {
  const { clientModel, providers, route } = subject
  const model = config.models.get(clientModel)
  const inputTokens = (tokens.estimate ?? tokens.worst_case)?.inputTokens ?? 0
  const upstreamModel = (name: string): string => model?.chain.find(({ provider }) => provider.name === name)?.upstreamModel ?? clientModel
  return {
    model: clientModel,
    result,
    ...(model?.downgradeTo === undefined ? {} : { downgrade_to: model.downgradeTo }),
    ...(route === undefined ? {} : { route }),
    providers,
    ...(model !== undefined && hasWeights(model) && providers.length > 1 ? { drawn_by_weight: true } : {}),
    ...(result === 'admitted' && leftOut.length > 0 ? { left_out: leftOut } : {}),
    prices: providers.map((provider) => explainPrice(config.prices, { provider, model: upstreamModel(provider), atMs, inputTokens })),
    ...(tokens.estimate === undefined ? {} : { estimate: explainTokens(tokens.estimate) }),
    ...(tokens.worst_case === undefined ? {} : { worst_case: explainTokens(tokens.worst_case) }),
  }
}

function explainTokens({ inputTokens, outputTokens }: TokenNeed): ExplainedTokens {
  return { input_tokens: inputTokens, output_tokens: outputTokens }
}

/** What lies between the models that were tried; behind the last one too, where a budget wanted to go on. */
function skippedModels(decision: Admitted | Denied, { models }: Pick<RuntimeConfig, 'models'>): readonly string[] {
  const wentOn = decision.kind === 'denied' && decision.shortages[0]?.action === 'downgrade'
  const tried = [...decision.passedOver, decision].map(({ candidate }) => candidate.clientModel)
  const skipped: string[] = []
  for (const [index, name] of tried.entries()) {
    const next = tried[index + 1]
    if (next === undefined && !wentOn) break
    for (let below = models.get(name)?.downgradeTo; below !== undefined && below !== next; below = models.get(below)?.downgradeTo) skipped.push(below)
  }
  return skipped
}

/** Of the strictest budget that lets it wait. */
function longestWaitMs({ shortages }: Denied): number {
  return shortages.find(({ action }) => action === 'queue')?.claim.budget.queueMs ?? 0
}
