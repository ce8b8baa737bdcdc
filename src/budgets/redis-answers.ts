// What the scripts answer, as the store's own types. Lua has no lists of lists that say what they are, so everything lies flat.

import { TollgateError } from '../core/errors.ts'
import type { CounterCharge, CounterState, Slide } from './budget-store.ts'
import { counterPrefix } from './budget-script.ts'

/** Texts of one claim in what is stored of an exchange: key, amount, forget at, slices, ms of each, slice. */
const CLAIM_PARTS = 6

function wrongShape(): TollgateError {
  return new TollgateError('internal', 'counting budgets failed: a script gave an answer of another shape')
}

/** Used and held of `count` counters, one after the other, as texts. */
export function readStates(answer: unknown, count: number): readonly CounterState[] {
  if (!Array.isArray(answer) || answer.length !== 2 * count || !answer.every((part) => typeof part === 'string' && /^\d+$/.test(part))) throw wrongShape()
  const numbers = answer.map(Number)
  return Array.from({ length: count }, (_, index) => ({ used: numbers[2 * index] ?? 0, held: numbers[2 * index + 1] ?? 0 }))
}

/** Slices, ms of each and the slice; zeros where the window does not slide. */
export function encodeSlide(slide: Slide | undefined): readonly number[] {
  return slide === undefined ? [0, 0, 0] : [slide.slices, slide.sliceMs, slide.slice]
}

export function decodeClaims(answer: unknown): readonly CounterCharge[] {
  if (!Array.isArray(answer) || answer.length % CLAIM_PARTS !== 0) throw wrongShape()
  const parts: readonly unknown[] = answer
  return Array.from({ length: parts.length / CLAIM_PARTS }, (_, index) => decodeClaim(parts.slice(index * CLAIM_PARTS, (index + 1) * CLAIM_PARTS)))
}

function decodeClaim([key, ...numbers]: readonly unknown[]): CounterCharge {
  const [amount = 0, forgetAtMs = 0, slices = 0, sliceMs = 0, slice = 0] = numbers.map(Number)
  const charge: CounterCharge = { key: String(key).slice(counterPrefix.length), forgetAtMs, amount }
  return slices === 0 ? charge : { ...charge, slide: { slices, sliceMs, slice } }
}
