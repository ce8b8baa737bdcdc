// Counters on a network, and what each budget says is to happen while they cannot be reached: refuse, let through, or let through a share
// of the limit that this process counts by itself. Whatever was used meanwhile is owed to the counters and paid once they are back.

import { after, recovering } from '../core/after.ts'
import type { Clock } from '../core/clock.ts'
import { TollgateError } from '../core/errors.ts'
import type { BudgetCounters, PlannedAdmission } from './admission.ts'
import type { AdmissionAnswer, BudgetStore, Claim, CounterState, SettlementAnswer, SettlementRequest } from './budget-store.ts'
import { createCircuitBreaker } from './circuit-breaker.ts'
import { NotDoneError } from './store-errors.ts'
import type { PlannedClaim } from './plan-claims.ts'
import { shareOf } from './plan-claims.ts'
import { REPEATABLE_FOR_MS } from './settled-ids.ts'

export interface GuardedCounters extends BudgetCounters {
  /** Pays what is owed, if the store answers. To be called about every second. */
  repair(): Promise<void>
  /** Settlements that the store has not taken yet. */
  readonly owed: number
}

export interface GuardOptions {
  readonly store: BudgetStore
  /** Counts the shares of budgets whose store failure is `local`. */
  readonly local: BudgetStore
  readonly clock: Clock
  readonly observer: GuardObserver
}

export interface GuardObserver {
  /** The store has become unreachable, or is back. */
  reachable(isReachable: boolean): void
  /** One call failed; admissions, settlements and others apart. */
  failed(call: 'admit' | 'settle' | 'other', error: unknown): void
  /**
   * These charges are not owed any longer; the ledger has them. `too_many`: more was owed than is kept. `unsure`: the store may have taken them long ago
   * without an answer, and would no longer know it.
   */
  lost(request: SettlementRequest, why: 'too_many' | 'unsure'): void
}

const BREAK_AFTER_FAILURES = 3
const PAUSE_MS = 1_000
/** A settlement takes about 300 bytes. */
const MAX_OWED = 100_000
const PAID_AT_ONCE = 64

interface Owed {
  readonly request: SettlementRequest
  /** When the store was asked first and did not answer, in ms of the monotonic clock; undefined: it has not been asked. */
  readonly askedAtMs: number | undefined
}

const NOT_ANSWERED: readonly CounterState[] = []

export function guardCounters({ store, local, clock, observer }: GuardOptions): GuardedCounters {
  const breaker = createCircuitBreaker({ clock, failures: BREAK_AFTER_FAILURES, pauseMs: PAUSE_MS, onChange: (isOpen) => observer.reachable(!isOpen) })
  const owed = new Map<string, Owed>()
  /** Admissions that the local counters know. */
  const admittedHere = new Set<string>()
  /** Admissions that go on after a call without an answer, and how what that may have claimed is given back, should they come to nothing. */
  const unsure = new Map<string, SettlementRequest>()
  let repairing: Promise<void> | undefined

  /** `otherwise` gets what went wrong, undefined when nobody was asked. */
  function call<Value>(name: 'admit' | 'settle' | 'other', ask: () => Value | Promise<Value>, otherwise: (thrown: unknown) => Value | Promise<Value>): Value | Promise<Value> {
    if (!breaker.mayCall()) return otherwise(undefined)
    const fail = (thrown: unknown): Value | Promise<Value> => {
      breaker.failed()
      observer.failed(name, thrown)
      return otherwise(thrown)
    }
    return recovering(
      () =>
        after(ask(), (value) => {
          breaker.succeeded()
          return value
        }),
      fail,
    )
  }

  /** `thrown`: what became of asking the store; undefined when it was not asked. */
  function owe(request: SettlementRequest, thrown: unknown): void {
    const known = owed.get(request.id)
    const isAsked = thrown !== undefined && !(thrown instanceof NotDoneError)
    if (known === undefined && owed.size >= MAX_OWED) observer.lost(request, 'too_many')
    else owed.set(request.id, { request, askedAtMs: known?.askedAtMs ?? (isAsked ? clock.monotonic() : undefined) })
  }

  function admitWithout(request: PlannedAdmission, thrown: unknown): AdmissionAnswer | Promise<AdmissionAnswer> {
    // The call may have got through although its answer did not.
    if (thrown !== undefined) unsure.set(request.id, { id: request.id, nowMs: request.nowMs, charges: request.claims.map((claim) => ({ ...claim, amount: 0 })) })
    const strict = request.claims.find(({ budget }) => budget.onStoreFailure === 'deny' && budget.onExhausted !== 'allow')
    if (strict !== undefined) {
      throw new TollgateError('budgets_unavailable', `The counters of the budget ${strict.budget.name} cannot be reached, so the request was refused rather than let through uncounted. Try again shortly.`, { cause: thrown })
    }
    // One that only watches refuses nobody, and what it misses is charged to it later.
    const counted = request.claims.filter(({ budget }) => budget.onStoreFailure === 'local' && budget.onExhausted !== 'allow')
    return after(local.admit({ ...request, claims: counted.map(localClaim) }), ({ admitted, counters }): AdmissionAnswer => {
      if (admitted) {
        unsure.delete(request.id)
        admittedHere.add(request.id)
      }
      return { admitted, counters: request.claims.map((claim) => shownAs(claim, counters[counted.indexOf(claim)])) }
    })
  }

  function settle(request: SettlementRequest): SettlementAnswer | Promise<SettlementAnswer> {
    if (admittedHere.delete(request.id)) void local.settle(request)
    return call<SettlementAnswer>(
      'settle',
      () => store.settle(request),
      (thrown) => {
        owe(request, thrown)
        return { applied: true, counters: NOT_ANSWERED }
      },
    )
  }

  async function pay(entry: Owed): Promise<boolean> {
    const { request, askedAtMs } = entry
    if (askedAtMs !== undefined && clock.monotonic() - askedAtMs > REPEATABLE_FOR_MS) {
      owed.delete(request.id)
      observer.lost(request, 'unsure')
      return true
    }
    // Its exchange may owe something else by then.
    const isOwed = (): boolean => owed.get(request.id) === entry
    const isPaid = (): boolean => {
      if (isOwed()) owed.delete(request.id)
      return true
    }
    const isNotPaid = (thrown: unknown): boolean => {
      if (isOwed()) owe(request, thrown)
      return false
    }
    return call<boolean>('settle', () => after(store.settle(request), isPaid), isNotPaid)
  }

  async function payOwed(): Promise<void> {
    while (owed.size > 0) {
      const paid = await Promise.all([...owed.values()].slice(0, PAID_AT_ONCE).map(pay))
      if (!paid.every(Boolean)) return
    }
  }

  return {
    get owed() {
      return owed.size
    },
    async repair() {
      repairing ??= payOwed().finally(() => {
        repairing = undefined
      })
      return repairing
    },
    admit(request) {
      // The store would refuse a second admission of an exchange for which it may hold something already.
      if (unsure.has(request.id)) return admitWithout(request, undefined)
      return call<AdmissionAnswer>('admit', () => store.admit(request), (thrown) => admitWithout(request, thrown))
    },
    gaveUp(id) {
      const giveBack = unsure.get(id)
      if (giveBack === undefined) return
      unsure.delete(id)
      owe(giveBack, undefined)
    },
    settle,
    renew: (ids, holdUntilMs) => {
      const here = ids.filter((id) => admittedHere.has(id))
      if (here.length > 0) void local.renew(here, holdUntilMs)
      return call<void>('other', () => store.renew(ids, holdUntilMs), () => undefined)
    },
    expire: (nowMs, limit) => {
      void local.expire(nowMs, limit)
      return call('other', () => store.expire(nowMs, limit), () => [])
    },
    first: (name, options) => call('other', () => store.first(name, options), () => local.first(name, options)),
    // People ask for these: they are told that it failed.
    read: (refs, nowMs) => store.read(refs, nowMs),
    list: (prefix, options) => store.list(prefix, options),
    ready: () => store.ready(),
    close: () => store.close(),
  }
}

function localClaim(claim: PlannedClaim): Claim {
  const share = shareOf(claim.limitInForce, claim.budget.localShare)
  return { ...claim, limit: Math.min(claim.limit, share), startAt: Math.min(claim.startAt, share) }
}

/** What the local counter leaves, as if all the rest of the limit were spent; nothing is known of those that are not counted here. */
function shownAs({ budget, limitInForce }: PlannedClaim, state: CounterState | undefined): CounterState {
  if (state === undefined) return { used: 0, held: 0 }
  return { used: limitInForce - shareOf(limitInForce, budget.localShare) + state.used, held: state.held }
}
