// How fast a budget is being used up. Before much of a window has passed, that says little.

import type { WindowSpec } from './budget.ts'
import { HOUR_MS, MINUTE_MS, type Window } from './window.ts'

/** So much of a window, or a minute if that is less, counts as passed from its first moment on: one request is no trend. */
const LEAST_PASSED = 1 / 60

export interface Burn {
  /** In the unit of the budget, rounded. Of a window that slides: what was charged within it, over all of its length. */
  readonly perHour: number
  /** When nothing will be left at that rate; undefined: not before the window ends, or never, as in one that slides: it forgets as fast as is charged. */
  readonly goneAtMs: number | undefined
}

export interface BurnInput {
  readonly spec: WindowSpec
  readonly window: Window
  readonly used: number
  readonly remaining: number
  readonly nowMs: number
}

export function burnOf({ spec, window: { startMs, endMs }, used, remaining, nowMs }: BurnInput): Burn {
  const leastMs = Math.min(MINUTE_MS, (endMs - startMs) * LEAST_PASSED)
  const perMs = used / Math.max(nowMs - startMs, leastMs)
  const perHour = Math.round(perMs * HOUR_MS)
  if (remaining <= 0) return { perHour, goneAtMs: nowMs }
  const goneAtMs = Math.round(nowMs + remaining / perMs)
  return { perHour, goneAtMs: spec.kind === 'sliding' || goneAtMs >= endMs ? undefined : goneAtMs }
}
