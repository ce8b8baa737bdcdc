// Requests to a store of budgets, with what a test does not care about filled in.

import type { AdmissionRequest, BudgetStore, Claim, CounterCharge, CounterRef, CounterState, SettlementRequest, Slide } from '../../src/budgets/budget-store.ts'

/** When the tests' stores begin. Stores go by the times they are given, so any time will do. */
export const START_MS = 1_800_000_000_000
export const FORGET_AT_MS = START_MS + 3_000_000
export const HOLD_MS = 600_000

export interface ClaimOptions {
  readonly limit?: number
  readonly startAt?: number
  readonly slide?: Slide
  readonly forgetAtMs?: number
}

export function counter(key: string, { slide, forgetAtMs = FORGET_AT_MS }: ClaimOptions = {}): CounterRef {
  return { key, forgetAtMs, ...(slide === undefined ? {} : { slide }) }
}

/** Of a budget of 100 unless told otherwise, with no share that must remain. */
export function claim(key: string, amount: number, options: ClaimOptions = {}): Claim {
  const { limit = 100, startAt = limit } = options
  return { ...counter(key, options), amount, limit, startAt }
}

export function charge(key: string, amount: number, options: ClaimOptions = {}): CounterCharge {
  return { ...counter(key, options), amount }
}

export function admission(id: string, claims: readonly Claim[], { nowMs = START_MS, holdUntilMs = nowMs + HOLD_MS }: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return { id, nowMs, holdUntilMs, claims }
}

export function settlement(id: string, charges: readonly CounterCharge[], { nowMs = START_MS }: Partial<SettlementRequest> = {}): SettlementRequest {
  return { id, nowMs, charges }
}

export async function readOne(store: BudgetStore, ref: CounterRef, nowMs = START_MS): Promise<CounterState | undefined> {
  return (await store.read([ref], nowMs))[0]
}
