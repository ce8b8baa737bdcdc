// All that a store knows is too much for one line, so it is written in many and put together again.

import type { StoreSnapshot } from '../budgets/store-snapshot.ts'

/** Entries of each kind in one line: about a megabyte at most. */
const ENTRIES_PER_LINE = 500

/** At least one part, so that a store that knows nothing says so. */
export function splitSnapshot({ counters, holds, settled, names }: StoreSnapshot): readonly StoreSnapshot[] {
  const ids = settled.flatMap(({ sinceMs, ids: each }) => split(each).map((part) => ({ sinceMs, ids: part })))
  const lists = { counters: split(counters), holds: split(holds), names: split(names) }
  const count = Math.max(1, lists.counters.length, lists.holds.length, ids.length, lists.names.length)
  return Array.from({ length: count }, (_, index) => ({
    counters: lists.counters[index] ?? [],
    holds: lists.holds[index] ?? [],
    settled: ids[index] === undefined ? [] : [ids[index]],
    names: lists.names[index] ?? [],
  }))
}

export function joinSnapshot(parts: readonly StoreSnapshot[]): StoreSnapshot {
  const settled = new Map<number, string[]>()
  for (const { sinceMs, ids } of parts.flatMap((part) => part.settled)) {
    const known = settled.get(sinceMs)
    if (known === undefined) settled.set(sinceMs, [...ids])
    else for (const id of ids) known.push(id)
  }
  return {
    counters: parts.flatMap(({ counters }) => counters),
    holds: parts.flatMap(({ holds }) => holds),
    settled: [...settled].map(([sinceMs, ids]) => ({ sinceMs, ids })),
    names: parts.flatMap(({ names }) => names),
  }
}

function split<Entry>(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  return Array.from({ length: Math.ceil(entries.length / ENTRIES_PER_LINE) }, (_, index) => entries.slice(index * ENTRIES_PER_LINE, (index + 1) * ENTRIES_PER_LINE))
}
