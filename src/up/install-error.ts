// A tool could not be had. The message is for the person at the terminal: what failed, and what they can do.

export class InstallError extends Error {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'InstallError'
  }
}
