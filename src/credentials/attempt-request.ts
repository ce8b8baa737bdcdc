// One attempt, as it will be sent: what a signature may have to cover.

export interface AttemptRequest {
  readonly method: string
  /** Path and query, as the provider sees them. */
  readonly path: string
  readonly body: Buffer
}
