// What is kept of a model once budgets have decided about it: what people want to know, and nothing that holds on to the body of the request.

import type { ReserveMode } from './budget.ts'
import type { BudgetSubject } from './match-budget.ts'
import type { Candidate, PlannedClaim } from './plan-claims.ts'

/** Integers; `outputTokens`: of all choices together. */
export interface TokenNeed {
  readonly inputTokens: number
  readonly outputTokens: number
}

export interface TriedModel extends BudgetSubject {
  /** How many steps of `downgrade_to` it is away from what was asked. */
  readonly depth: number
  readonly isCheapest: boolean
  /** What the needs of its budgets were worked out from; without what none of them asked for, and without a worst case that has no bound. */
  readonly tokens: { readonly [Mode in Exclude<ReserveMode, 'none'>]?: TokenNeed }
}

/** `maxOutputTokens`: what replaced the client's own bound. */
export function triedModel(candidate: Candidate, claims: readonly PlannedClaim[], maxOutputTokens: number | undefined): TriedModel {
  const { attributes, clientModel, providers, route, depth, isCheapest } = candidate
  const tokens: { -readonly [Mode in keyof TriedModel['tokens']]: TokenNeed } = {}
  for (const { reserve } of claims.map(({ budget }) => budget)) {
    if (reserve === 'none' || tokens[reserve] !== undefined) continue
    const need = needOf(candidate, reserve, maxOutputTokens)
    if (need !== undefined) tokens[reserve] = need
  }
  return { attributes, clientModel, providers, route, depth, isCheapest, tokens }
}

function needOf(candidate: Candidate, mode: Exclude<ReserveMode, 'none'>, maxOutputTokens: number | undefined): TokenNeed | undefined {
  try {
    return { inputTokens: candidate.need({ kind: 'input_tokens' }, mode, maxOutputTokens), outputTokens: candidate.need({ kind: 'output_tokens' }, mode, maxOutputTokens) }
  } catch {
    // A budget that only watches lets pass what has no bound.
    return undefined
  }
}
