// What every store makes of a claim.

import type { Claim, CounterCharge, CounterRef, CounterState } from './budget-store.ts'

/** Without what callers know beyond it, such as the whole budget: it may be sent or written down. */
export function refOf({ key, forgetAtMs, slide }: CounterRef): CounterRef {
  return slide === undefined ? { key, forgetAtMs } : { key, forgetAtMs, slide }
}

/** The same for a charge, or for what a claim holds. */
export function chargeFor(charge: CounterCharge): CounterCharge {
  return { ...refOf(charge), amount: charge.amount }
}

export function hasRoom({ amount, limit, startAt }: Claim, state: CounterState | undefined): boolean {
  const taken = state === undefined ? 0 : state.used + state.held
  return taken <= startAt && taken + amount <= limit
}
