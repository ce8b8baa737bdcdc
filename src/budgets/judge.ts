// What a refused admission means: which budgets were short, and what they say is to be done about it.

import type { BudgetAction } from './budget.ts'
import type { CounterState } from './budget-store.ts'
import { type Candidate, type PlannedClaim, roomStart, tiersFor } from './plan-claims.ts'

export interface Shortage {
  readonly claim: PlannedClaim
  readonly used: number
  readonly held: number
  /** `room`: it does not fit into what remains. `tier`: less remains than a tier wants before a request begins. */
  readonly cause: 'room' | 'tier'
  /** The strictest of what the budget says about it. */
  readonly action: 'deny' | 'queue' | 'downgrade'
}

const STRICTNESS = { deny: 3, queue: 2, downgrade: 1 } as const

/** The budgets that had no room, the strictest first. Never empty for an admission that was refused. */
export function judge(claims: readonly PlannedClaim[], counters: readonly CounterState[], candidate: Candidate): readonly Shortage[] {
  const shortages: Shortage[] = []
  for (const [index, claim] of claims.entries()) {
    const { used, held } = counters[index] ?? { used: 0, held: 0 }
    const taken = used + held
    const lacksRoom = taken + claim.amount > claim.limit || taken > roomStart(claim.budget, claim.limitInForce)
    const tier = tierAction(claim, candidate, taken)
    if (!lacksRoom && tier === undefined) continue
    const exhausted = lacksRoom ? strict(claim.budget.onExhausted) : undefined
    const action = stricter(exhausted, tier)
    if (action !== undefined) shortages.push({ claim, used, held, cause: lacksRoom ? 'room' : 'tier', action })
  }
  return shortages.toSorted((a, b) => STRICTNESS[b.action] - STRICTNESS[a.action])
}

function tierAction({ budget, limitInForce }: PlannedClaim, candidate: Candidate, taken: number): Shortage['action'] | undefined {
  let action: Shortage['action'] | undefined
  for (const tier of tiersFor(budget, candidate, limitInForce)) if (!tier.satisfied && taken > tier.startAt) action = stricter(action, strict(tier.action))
  return action
}

function strict(action: BudgetAction): Shortage['action'] | undefined {
  return action === 'warn' || action === 'allow' ? undefined : action
}

function stricter(a: Shortage['action'] | undefined, b: Shortage['action'] | undefined): Shortage['action'] | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return STRICTNESS[a] >= STRICTNESS[b] ? a : b
}
