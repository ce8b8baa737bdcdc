// The price of one model: dated lists, each with steps by context length, each step a rate for every unit.

import { PICO_PER_NANO } from '../core/money.ts'
import type { Usage } from '../core/usage.ts'
import { countUnits, inputUnits, outputUnits, parents, type Unit, units } from './units.ts'

/** Pico-dollars for one of a unit; what is not named follows units.ts. */
export type Rates = Readonly<Partial<Record<Unit, number>>>

/** From more than `above` input tokens on, the whole request costs `rates`. */
export interface PriceStep {
  /** -1 for the first step, which holds from 0 tokens on. */
  readonly above: number
  readonly rates: Rates
}

/** When a list is valid. Seconds are those of the day in UTC; `end` before `start` spans midnight. */
export type Validity = { readonly kind: 'always' } | { readonly kind: 'from'; readonly fromMs: number } | { readonly kind: 'daily'; readonly startSeconds: number; readonly endSeconds: number }

export interface PriceList {
  readonly validity: Validity
  /** Ascending; never empty. */
  readonly steps: readonly PriceStep[]
}

/** The last list that is valid counts, else the first. Never empty. */
export type ModelPrice = readonly PriceList[]

/** `above`, and pico-dollars in the order of `units`, all of them decided. */
interface CompiledStep {
  readonly above: number
  readonly rates: readonly number[]
}

export interface CompiledPrice {
  /** Nano-dollars, rounded up once; a safe integer, or undefined when input or output is unknown. `atMs`: when the exchange began. */
  amount(usage: Usage, atMs: number): number | undefined
  /** Nano-dollars that no exchange of at most so many tokens exceeds, whatever they turn out to be: at the dearest rates of the dearest step. Calls of tools are not in it. */
  most(bound: TokenBound, atMs: number): number
}

/** At most so many tokens, both counts integers. */
export interface TokenBound {
  readonly inputTokens: number
  readonly outputTokens: number
}

export function compilePrice(price: ModelPrice): CompiledPrice {
  const lists = price.map(({ validity, steps }) => ({ validity, steps: steps.map(compileStep) }))
  const only = lists.length === 1 ? lists[0]?.steps : undefined
  return {
    amount(usage, atMs) {
      const counts = countUnits(usage)
      if (counts === undefined) return undefined
      const steps = only ?? selectList(lists, atMs)?.steps ?? []
      return amountOf(counts, selectStep(steps, usage.inputTokens ?? 0))
    },
    most({ inputTokens, outputTokens }, atMs) {
      const steps = selectList(price, atMs)?.steps ?? []
      return Math.max(0, ...steps.map(({ rates }) => amountOf([inputTokens, outputTokens, 1], [dearest(rates, inputUnits), dearest(rates, outputUnits), rateOf(rates, 'request')])))
    },
  }
}

function dearest(rates: Rates, among: readonly Unit[]): number {
  return Math.max(...among.map((unit) => rateOf(rates, unit)))
}

/** The list that is valid at `atMs`. */
export function selectList<List extends Pick<PriceList, 'validity'>>(lists: readonly List[], atMs: number): List | undefined {
  return lists.findLast(({ validity }) => isValid(validity, atMs)) ?? lists[0]
}

/** The rate of a unit in pico-dollars, also where the list does not name it. */
export function rateOf(rates: Rates, unit: Unit): number {
  const own = rates[unit]
  if (own !== undefined) return own
  const named = parents[unit].flatMap((parent) => rates[parent] ?? [])
  if (named.length > 0) return Math.max(...named)
  const [first] = parents[unit]
  return first === undefined ? 0 : rateOf(rates, first)
}

function compileStep({ above, rates }: PriceStep): CompiledStep {
  return { above, rates: units.map((unit) => rateOf(rates, unit)) }
}

function isValid(validity: Validity, atMs: number): boolean {
  switch (validity.kind) {
    case 'always':
      return true
    case 'from':
      return atMs >= validity.fromMs
    case 'daily': {
      const { startSeconds, endSeconds } = validity
      const seconds = (atMs % 86_400_000) / 1000
      return endSeconds < startSeconds ? seconds >= startSeconds || seconds < endSeconds : seconds >= startSeconds && seconds < endSeconds
    }
  }
}

function selectStep(steps: readonly CompiledStep[], inputTokens: number): readonly number[] {
  let rates: readonly number[] = []
  for (const step of steps) if (inputTokens > step.above) rates = step.rates
  return rates
}

// All products are integers, so a sum within the safe integers is exact, and so was every part of it.
function amountOf(counts: readonly number[], rates: readonly number[]): number {
  let pico = 0
  for (let index = 0; index < counts.length; index += 1) pico += counts[index]! * (rates[index] ?? 0)
  if (pico > Number.MAX_SAFE_INTEGER) return largeAmount(counts, rates)
  const rest = pico % PICO_PER_NANO
  return (pico - rest) / PICO_PER_NANO + (rest > 0 ? 1 : 0)
}

/** Above 9,007 dollars. */
function largeAmount(counts: readonly number[], rates: readonly number[]): number {
  let pico = 0n
  for (const [index, count] of counts.entries()) pico += BigInt(count) * BigInt(rates[index] ?? 0)
  const nano = (pico + BigInt(PICO_PER_NANO - 1)) / BigInt(PICO_PER_NANO)
  return nano > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(nano)
}
