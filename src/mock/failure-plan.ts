// Which requests fail: by instruction, for the first few of a key, or a share of all of them. Without randomness, so that tests can count.

import type { Instructions } from './instructions.ts'

/** An error status, or the connection breaks before anything is answered. */
export type Failure = number | 'reset'

export interface FailureMode {
  /** 400 … 599 or `reset`; several take turns. */
  readonly status: Failure | readonly Failure[]
  /** 0 … 1 of the requests, spread evenly: with 0.25 every fourth. */
  readonly share: number
  /** `retry-after` of the errors. */
  readonly retryAfter?: string
}

export interface PlannedFailure {
  readonly what: Failure
  readonly retryAfter: string | undefined
}

export interface FailurePlan {
  /** How the next request is to fail, or undefined. */
  next(instructions: Instructions): PlannedFailure | undefined
  /** For the whole mock; undefined ends it. Throws a RangeError when out of range. */
  setMode(mode: FailureMode | undefined): void
  reset(): void
}

// One entry per test key; the oldest goes when a long run makes up a key for each request.
const maxKeys = 100_000

export function createFailurePlan(): FailurePlan {
  let mode: FailureMode | undefined
  let requestsInMode = 0
  const failuresByKey = new Map<string, number>()
  return {
    next: (instructions) => {
      if (instructions.failFirst !== undefined) {
        const failures = failuresByKey.get(instructions.key) ?? 0
        if (failures < instructions.failFirst) {
          failuresByKey.set(instructions.key, failures + 1)
          if (failuresByKey.size > maxKeys) {
            for (const oldest of failuresByKey.keys()) {
              failuresByKey.delete(oldest)
              break
            }
          }
          return { what: instructions.status ?? 503, retryAfter: undefined }
        }
      } else if (instructions.status !== undefined) return { what: instructions.status, retryAfter: undefined }
      if (mode === undefined) return undefined
      requestsInMode += 1
      const failed = Math.floor((requestsInMode - 1) * mode.share)
      if (Math.floor(requestsInMode * mode.share) === failed) return undefined
      const kinds = kindsOf(mode)
      // A valid mode has at least one kind.
      return { what: kinds[failed % kinds.length]!, retryAfter: mode.retryAfter }
    },
    setMode: (next) => {
      if (next !== undefined && !isValid(next)) throw new RangeError('failure mode: expected a status from 400 to 599 or reset, or a list of them, and a share from 0 to 1')
      mode = next
      requestsInMode = 0
    },
    reset: () => {
      mode = undefined
      requestsInMode = 0
      failuresByKey.clear()
    },
  }
}

function isValid(mode: FailureMode): boolean {
  const kinds = kindsOf(mode)
  const areValid = kinds.length > 0 && kinds.every((kind) => kind === 'reset' || (Number.isInteger(kind) && kind >= 400 && kind <= 599))
  return areValid && mode.share >= 0 && mode.share <= 1 && (mode.retryAfter === undefined || /^[ -~]{1,100}$/.test(mode.retryAfter))
}

function kindsOf({ status }: FailureMode): readonly Failure[] {
  return typeof status === 'object' ? status : [status]
}
