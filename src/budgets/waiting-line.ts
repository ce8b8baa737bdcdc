// Requests that wait for room in a budget: one line per counter, in the order in which they came, bounded in number and in bytes.
// Only the first of a line tries again, when something was given back in this process and now and then for what happens in others.

export interface WaitingLines {
  /** True when somebody waits for this counter: whoever comes now belongs behind. */
  isWaitedFor(key: string): boolean
  /** Undefined when the lines are full. */
  enter(key: string, bytes: number): Ticket | undefined
  /** Something was given back: the first in line may try. */
  changed(key: string): void
  /** How many wait, for a metric. */
  readonly length: number
}

export interface Ticket {
  /** Resolves to true when it is its turn to try (again), to false once `milliseconds` have passed since it entered, or when the client has gone. */
  turn(options: { readonly milliseconds: number; readonly gone: AbortSignal }): Promise<boolean>
  /** Gives up the place; the next one moves up. */
  leave(): void
}

export interface WaitingLineOptions {
  readonly maxWaiting: number
  readonly maxBytes: number
  /** How often the first of a line tries by itself. */
  readonly retryMs: number
  /** Calls back once; returns how to call it off. */
  readonly schedule: (milliseconds: number, callback: () => void) => () => void
  readonly monotonic: () => number
}

interface Waiter {
  readonly key: string
  readonly bytes: number
  readonly enteredAtMs: number
  wake: (() => void) | undefined
}

export function createWaitingLines({ maxWaiting, maxBytes, retryMs, schedule, monotonic }: WaitingLineOptions): WaitingLines {
  const lines = new Map<string, Waiter[]>()
  let waiting = 0
  let bytesHeld = 0

  function leave(waiter: Waiter): void {
    const line = lines.get(waiter.key)
    const index = line?.indexOf(waiter) ?? -1
    if (line === undefined || index === -1) return
    line.splice(index, 1)
    waiting -= 1
    bytesHeld -= waiter.bytes
    if (line.length === 0) lines.delete(waiter.key)
    else if (index === 0) line[0]?.wake?.()
  }

  function turn(waiter: Waiter, milliseconds: number, gone: AbortSignal): Promise<boolean> {
    const left = waiter.enteredAtMs + milliseconds - monotonic()
    if (gone.aborted || left <= 0) return Promise.resolve(false)
    return new Promise((resolve) => {
      const finish = (isTurn: boolean): void => {
        waiter.wake = undefined
        cancelEnd()
        cancelRetry()
        gone.removeEventListener('abort', onGone)
        resolve(isTurn)
      }
      const onGone = (): void => finish(false)
      const cancelEnd = schedule(left, () => finish(false))
      let cancelRetry = (): void => undefined
      const retry = (): void => {
        if (lines.get(waiter.key)?.[0] === waiter) finish(true)
        else cancelRetry = schedule(retryMs, retry)
      }
      cancelRetry = schedule(retryMs, retry)
      gone.addEventListener('abort', onGone)
      waiter.wake = () => finish(true)
    })
  }

  return {
    get length() {
      return waiting
    },
    isWaitedFor: (key) => lines.has(key),
    enter(key, bytes) {
      if (waiting >= maxWaiting || bytesHeld + bytes > maxBytes) return undefined
      const waiter: Waiter = { key, bytes, enteredAtMs: monotonic(), wake: undefined }
      const line = lines.get(key)
      if (line === undefined) lines.set(key, [waiter])
      else line.push(waiter)
      waiting += 1
      bytesHeld += bytes
      return { turn: ({ milliseconds, gone }) => turn(waiter, milliseconds, gone), leave: () => leave(waiter) }
    },
    changed(key) {
      lines.get(key)?.[0]?.wake?.()
    },
  }
}
