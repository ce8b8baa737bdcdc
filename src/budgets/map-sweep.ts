// Clears a map slowly, a few entries with every request: no timer keeps the process alive, and no request waits for a search through everything.

/** More than one, so that clearing keeps ahead of making. */
const LOOKED_AT_EACH = 4

export interface MapSweep {
  /** Looks at the next few entries and deletes those that are over. */
  next(nowMs: number): void
}

export function createMapSweep<Value>(map: Map<string, Value>, isOver: (value: Value, nowMs: number) => boolean): MapSweep {
  // A Map's iterator stays valid while entries come and go, so it can walk for ever.
  let walk = map.entries()
  return {
    next(nowMs) {
      for (let looked = 0; looked < LOOKED_AT_EACH; looked += 1) {
        const { done, value } = walk.next()
        if (done === true) {
          walk = map.entries()
          return
        }
        if (isOver(value[1], nowMs)) map.delete(value[0])
      }
    },
  }
}
