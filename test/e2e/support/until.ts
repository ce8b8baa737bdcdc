// Waits for a condition instead of a time: tests ask again until the answer is there, and say what never came.

import { setTimeout as pause } from 'node:timers/promises'

/** Calls `condition` until it gives something other than undefined or false. Rejects after `timeoutMs` (30 s unless given: only a test that fails waits for it). */
export async function until<T>(what: string, condition: () => Promise<T | undefined | false> | T | undefined | false, options: { readonly timeoutMs?: number } = {}): Promise<T> {
  const deadline = performance.now() + (options.timeoutMs ?? 30_000)
  for (;;) {
    const value = await condition()
    if (value !== undefined && value !== false) return value
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await pause(10)
  }
}
