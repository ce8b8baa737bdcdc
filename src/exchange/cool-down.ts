// Which providers are left out of chains for a while: those that said when to come back, and those that failed again and again.
// What is known here comes from Envoy's log of attempts, so it lags behind by a moment; nothing waits for it.

import type { CoolDownSettings } from '../config/runtime-config.ts'
import type { Clock } from '../core/clock.ts'

/** One try at a provider that came to nothing. */
export interface AttemptFailure {
  readonly provider: string
  /** The HTTP status of its answer, or how the connection failed. */
  readonly reason: number | 'connect_failure' | 'reset' | 'timeout'
  /** When to come back, in its own words; undefined when it said nothing. */
  readonly retryAfterMs: number | undefined
}

export interface CoolDown {
  readonly provider: string
  /** For people and for a label: `429`, `reset`, …; bounded. */
  readonly reason: string
  readonly remainingMs: number
}

export interface CoolDowns {
  /** Undefined: it may be asked. Cheap: looked up for every step of every request. */
  find(provider: string): CoolDown | undefined
  /** Everybody who cools down now. */
  list(): readonly CoolDown[]
  failed(failure: AttemptFailure): void
  /** It answered with 2xx: what failed before was not in a row. */
  succeeded(provider: string): void
  /** Another Tollgate knows more. */
  learn(coolDown: CoolDown): void
}

export interface CoolDownOptions {
  /** Of this moment; undefined: nobody cools down. */
  readonly settings: () => CoolDownSettings | undefined
  readonly clock: Pick<Clock, 'monotonic'>
  /** A provider that was not cooling down does now. */
  readonly onStart: (coolDown: CoolDown) => void
  /** It cools down longer than was known: `onStart`, and each time it says so again. */
  readonly onChange?: (coolDown: CoolDown) => void
  /** The same, and also when another Tollgate said so. */
  readonly onLonger?: (coolDown: CoolDown) => void
}

/** A new word of a provider under load differs by milliseconds from the last; less than this more is not worth telling. */
const WORTH_TELLING_MS = 500
/** Shorter pauses would be over before their news has arrived. */
const SHORTEST_MS = 100
/** The provider refuses our key. Later requests would fail as well, and a fallback only helps them if it comes first. */
const UNAUTHORIZED = 401

interface Pause {
  readonly reason: string
  readonly untilMs: number
}

/** Remembers one entry per provider, so callers pass configured names only. */
export function createCoolDowns({ settings, clock, onStart, onChange, onLonger }: CoolDownOptions): CoolDowns {
  const pauses = new Map<string, Pause>()
  const failuresInARow = new Map<string, number>()

  function find(provider: string): CoolDown | undefined {
    const pause = pauses.get(provider)
    if (pause === undefined) return undefined
    const remainingMs = pause.untilMs - clock.monotonic()
    if (remainingMs > 0) return { provider, reason: pause.reason, remainingMs }
    pauses.delete(provider)
    return undefined
  }

  /** True when it is longer than was known. */
  function pause({ provider, reason, remainingMs }: CoolDown): boolean {
    const known = find(provider)
    if (known !== undefined && remainingMs < known.remainingMs + WORTH_TELLING_MS) return false
    pauses.set(provider, { reason, untilMs: clock.monotonic() + remainingMs })
    if (known === undefined) onStart({ provider, reason, remainingMs })
    onLonger?.({ provider, reason, remainingMs })
    return true
  }

  function decideMs({ provider, reason, retryAfterMs }: AttemptFailure, { maxMs, failures, pauseMs }: CoolDownSettings): number | undefined {
    if (retryAfterMs !== undefined) return Math.min(Math.max(retryAfterMs, SHORTEST_MS), maxMs)
    const inARow = (failuresInARow.get(provider) ?? 0) + 1
    failuresInARow.set(provider, inARow)
    // The count stays until a success: who fails again after its pause is left out again at once.
    return reason === UNAUTHORIZED || inARow >= failures ? Math.min(pauseMs, maxMs) : undefined
  }

  return {
    find,
    list: () => [...pauses.keys()].flatMap((provider) => find(provider) ?? []),
    failed(failure) {
      const current = settings()
      if (current === undefined) return
      const remainingMs = decideMs(failure, current)
      if (remainingMs === undefined) return
      const coolDown = { provider: failure.provider, reason: String(failure.reason), remainingMs }
      if (pause(coolDown)) onChange?.(coolDown)
    },
    succeeded: (provider) => void failuresInARow.delete(provider),
    learn(coolDown) {
      const current = settings()
      if (current !== undefined) pause({ ...coolDown, remainingMs: Math.min(coolDown.remainingMs, current.maxMs) })
    },
  }
}
