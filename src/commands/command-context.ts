// What a command may use of the process it runs in. main.ts makes the real one.

export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Writes as given, without adding a line end. */
  stdout(text: string): void
  stderr(text: string): void
  /** Standard output is a terminal. */
  readonly isTerminal: boolean
  /** Of the terminal as it is now; undefined when standard output is none. */
  terminalSize(): { readonly columns: number; readonly rows: number } | undefined
  /** Resolves at the first SIGINT or SIGTERM. */
  readonly terminated: Promise<void>
  sleep(ms: number): Promise<void>
}
