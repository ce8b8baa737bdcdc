// Windows are fixed, counted from the Unix epoch: the rate limit API reports a reset time, so a window must have an edge.
// A week therefore starts on Thursday (1970-01-01 was one), a month has 30 days and a year 365, as in envoyproxy/ratelimit.

import type { LimitUnit } from './domain-rules.ts'

const lengths: Readonly<Record<LimitUnit, number>> = {
  second: 1,
  minute: 60,
  hour: 3600,
  day: 86_400,
  week: 604_800,
  month: 2_592_000,
  year: 31_536_000,
}

/** In the order of envoy.service.ratelimit.v3.RateLimitResponse.RateLimit.Unit; 0 is UNKNOWN. */
const unitByNumber: readonly (LimitUnit | undefined)[] = [undefined, 'second', 'minute', 'hour', 'day', 'month', 'year', 'week']

export const limitUnits: readonly LimitUnit[] = ['second', 'minute', 'hour', 'day', 'week', 'month', 'year']

/** The unit of a wire number; undefined for UNKNOWN (0) and for numbers of a later API. */
export function mapUnitNumber(unitNumber: number): LimitUnit | undefined {
  return unitByNumber[unitNumber]
}

export function mapUnit(unit: LimitUnit): number {
  return unitByNumber.indexOf(unit)
}

export function windowSeconds(unit: LimitUnit): number {
  return lengths[unit]
}

/** First second of the window that holds `nowSeconds`; both are whole seconds since the epoch. */
export function windowStart(unit: LimitUnit, nowSeconds: number): number {
  return nowSeconds - (nowSeconds % lengths[unit])
}

/** Whole seconds until the window ends: at least 1. */
export function secondsUntilReset(unit: LimitUnit, nowSeconds: number): number {
  return lengths[unit] - (nowSeconds % lengths[unit])
}
