// How long to wait before a worker that has ended is started again.

/** One that has served this long was well: its next failure is a first one. */
const STEADY_MS = 30_000
const FIRST_MS = 100
const LONGEST_MS = 10_000

export interface Restarts {
  /** The delay before the next start, in milliseconds. `servedMs`: how long the one that has ended served; 0 when it never did. */
  next(servedMs: number): number
}

/** Nearly none after one accident, and longer each time while they go on. */
export function createRestarts(): Restarts {
  let failures = 0
  return {
    next(servedMs) {
      if (servedMs >= STEADY_MS) failures = 0
      failures += 1
      return Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS)
    },
  }
}
