// What a test has started, to be ended in reverse order even when starting has failed half way: a process left behind would hang the run.

export interface Cleanup {
  /** Remembers how to end what was just started, and gives it back. */
  defer<Started>(started: Started, end: (started: Started) => unknown): Started
  /** Ends everything; one failure does not keep the rest. */
  run(): Promise<void>
}

export function createCleanup(): Cleanup {
  const ends: (() => unknown)[] = []
  return {
    defer(started, end) {
      ends.push(() => end(started))
      return started
    },
    async run() {
      const failures: unknown[] = []
      for (const end of ends.splice(0).reverse()) {
        try {
          await end()
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) throw new AggregateError(failures, 'not everything could be ended')
    },
  }
}
