// The running product as commands see it.

import type { ReadConfig } from '../config/packed-config.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import type { Log } from '../core/log.ts'
import type { Metrics } from '../edge/metrics.ts'
import type { LogSettings } from '../workers/protocol.ts'

export interface App {
  /** Where it listens, with real ports. Several processors are joined by a comma. */
  readonly addresses: { readonly extproc: string; readonly ratelimit: string; readonly admin: string }
  readonly metrics: Metrics
  config(): RuntimeConfig
  /** Takes a newly read configuration into use; exchanges under way keep theirs. Resolves when every new one has it. */
  swap(read: ReadConfig): Promise<void>
  /** From now on /readyz and gRPC health say no; calls are still served. */
  drain(): void
  /** Stops accepting, waits at most `graceMs` for exchanges under way, then cuts them. */
  close(graceMs: number): Promise<void>
}

export interface AppOptions {
  readonly read: ReadConfig
  readonly log: Log
  readonly env: Readonly<Record<string, string | undefined>>
  readonly program: WorkerProgram
}

/** What starts a worker, where the configuration asks for several. */
export interface WorkerProgram {
  /** This program, so that it runs as a worker. */
  readonly command: readonly string[]
  readonly log: LogSettings
  /** Gets the lines that workers log. */
  readonly write: (lines: string) => void
}
