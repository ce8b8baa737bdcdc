// A map with a bound: what was used longest ago makes room for what is new.

export interface RecentMap<Value> {
  /** Counts as a use. */
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  delete(key: string): void
  clear(): void
  readonly size: number
  /** At most `limit` entries, the one that was used last first. */
  latest(limit: number): readonly (readonly [key: string, value: Value])[]
}

export function createRecentMap<Value>(maxSize: number): RecentMap<Value> {
  // A Map iterates in the order of insertion, so every use inserts anew.
  const entries = new Map<string, Value>()
  return {
    get(key) {
      const value = entries.get(key)
      if (value !== undefined && entries.delete(key)) entries.set(key, value)
      return value
    },
    set(key, value) {
      entries.delete(key)
      entries.set(key, value)
      if (entries.size <= maxSize) return
      const [oldest] = entries.keys()
      if (oldest !== undefined) entries.delete(oldest)
    },
    delete: (key) => void entries.delete(key),
    clear: () => entries.clear(),
    get size() {
      return entries.size
    },
    latest: (limit) => [...entries].slice(Math.max(0, entries.size - limit)).toReversed(),
  }
}
