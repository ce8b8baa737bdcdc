// What a command could not do, said so that its user can act. main.ts prints it and exits; nothing else does.

export class CommandError extends Error {
  /** 1: it did not work. 2: it was called wrongly. */
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2 = 1, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'CommandError'
    this.exitCode = exitCode
  }
}
