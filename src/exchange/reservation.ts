// The budgets' side of one exchange after its admission: what the client is told of them, and what they are charged in the end.

import type { Admitted, Standing } from '../budgets/admission.ts'
import type { BudgetCharge, Budgets } from '../budgets/budgets.ts'
import type { Estimator } from '../budgets/estimator.ts'
import { remainingHeader } from '../budgets/remaining-header.ts'
import type { Clock } from '../core/clock.ts'
import { callerKeyOf, chargedIn } from './budget-candidate.ts'
import type { Charge } from './charge.ts'

export interface ReservationDependencies {
  readonly budgets: Budgets
  readonly estimator: Estimator
  readonly clock: Clock
}

export class Reservation {
  readonly #dependencies: ReservationDependencies
  readonly #admission: Admitted
  /** The model that was asked for, where another one serves. */
  readonly downgradedFrom: string | undefined
  #standings: readonly Standing[]
  /** What each counter was charged; empty before `settle`. */
  charges: readonly BudgetCharge[] = []

  constructor(admission: Admitted, downgradedFrom: string | undefined, dependencies: ReservationDependencies) {
    this.#dependencies = dependencies
    this.#admission = admission
    this.downgradedFrom = downgradedFrom
    this.#standings = admission.standings
  }

  /** Of the answer: what is left by the latest that is known, and what was changed about the request. */
  headers(): Record<string, string> {
    const headers: Record<string, string> = {}
    const remaining = remainingHeader(this.#standings, this.#dependencies.clock.now())
    if (remaining !== undefined) headers['x-tollgate-budget-remaining'] = remaining
    if (this.downgradedFrom !== undefined) headers['x-tollgate-downgraded-from'] = this.downgradedFrom
    if (this.#admission.maxOutputTokens !== undefined) headers['x-tollgate-clamped-to'] = String(this.#admission.maxOutputTokens)
    return headers
  }

  /** Charges what the exchange has cost, `provider` having served it. Resolves once the counters have it; never rejects. */
  settle(charge: Charge, provider: string | undefined): void | Promise<void> {
    if (this.#admission.request.claims.length === 0) return undefined
    const { usage, price, values: costs } = charge
    const settlement = this.#dependencies.budgets.settle(this.#admission.request, {
      amount: (unit) => chargedIn(unit, { usage, nanoDollars: price?.nanoDollars, costs }),
      provider: charge.isCancelled ? undefined : provider,
    })
    this.charges = settlement.charges
    const { standings } = settlement
    if (!(standings instanceof Promise)) {
      this.#standings = standings
      return undefined
    }
    return standings.then(
      (settled) => {
        this.#standings = settled
      },
      // What the counters could not take is owed to them, and said where that is known.
      () => undefined,
    )
  }

  /** From what a provider has said of a whole answer. */
  learn({ usage }: Charge, { inputTokensEstimate: inputGuess, choices }: { readonly inputTokensEstimate: number; readonly choices: number }): void {
    // How long an answer is that we have cut short ourselves says nothing of others.
    if (this.#admission.maxOutputTokens !== undefined || usage === undefined) return
    const { attributes, clientModel } = this.#admission.candidate
    this.#dependencies.estimator.learn({ callerKey: callerKeyOf(attributes), model: clientModel, inputGuess, usage, choices })
  }
}
