// Lets what is under way at the same time go on in an order that a test chooses: whoever waits goes on when it is given its turn.

export interface Turns {
  wait(): Promise<void>
  /** Gives one of those who wait their turn; false: nobody waits. They go on as soon as the test lets promises run. */
  give(random: () => number): boolean
}

export function createTurns(): Turns {
  const waiting: (() => void)[] = []
  return {
    wait: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
      }),
    give(random) {
      if (waiting.length === 0) return false
      const [chosen] = waiting.splice(Math.floor(random() * waiting.length), 1)
      chosen?.()
      return true
    },
  }
}
