// One admission, from the model that was asked for to a decision: claim, and where a budget is short do what it says:
// lower the client's bound, wait, try the next cheaper model, or refuse.

import { after } from '../core/after.ts'
import type { Clock } from '../core/clock.ts'
import { TollgateError } from '../core/errors.ts'
import type { Budget } from './budget.ts'
import type { AdmissionAnswer, AdmissionRequest, BudgetStore, CounterState } from './budget-store.ts'
import { judge, type Shortage } from './judge.ts'
import { largestOutput } from './largest-output.ts'
import { type Candidate, planClaims, type PlannedClaim } from './plan-claims.ts'
import { type TriedModel, triedModel } from './tried-model.ts'
import type { Ticket, WaitingLines } from './waiting-line.ts'

/** What is claimed, with all that is known about why: a guard for failures of the store reads the budgets in it. */
export interface PlannedAdmission extends AdmissionRequest {
  readonly claims: readonly PlannedClaim[]
}

/** The counters as admissions ask them. */
export interface BudgetCounters extends Omit<BudgetStore, 'admit'> {
  admit(request: PlannedAdmission): AdmissionAnswer | Promise<AdmissionAnswer>
  /** The admission of this exchange is over, and nothing is claimed for it; told to counters that answer for a store which may have claimed all the same. */
  gaveUp?(id: string): void
}

export interface AdmissionInput {
  /** Of the exchange. */
  readonly id: string
  readonly budgets: readonly Budget[]
  /** The model that was asked for at 0, then along `downgrade_to`; undefined where that ends. */
  candidate(depth: number): Candidate | undefined
  /** Bytes that are kept while it waits. */
  readonly bytes: number
  /** Aborts when the client has gone; asked for only when it must wait. */
  readonly gone: () => AbortSignal
}

/** A model, and why it was not admitted. */
export interface Refusal {
  readonly candidate: TriedModel
  /** Never empty; the strictest first. */
  readonly shortages: readonly Shortage[]
  /** What would have been claimed, of all its budgets. */
  readonly claims: readonly PlannedClaim[]
  /** In the order of the claims. Undefined when it had to line up behind others, and its turn never came: nothing is known of them then. */
  readonly counters: readonly CounterState[] | undefined
}

/** A counter of an exchange, its own part included. */
export interface Standing extends CounterState {
  readonly claim: PlannedClaim
}

export interface Admitted {
  readonly kind: 'admitted'
  readonly candidate: TriedModel
  /** As it was made; without claims where no budget counts the exchange. */
  readonly request: PlannedAdmission
  /** In the order of the claims. */
  readonly standings: readonly Standing[]
  /** What was asked for and what lay between, where a cheaper model serves. */
  readonly passedOver: readonly Refusal[]
  /** The bound on output tokens that the client must be held to; undefined: its own. */
  readonly maxOutputTokens: number | undefined
  readonly waitedMs: number
}

/** As the refusal of the last model that was tried. */
export interface Denied extends Refusal {
  readonly kind: 'denied'
  readonly passedOver: readonly Refusal[]
  /** The longest answer that would have been admitted now; undefined when none would. */
  readonly largestOutput: number | undefined
  readonly why: DenialReason
  readonly waitedMs: number
}

/** `line_full`: too many wait already. `gone`: the client left while it waited. */
export type DenialReason = 'short' | 'waited' | 'line_full' | 'gone'

export interface AdmissionDependencies {
  readonly counters: Pick<BudgetCounters, 'admit'>
  readonly clock: Clock
  readonly lines: WaitingLines
}

/** Tries of a clamp: others may take what was left in between. */
const CLAMP_TRIES = 3

/** Rejects or throws with what a candidate throws, and with what the counters do when they cannot be asked. */
export function decideAdmission(input: AdmissionInput, dependencies: AdmissionDependencies): Admitted | Denied | Promise<Admitted | Denied> {
  return new Admission(input, dependencies).decide()
}

class Admission {
  readonly #input: AdmissionInput
  readonly #dependencies: AdmissionDependencies
  readonly #startedAtMs: number
  readonly #passedOver: Refusal[] = []
  #ticket: Ticket | undefined

  constructor(input: AdmissionInput, dependencies: AdmissionDependencies) {
    this.#input = input
    this.#dependencies = dependencies
    this.#startedAtMs = dependencies.clock.monotonic()
  }

  decide(): Admitted | Denied | Promise<Admitted | Denied> {
    const asked = this.#input.candidate(0)
    if (asked === undefined) throw new TollgateError('internal', 'An admission was asked for without a model.')
    const decision = this.#try(asked)
    return decision instanceof Promise ? decision.finally(() => this.#ticket?.leave()) : decision
  }

  #try(candidate: Candidate, clamp?: { readonly maxOutputTokens: number; readonly tries: number }): Admitted | Denied | Promise<Admitted | Denied> {
    const { id, budgets } = this.#input
    const { clock, counters, lines } = this.#dependencies
    const nowMs = clock.now()
    const maxOutputTokens = clamp?.maxOutputTokens
    const claims = planClaims({ budgets, candidate, nowMs, ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }) })
    const request: PlannedAdmission = { id, nowMs, holdUntilMs: nowMs + shortestHold(claims), claims }
    const admitted = (standings: readonly Standing[]): Admitted => ({ kind: 'admitted', candidate: triedModel(candidate, claims, maxOutputTokens), request, standings, passedOver: this.#passedOver, maxOutputTokens, waitedMs: this.#waitedMs() })
    if (claims.length === 0) return admitted([])
    // Whoever comes while others wait for the same room belongs behind them.
    const lined = this.#ticket === undefined ? claims.find((claim) => mayQueue(claim) && lines.isWaitedFor(claim.key)) : undefined
    if (lined !== undefined) return this.#lineUp(candidate, claims, lined)
    return after(counters.admit(request), (answer) => {
      if (!answer.admitted) return this.#refused(candidate, claims, answer.counters, clamp?.tries ?? 0)
      return admitted(claims.map((claim, index) => standingOf(claim, answer.counters[index])))
    })
  }

  #refused(candidate: Candidate, claims: readonly PlannedClaim[], counters: readonly CounterState[], clampTries: number): Admitted | Denied | Promise<Admitted | Denied> {
    const shortages = judge(claims, counters, candidate)
    const strictest = shortages[0]
    if (strictest === undefined) throw new TollgateError('internal', 'The counters refused an admission for which they have room.')
    const maxOutputTokens = clampTries < CLAMP_TRIES ? clampTo(candidate, claims, counters, shortages) : undefined
    if (maxOutputTokens !== undefined) return this.#try(candidate, { maxOutputTokens, tries: clampTries + 1 })
    const refusal: Refusal = { candidate: triedModel(candidate, claims, undefined), shortages, claims, counters }
    const denied = (): Denied => this.#deny(refusal, 'short', largestOutput(candidate, claims, counters))
    if (strictest.action === 'deny') return denied()
    if (strictest.action === 'queue') return this.#wait(candidate, strictest, refusal)
    const next = this.#input.candidate(candidate.depth + 1)
    if (next === undefined) return denied()
    this.#passedOver.push(refusal)
    return this.#try(next)
  }

  #lineUp(candidate: Candidate, claims: readonly PlannedClaim[], claim: PlannedClaim): Promise<Admitted | Denied> {
    const shortage: Shortage = { claim, used: 0, held: 0, cause: 'room', action: 'queue' }
    return this.#wait(candidate, shortage, { candidate: triedModel(candidate, claims, undefined), shortages: [shortage], claims, counters: undefined })
  }

  async #wait(candidate: Candidate, { claim }: Shortage, refusal: Refusal): Promise<Admitted | Denied> {
    const { bytes } = this.#input
    const gone = this.#input.gone()
    this.#ticket ??= this.#dependencies.lines.enter(claim.key, bytes)
    if (this.#ticket === undefined) return this.#deny(refusal, 'line_full')
    const isTurn = await this.#ticket.turn({ milliseconds: claim.budget.queueMs, gone })
    if (isTurn) return this.#try(candidate)
    return this.#deny(refusal, gone.aborted ? 'gone' : 'waited')
  }

  #deny(refusal: Refusal, why: DenialReason, largest?: number): Denied {
    return { kind: 'denied', ...refusal, passedOver: this.#passedOver, largestOutput: largest, why, waitedMs: this.#waitedMs() }
  }

  #waitedMs(): number {
    return this.#ticket === undefined ? 0 : this.#dependencies.clock.monotonic() - this.#startedAtMs
  }
}

function standingOf(claim: PlannedClaim, before: CounterState | undefined): Standing {
  return { claim, used: before?.used ?? 0, held: (before?.held ?? 0) + claim.amount }
}

function shortestHold(claims: readonly PlannedClaim[]): number {
  return claims.reduce((shortest, { budget }) => Math.min(shortest, budget.holdTtlMs), Number.MAX_SAFE_INTEGER)
}

function mayQueue({ budget }: PlannedClaim): boolean {
  return budget.onExhausted === 'queue' || budget.tiers.some(({ action }) => action === 'queue')
}

/** Only where every shortage is one of room, and its budget allows it. */
function clampTo(candidate: Candidate, claims: readonly PlannedClaim[], counters: readonly CounterState[], shortages: readonly Shortage[]): number | undefined {
  if (candidate.leastOutputTokens === undefined) return undefined
  if (!shortages.every(({ claim, cause }) => cause === 'room' && claim.budget.clamp)) return undefined
  const largest = largestOutput(candidate, claims, counters)
  return largest !== undefined && largest >= candidate.leastOutputTokens ? largest : undefined
}
