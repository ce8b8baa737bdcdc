// Serves Envoy from this process.

import type { RuntimeConfig } from '../config/runtime-config.ts'
import type { Log } from '../core/log.ts'
import type { SecretReader } from '../credentials/secret-reader.ts'
import type { BudgetMetrics } from '../edge/budget-metrics.ts'
import type { HealthRoutes } from '../edge/grpc-health.ts'
import type { Metrics } from '../edge/metrics.ts'
import type { Serving } from './serving.ts'
import type { RunningBudgets } from './start-budgets.ts'
import { startCoolDowns } from './start-cool-downs.ts'
import { startProcessor } from './start-processor.ts'

export interface ServeHereOptions {
  readonly config: () => RuntimeConfig
  readonly health: HealthRoutes
  readonly budgets: RunningBudgets
  readonly budgetMetrics: BudgetMetrics
  readonly metrics: Metrics
  readonly secrets: SecretReader
  readonly log: Log
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Rejects when the address cannot be bound. */
export async function serveHere({ config, health, budgets, budgetMetrics, metrics, secrets, log, env }: ServeHereOptions): Promise<Serving> {
  const coolDowns = startCoolDowns({ config, metrics, log })
  try {
    const processor = await startProcessor({ address: config().listen.extproc, config, health, coolDowns, budgets, metrics, budgetMetrics, secrets, log, env })
    return {
      addresses: [processor.address],
      use: (read) => {
        processor.follow(read.config)
        return Promise.resolve()
      },
      drain: () => health.changed(),
      workers: () => [],
      explainer: processor.explainer,
      metricsPage: () => metrics.registry.metrics(),
      close: async (graceMs) => {
        coolDowns.close()
        await processor.close(graceMs)
      },
    }
  } catch (error) {
    coolDowns.close()
    throw error
  }
}
