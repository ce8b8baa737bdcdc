// The running product as commands see it.

import type { RuntimeConfig } from '../config/runtime-config.ts'
import type { Log } from '../core/log.ts'
import type { Metrics } from '../edge/metrics.ts'

export interface App {
  /** Where it listens, with real ports. */
  readonly addresses: { readonly extproc: string; readonly ratelimit: string; readonly admin: string }
  readonly metrics: Metrics
  config(): RuntimeConfig
  /** Takes a newly read configuration into use; exchanges under way keep theirs. */
  swap(config: RuntimeConfig): void
  /** From now on /readyz and gRPC health say no; calls are still served. */
  drain(): void
  /** Stops accepting, waits at most `graceMs` for exchanges under way, then cuts them. */
  close(graceMs: number): Promise<void>
}

export interface AppOptions {
  readonly config: RuntimeConfig
  readonly log: Log
  readonly env: Readonly<Record<string, string | undefined>>
}
