// Admission, settlement and what lies between: the one place that asks the counters on behalf of an exchange.
// A hold is taken before a provider is called, kept alive while the exchange is, and replaced by the cost once that is known.

import { after, recovering } from '../core/after.ts'
import type { Clock } from '../core/clock.ts'
import { type AdmissionInput, type Admitted, type BudgetCounters, decideAdmission, type Denied, type PlannedAdmission, type Standing } from './admission.ts'
import type { Budget, BudgetUnit } from './budget.ts'
import type { CounterCharge, ExpiredHold } from './budget-store.ts'
import { refOf } from './claim.ts'
import { countsProvider } from './match-budget.ts'
import type { PlannedClaim } from './plan-claims.ts'
import { createRehearsal } from './rehearsal.ts'
import type { WaitingLines } from './waiting-line.ts'

/** What came of an admitted exchange. */
export interface Outcome {
  /** What it cost in a unit; undefined when nobody can say, which charges what was held. */
  amount(unit: BudgetUnit): number | undefined
  /** Who served it; undefined: nobody did, and nothing is charged. */
  readonly provider: string | undefined
}

/** What one counter was charged in the end. */
export interface BudgetCharge extends CounterCharge {
  readonly budget: Budget
}

export interface Settlement {
  /** In the order of the claims. */
  readonly charges: readonly BudgetCharge[]
  /** The same counters afterwards. Empty when they could not be asked: then they are charged later. */
  readonly standings: readonly Standing[] | Promise<readonly Standing[]>
}

export interface Budgets {
  /** Throws (or rejects) with what a candidate throws, and with `budgets_unavailable` when the counters cannot be asked. */
  admit(input: AdmissionInput): Admitted | Denied | Promise<Admitted | Denied>
  /** What `admit` would decide now. Holds nothing, and whoever would have to wait for room is denied as `line_full`. */
  rehearse(input: AdmissionInput): Admitted | Denied | Promise<Admitted | Denied>
  /** Replaces what `admit` claimed. Once; another call for the same exchange changes nothing. */
  settle(request: Pick<PlannedAdmission, 'id' | 'claims'>, outcome: Outcome): Settlement
  /** Keeps the holds of exchanges that take long. To be called several times within the shortest hold time. */
  renew(): void | Promise<void>
  /** Charges holds that have run out, whoever made them. To be called about every second. */
  expire(): void | Promise<void>
  /** Holds of this process that have not been settled. */
  readonly live: number
}

export interface BudgetsObserver {
  /** After every admission and settlement, for warnings. */
  stood(standings: readonly Standing[]): void
  expired(hold: ExpiredHold): void
}

export interface BudgetsOptions {
  readonly counters: BudgetCounters
  readonly clock: Clock
  readonly lines: WaitingLines
  readonly observer: BudgetsObserver
}

/** A hold is renewed when this part of its time has passed. */
const RENEW_AFTER = 1 / 3
/** Overdue holds that are charged at once. */
const EXPIRED_AT_ONCE = 1000

export function createBudgets({ counters, clock, lines, observer }: BudgetsOptions): Budgets {
  const live = new Map<string, { readonly ttlMs: number; renewAtMs: number }>()
  const rehearsal = createRehearsal({ counters, clock, lines })

  function settle({ id, claims }: Pick<PlannedAdmission, 'id' | 'claims'>, outcome: Outcome): Settlement {
    if (claims.length === 0) return { charges: [], standings: [] }
    live.delete(id)
    const charges = claims.map((claim): BudgetCharge => ({ ...refOf(claim), budget: claim.budget, amount: chargeOf(claim, outcome) }))
    const standings = after(counters.settle({ id, nowMs: clock.now(), charges }), ({ counters: states }): readonly Standing[] => {
      for (const { key } of claims) lines.changed(key)
      const stood = claims.flatMap((claim, index): Standing[] => (states[index] === undefined ? [] : [{ claim, ...states[index] }]))
      observer.stood(stood)
      return stood
    })
    return { charges, standings }
  }

  function decide(input: AdmissionInput): Admitted | Denied | Promise<Admitted | Denied> {
    return recovering<Admitted | Denied>(
      () => decideAdmission(input, { counters, clock, lines }),
      (thrown) => {
        counters.gaveUp?.(input.id)
        throw thrown
      },
    )
  }

  function keep(decision: Admitted | Denied, id: string): Admitted | Denied {
    if (decision.kind === 'denied' || decision.request.claims.length === 0) {
      counters.gaveUp?.(id)
      return decision
    }
    const { request, standings } = decision
    const ttlMs = request.holdUntilMs - request.nowMs
    live.set(request.id, { ttlMs, renewAtMs: clock.monotonic() + ttlMs * RENEW_AFTER })
    observer.stood(standings)
    return decision
  }

  return {
    admit: (input) => after(decide(input), (decision) => keep(decision, input.id)),
    rehearse: (input) => decideAdmission(input, rehearsal),
    settle,
    renew() {
      const nowMs = clock.monotonic()
      const due = new Map<number, string[]>()
      for (const [id, entry] of live) {
        if (entry.renewAtMs > nowMs) continue
        entry.renewAtMs = nowMs + entry.ttlMs * RENEW_AFTER
        const ids = due.get(entry.ttlMs)
        if (ids === undefined) due.set(entry.ttlMs, [id])
        else ids.push(id)
      }
      // Each by its own time: a hold is never made to end earlier, so with the shortest of all times the long ones would not be renewed.
      const renewals = [...due].map(([ttlMs, ids]) => counters.renew(ids, clock.now() + ttlMs))
      const pending = renewals.filter((renewal) => renewal instanceof Promise)
      return pending.length === 0 ? undefined : Promise.all(pending).then(() => undefined)
    },
    expire() {
      return after(counters.expire(clock.now(), EXPIRED_AT_ONCE), (holds) => {
        for (const hold of holds) {
          observer.expired(hold)
          for (const { key } of hold.charges) lines.changed(key)
        }
      })
    },
    get live() {
      return live.size
    },
  }
}

/** What it cost where that is known, what was held where it is not, nothing where the budget does not count who served. */
function chargeOf({ budget, amount: held }: PlannedClaim, outcome: Outcome): number {
  if (outcome.provider === undefined || !countsProvider(budget, outcome.provider)) return 0
  return outcome.amount(budget.unit) ?? held
}
