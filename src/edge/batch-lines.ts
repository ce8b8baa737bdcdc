// Joins log lines that come shortly after each other: writing is a system call, and takes longer than making the line.

export interface LineBatch {
  add(line: string): void
  /** Writes what has not been written yet. */
  flush(): void
}

/** Nobody who reads along notices, and a busy process writes dozens of lines at once. */
const LONGEST_WAIT_MS = 10
/** Characters that are written at once without waiting for more. */
const ENOUGH = 64 * 1024

/** `write` gets whole lines, at most 10 ms after the first of them. Whoever ends the process must flush before. */
export function batchLines(write: (lines: string) => void): LineBatch {
  let waiting = ''
  let timer: NodeJS.Timeout | undefined
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    const lines = waiting
    waiting = ''
    if (lines !== '') write(lines)
  }
  return {
    add(line) {
      waiting += line
      if (waiting.length >= ENOUGH) flush()
      else timer ??= setTimeout(flush, LONGEST_WAIT_MS).unref()
    },
    flush,
  }
}
