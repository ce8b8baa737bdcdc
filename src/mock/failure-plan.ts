// Which requests fail: by instruction, for the first few of a key, or a share of all of them. Without randomness, so that tests can count.

import type { Instructions } from './instructions.ts'

export interface FailureMode {
  /** 400 … 599. */
  readonly status: number
  /** 0 … 1 of the requests, spread evenly: with 0.25 every fourth. */
  readonly share: number
}

export interface FailurePlan {
  /** The status with which the next request is to fail, or undefined. */
  next(instructions: Instructions): number | undefined
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
          return instructions.status ?? 503
        }
      } else if (instructions.status !== undefined) return instructions.status
      if (mode === undefined) return undefined
      requestsInMode += 1
      return Math.floor(requestsInMode * mode.share) > Math.floor((requestsInMode - 1) * mode.share) ? mode.status : undefined
    },
    setMode: (next) => {
      if (next !== undefined && !isValid(next)) throw new RangeError('failure mode: expected a status from 400 to 599 and a share from 0 to 1')
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
  return Number.isInteger(mode.status) && mode.status >= 400 && mode.status <= 599 && mode.share >= 0 && mode.share <= 1
}
