// What the scripts take and answer, as the store's own types. Lua has no lists of lists that say what they are, so everything lies flat.

import { TollgateError } from '../core/errors.ts'
import type { Claim, CounterCharge, CounterState, Slide } from './budget-store.ts'
import { counterPrefix } from './budget-script.ts'

function wrongShape(): TollgateError {
  return new TollgateError('internal', 'counting budgets failed: a script gave an answer of another shape')
}

/** Used and held of `count` counters, one after the other; large ones are texts. */
export function readStates(answer: unknown, count: number): readonly CounterState[] {
  const numbers: readonly number[] = Array.isArray(answer) ? answer.map(Number) : []
  if (numbers.length !== 2 * count || !numbers.every(Number.isSafeInteger)) throw wrongShape()
  return Array.from({ length: count }, (_, index) => ({ used: numbers[2 * index] ?? 0, held: numbers[2 * index + 1] ?? 0 }))
}

type Encoded = readonly [key: string, amount: number, forgetAtMs: number, slices: number, sliceMs: number, slice: number]

function encodeCharge({ key, amount, forgetAtMs, slide }: CounterCharge): Encoded {
  const { slices, sliceMs, slice } = slide ?? NO_SLIDE
  return [counterPrefix + key, amount, forgetAtMs, slices, sliceMs, slice]
}

const NO_SLIDE: Slide = { slices: 0, sliceMs: 0, slice: 0 }

/** A list for each charge, in JSON: one text costs less than many arguments, and Redis reads it fast. */
export function encodeCharges(charges: readonly CounterCharge[]): string {
  return JSON.stringify(charges.map(encodeCharge))
}

/** The same with limit and start at. */
export function encodeClaims(claims: readonly Claim[]): string {
  return JSON.stringify(claims.map((claim) => [...encodeCharge(claim), claim.limit, claim.startAt]))
}

/** Of claims or charges. */
export function decodeCharges(record: unknown): readonly CounterCharge[] {
  if (typeof record !== 'string') throw wrongShape()
  // What encodeClaims has written; nobody else writes these keys.
  const charges = JSON.parse(record) as readonly Encoded[]
  return charges.map(([key, amount, forgetAtMs, slices, sliceMs, slice]) => {
    const charge: CounterCharge = { key: key.slice(counterPrefix.length), forgetAtMs, amount }
    return slices === 0 ? charge : { ...charge, slide: { slices, sliceMs, slice } }
  })
}
