// What a client that was refused gets to read: which of its budgets was short, what is left of it, when there will be more, and what would fit now.
// Only budgets that count this very exchange are named.

import type { Denied } from './admission.ts'
import { describeAmount, formatAmount } from './amount.ts'
import { WHOLE_SHARE } from './budget.ts'
import type { Shortage } from './judge.ts'

export interface DenialText {
  /** For the client and the log. */
  readonly message: string
  readonly headers: Readonly<Record<string, string>>
}

/** Longest part of a caller's value that is repeated. */
const MAX_SHOWN_CHARACTERS = 100
const grouped = new Intl.NumberFormat('en-US')

/** `headers`: retry-after, x-should-retry and x-ratelimit-* of the strictest shortage (draft-polli-ratelimit-headers-03, as Envoy sends them). */
export function explainDenial({ candidate, shortages, counters, largestOutput, why, waitedMs }: Denied, nowMs: number): DenialText {
  const [strictest] = shortages
  if (strictest === undefined) return { message: 'A budget has no room for this request.', headers: {} }
  const isCounted = counters !== undefined
  const reasons = shortages.map((shortage) => explainShortage(shortage, candidate.attributes, nowMs, isCounted))
  const waiting = explainWaiting(why, waitedMs)
  const fits = largestOutput === undefined ? [] : [`An answer of at most ${grouped.format(largestOutput)} tokens would fit now.`]
  return { message: [...reasons, ...waiting, ...fits].join(' '), headers: denialHeaders(strictest, nowMs, isCounted) }
}

function explainShortage({ claim, used, held, cause }: Shortage, attributes: ReadonlyMap<string, string>, nowMs: number, isCounted: boolean): string {
  const { budget, limitInForce, amount } = claim
  const { unit } = budget
  const who = budget.per.map((name) => `${name}=${shown(attributes.get(name))}`).join(', ')
  const name = `the budget ${budget.name}${who === '' ? '' : ` for ${who}`}`
  const resets = `More comes in ${grouped.format(secondsUntil(claim.windowEndMs, nowMs))} s.`
  if (!isCounted) return `Others wait for room in ${name}. ${resets}`
  const left = Math.max(0, limitInForce - used - held)
  const inFlight = held === 0 ? '' : `, ${describeAmount(unit, held)} reserved by requests under way`
  const amounts = `${describeAmount(unit, used)} of ${describeAmount(unit, limitInForce)} spent${inFlight}, ${describeAmount(unit, left)} left`
  if (cause === 'tier') return `Too little remains of ${name} for this model: ${amounts}. ${resets}`
  const needs = amount > limitInForce ? `It needs ${describeAmount(unit, amount)}, more than the whole budget.` : amount === 0 ? '' : `It needs ${describeAmount(unit, amount)}.`
  return [`There is no room for this request in ${name}: ${amounts}.`, needs, resets].filter((sentence) => sentence !== '').join(' ')
}

function explainWaiting(why: Denied['why'], waitedMs: number): readonly string[] {
  switch (why) {
    case 'waited':
    case 'gone':
      return [`It waited ${String(Math.round(waitedMs / 100) / 10)} s for room.`]
    case 'line_full':
      return ['Too many requests wait for room already.']
    case 'short':
      return []
  }
}

function denialHeaders({ claim, used, held }: Shortage, nowMs: number, isCounted: boolean): Readonly<Record<string, string>> {
  const { unit } = claim.budget
  const reset = String(secondsUntil(claim.windowEndMs, nowMs))
  return {
    'retry-after': reset,
    'x-should-retry': 'false',
    'x-ratelimit-limit': formatAmount(unit, claim.limitInForce),
    ...(isCounted ? { 'x-ratelimit-remaining': formatAmount(unit, Math.max(0, claim.limitInForce - used - held)) } : {}),
    'x-ratelimit-reset': reset,
  }
}

/** At least 1: whoever comes back in the same second finds the same window. */
export function secondsUntil(atMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((atMs - nowMs) / 1000))
}

/** `80%` of 8000 ten-thousandths. */
export function describeShare(share: number): string {
  return `${String((share * 100) / WHOLE_SHARE)}%`
}

// A value is whatever the client sent: no control characters into the message.
function shown(value: string | undefined): string {
  if (value === undefined) return '(none)'
  const printable = value.replace(/[^\P{C}]/gu, '\u{fffd}')
  return printable.length > MAX_SHOWN_CHARACTERS ? `${printable.slice(0, MAX_SHOWN_CHARACTERS)}…` : printable
}
