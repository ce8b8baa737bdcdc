// Waiting for the disk together: while it writes for some, all who come meanwhile wait for the one time after it.

export interface GroupCommit {
  /** Resolves when a flush has succeeded that began after this call. Rejects with what that flush rejects with. */
  durable(): Promise<void>
}

export function createGroupCommit(flush: () => Promise<void>): GroupCommit {
  let running: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined

  async function flushAfter(before: Promise<void>): Promise<void> {
    // How it went is for those who waited for it.
    await before.catch(() => undefined)
    next = undefined
    await flush()
  }

  return {
    durable() {
      if (next === undefined) {
        next = flushAfter(running)
        running = next
      }
      return next
    },
  }
}
