// After failures in a row nobody is made to wait for a store that does not answer: it is left alone for a moment, then one call tries again.

import type { Clock } from '../core/clock.ts'

export interface CircuitBreaker {
  /** Whether to call now. While open, true for one caller per pause. */
  mayCall(): boolean
  succeeded(): void
  failed(): void
  readonly isOpen: boolean
}

export interface CircuitBreakerOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  /** In a row. */
  readonly failures: number
  readonly pauseMs: number
  readonly onChange: (isOpen: boolean) => void
}

export function createCircuitBreaker({ clock, failures, pauseMs, onChange }: CircuitBreakerOptions): CircuitBreaker {
  let inARow = 0
  let tryAtMs: number | undefined
  return {
    get isOpen() {
      return tryAtMs !== undefined
    },
    mayCall() {
      if (tryAtMs === undefined) return true
      const now = clock.monotonic()
      if (now < tryAtMs) return false
      tryAtMs = now + pauseMs
      return true
    },
    succeeded() {
      inARow = 0
      if (tryAtMs === undefined) return
      tryAtMs = undefined
      onChange(false)
    },
    failed() {
      inARow += 1
      const wasOpen = tryAtMs !== undefined
      if (inARow < failures && !wasOpen) return
      tryAtMs = clock.monotonic() + pauseMs
      if (!wasOpen) onChange(true)
    },
  }
}
