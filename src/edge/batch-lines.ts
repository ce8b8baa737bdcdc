// Joins the log lines of one turn of the event loop: writing is a system call, and a busy turn ends many exchanges.

export interface LineBatch {
  add(line: string): void
  /** Writes what has not been written yet. */
  flush(): void
}

/** `write` gets the lines of a turn at once, at its end; nothing waits longer than that. */
export function batchLines(write: (lines: string) => void): LineBatch {
  let waiting = ''
  const flush = (): void => {
    if (waiting === '') return
    const lines = waiting
    waiting = ''
    write(lines)
  }
  return {
    add(line) {
      if (waiting === '') setImmediate(flush)
      waiting += line
    },
    flush,
  }
}
