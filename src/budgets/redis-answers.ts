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

/** Slices, ms of each and the slice; zeros where the window does not slide. */
export function encodeSlide(slide: Slide | undefined): readonly [slices: number, sliceMs: number, slice: number] {
  return slide === undefined ? [0, 0, 0] : [slide.slices, slide.sliceMs, slide.slice]
}

/** What is stored of an exchange: a line for each claim with key, amount, forget at, slices, ms of each and slice. No key has a tab or a line break in it. */
export function encodeRecord(claims: readonly Claim[]): string {
  return claims.map(({ key, amount, forgetAtMs, slide }) => [counterPrefix + key, amount, forgetAtMs, ...encodeSlide(slide)].join('\t')).join('\n')
}

export function decodeRecord(record: unknown): readonly CounterCharge[] {
  if (typeof record !== 'string') throw wrongShape()
  return record.split('\n').map(decodeClaim)
}

function decodeClaim(line: string): CounterCharge {
  const [key = '', ...numbers] = line.split('\t')
  const [amount = 0, forgetAtMs = 0, slices = 0, sliceMs = 0, slice = 0] = numbers.map(Number)
  const charge: CounterCharge = { key: key.slice(counterPrefix.length), forgetAtMs, amount }
  return slices === 0 ? charge : { ...charge, slide: { slices, sliceMs, slice } }
}
