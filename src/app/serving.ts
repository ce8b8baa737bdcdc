// Those who answer Envoy's ext_proc calls, be it this process or others that it has started.

import type { ReadConfig } from '../config/packed-config.ts'
import type { ListenAddress } from '../config/runtime-config.ts'
import type { Explainer } from '../exchange/explainer.ts'
import type { WorkerHealth } from '../workers/worker-slot.ts'

export interface Serving {
  readonly addresses: readonly ListenAddress[]
  /** Resolves when every new exchange has this configuration. */
  use(read: ReadConfig): Promise<void>
  /** Says no to health checks from now on. */
  drain(): void
  /** None when it is this process. */
  workers(): readonly WorkerHealth[]
  /** Why requests become what they do. */
  readonly explainer: Explainer
  /** The page of metrics, of every process. */
  metricsPage(): Promise<string>
  /** Stops accepting, waits at most `graceMs` for exchanges under way, then cuts them. */
  close(graceMs: number): Promise<void>
}
