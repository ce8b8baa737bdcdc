// Which exchange is due next, without looking at all of them: a binary heap. Nothing is taken out of its middle; who takes an entry out checks whether it still means anything.

export interface DueEntry {
  /** Milliseconds since 1970. */
  readonly atMs: number
  readonly id: string
}

export interface DueQueue {
  readonly size: number
  add(entry: DueEntry): void
  /** The earliest entry if it is due; of two at one time the lesser id. */
  takeDue(nowMs: number): DueEntry | undefined
  /** Forgets everything else. */
  replaceAll(entries: Iterable<DueEntry>): void
}

function isBefore(left: DueEntry, right: DueEntry): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.id < right.id)
}

export function createDueQueue(): DueQueue {
  // The entry at i is not later than those at 2i + 1 and 2i + 2.
  let heap: DueEntry[] = []

  function add(entry: DueEntry): void {
    let index = heap.length
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = heap[parentIndex]
      if (parent === undefined || !isBefore(entry, parent)) break
      heap[index] = parent
      index = parentIndex
    }
    heap[index] = entry
  }

  /** Puts an entry where the first one was, and lets it sink. */
  function replaceFirst(entry: DueEntry): void {
    let index = 0
    for (;;) {
      const leftIndex = 2 * index + 1
      const left = heap[leftIndex]
      if (left === undefined) break
      const right = heap[leftIndex + 1]
      const [child, childIndex] = right !== undefined && isBefore(right, left) ? [right, leftIndex + 1] : [left, leftIndex]
      if (!isBefore(child, entry)) break
      heap[index] = child
      index = childIndex
    }
    heap[index] = entry
  }

  return {
    get size() {
      return heap.length
    },
    add,
    takeDue(nowMs) {
      const first = heap[0]
      if (first === undefined || first.atMs > nowMs) return undefined
      const last = heap.pop()
      if (last !== undefined && heap.length > 0) replaceFirst(last)
      return first
    },
    replaceAll(entries) {
      heap = []
      for (const entry of entries) add(entry)
    },
  }
}
