// Keeps a short-lived credential fresh: renewed before it expires, in the background, so that no request waits while one is still valid.

import type { Clock } from '../core/clock.ts'

/** A credential with its end. */
export interface Expiring {
  /** Unix milliseconds; undefined: it does not expire by itself. */
  readonly expiresAtMs: number | undefined
}

export interface RefreshingCredential<Value extends Expiring> {
  /** The valid one at once; else a promise of the first one; undefined when it cannot be had at this moment. Starts a refresh when one is due. */
  get(): Value | undefined | Promise<Value | undefined>
  /** False when there is no valid one and the last attempt to get one failed. Cheap. */
  usable(): boolean
  /** Starts a refresh when one is due; to be called every few seconds, so that providers without traffic stay fresh too. */
  check(): void
  /** Why there is none; undefined when the last refresh succeeded, or none has ended yet. */
  failure(): string | undefined
}

export interface RefreshOptions<Value extends Expiring> {
  /** Gets a new one; rejects when it cannot. Must end by itself. */
  readonly load: () => Promise<Value>
  /** True when what it is made from has changed since the last load: a rotated file. */
  readonly changed: () => boolean
  readonly clock: Clock
  /** 0 … 1, for jitter: replicas that started together must not renew together. */
  readonly random: () => number
  /** Told of every refresh that ended; `error` undefined after success. */
  readonly onRefresh: (outcome: { readonly error: string | undefined; readonly retryInMs: number | undefined }) => void
}

/** How long before its end a credential is renewed at the latest, a quarter of its life at most: identity services hand out the old one until shortly before its end. */
const EARLY_MS = 10 * 60_000
/** A credential without an end is asked for again this often: its environment may have changed. */
const REREAD_MS = 5 * 60_000
/** One that ends sooner is not used: the provider reads the clock later than we do. A tenth of its life at most. */
const MARGIN_MS = 10_000
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 60_000

interface Held<Value> {
  readonly value: Value
  readonly refreshAtMs: number
  readonly usableUntilMs: number
}

export function createRefreshingCredential<Value extends Expiring>({ load, changed, clock, random, onRefresh }: RefreshOptions<Value>): RefreshingCredential<Value> {
  let held: Held<Value> | undefined
  let underway: Promise<Value | undefined> | undefined
  /** Failures since the last success, and when to try again (monotonic). */
  let failures = 0
  let retryAtMs = 0
  let reason: string | undefined

  const valid = (): Value | undefined => (held !== undefined && clock.now() < held.usableUntilMs ? held.value : undefined)

  function isDue(): boolean {
    if (failures > 0) return clock.monotonic() >= retryAtMs
    return held === undefined || clock.now() >= held.refreshAtMs || changed()
  }

  function refresh(): void {
    underway = load()
      .then(succeeded, failed)
      .finally(() => {
        underway = undefined
      })
  }

  function succeeded(value: Value): Value {
    held = hold(value)
    failures = 0
    reason = undefined
    onRefresh({ error: undefined, retryInMs: undefined })
    return value
  }

  function hold(value: Value): Held<Value> {
    const now = clock.now()
    if (value.expiresAtMs === undefined) return { value, refreshAtMs: now + REREAD_MS * (1 - random() / 4), usableUntilMs: Infinity }
    const lifeMs = Math.max(0, value.expiresAtMs - now)
    const earlyMs = Math.min(EARLY_MS, lifeMs / 4) * (1 + random() / 2)
    return { value, refreshAtMs: Math.max(now + FIRST_RETRY_MS, value.expiresAtMs - earlyMs), usableUntilMs: value.expiresAtMs - Math.min(MARGIN_MS, lifeMs / 10) }
  }

  function failed(thrown: unknown): Value | undefined {
    const retryInMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10)) * (1 - random() / 2)
    failures += 1
    retryAtMs = clock.monotonic() + retryInMs
    reason = describe(thrown)
    onRefresh({ error: reason, retryInMs })
    return valid()
  }

  function check(): void {
    if (underway === undefined && isDue()) refresh()
  }

  return {
    check,
    get: () => {
      check()
      return valid() ?? underway
    },
    usable: () => valid() !== undefined || failures === 0,
    failure: () => reason,
  }
}

/** Only the message: the vendors' error objects carry requests, and with them assertions and secrets. */
function describe(thrown: unknown): string {
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  return message.replace(/\s+/g, ' ').slice(0, 300)
}
