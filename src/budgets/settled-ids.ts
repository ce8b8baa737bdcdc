// Which exchanges were settled, for at least an hour: in stretches of time that are forgotten as a whole, so that nothing has to be looked through.

import type { SettledSnapshot } from './store-snapshot.ts'

/** How long an exchange is known to be settled, at least: no process tries a settlement again later than that. */
export const SETTLED_FOR_MS = 3_600_000
/** So long after a settlement it may be asked for again: well before any store has forgotten that it was made. */
export const REPEATABLE_FOR_MS = 50 * 60 * 1000
/** So an exchange is remembered for a quarter of an hour more at most. */
const STRETCH_MS = 900_000

export interface SettledIds {
  size(): number
  has(id: string): boolean
  add(id: string, nowMs: number): void
  snapshot(): readonly SettledSnapshot[]
  restore(stretches: readonly SettledSnapshot[]): void
  clear(): void
}

interface Stretch {
  readonly sinceMs: number
  readonly ids: Set<string>
}

export function createSettledIds(): SettledIds {
  // The latest first.
  let stretches: Stretch[] = []

  function currentStretch(nowMs: number): Stretch {
    const [latest] = stretches
    if (latest !== undefined && nowMs < latest.sinceMs + STRETCH_MS) return latest
    const begun: Stretch = { sinceMs: nowMs, ids: new Set() }
    // A stretch ended when the next one began.
    const kept = stretches.filter((_, index) => nowMs < (stretches[index - 1] ?? begun).sinceMs + SETTLED_FOR_MS)
    stretches = [begun, ...kept]
    return begun
  }

  return {
    size: () => stretches.reduce((sum, { ids }) => sum + ids.size, 0),
    has: (id) => stretches.some(({ ids }) => ids.has(id)),
    add(id, nowMs) {
      currentStretch(nowMs).ids.add(id)
    },
    snapshot: () => stretches.map(({ sinceMs, ids }) => ({ sinceMs, ids: [...ids] })),
    restore(taken) {
      stretches = taken.map(({ sinceMs, ids }) => ({ sinceMs, ids: new Set(ids) }))
    },
    clear() {
      stretches = []
    },
  }
}
