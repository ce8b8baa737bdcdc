// Builds every long-lived object once, by hand, and takes them down again. Nothing here decides anything about a request.

import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../core/clock.ts'
import { createSecretReader } from '../credentials/secret-reader.ts'
import { startAdminServer } from '../edge/admin-server.ts'
import { createHealthRoutes } from '../edge/grpc-health.ts'
import { growHeapFreely } from '../edge/heap-growth.ts'
import { createBudgetMetrics } from '../edge/budget-metrics.ts'
import { createMetrics } from '../edge/metrics.ts'
import { createAdminPages } from './admin-pages.ts'
import type { App, AppOptions } from './app.ts'
import { checkStores } from './check-stores.ts'
import { MAIN_WRITER, openCounters } from './open-counters.ts'
import { serveFromWorkers } from './serve-from-workers.ts'
import { serveHere } from './serve-here.ts'
import { startBudgets } from './start-budgets.ts'
import { startRateLimits } from './start-rate-limits.ts'

/** What an exchange costs the limits is told by Envoy when the exchange is over, thus after we have let go of it. */
const LAST_CHARGES_MS = 500

/** Rejects when an address cannot be bound or the store cannot be set up; what was started by then is stopped again. */
export async function startApp({ read, log, env, program }: AppOptions): Promise<App> {
  const { config, packed } = read
  let current = config
  let draining = false
  const started: (() => Promise<void>)[] = []
  growHeapFreely()
  const metrics = createMetrics()
  const health = createHealthRoutes({ isServing: () => !draining })
  try {
    const secrets = createSecretReader({ env, log, clock: systemClock })
    const budgetMetrics = createBudgetMetrics(metrics.registry)
    const counters = await openCounters({ config, writer: MAIN_WRITER, log })
    const budgets = startBudgets({ config: () => current, counters, isKeeper: true, metrics: budgetMetrics, secrets, log })
    started.push(() => budgets.close())
    const shared = { config: () => current, metrics, log, env }
    const serving =
      config.workers === 1
        ? await serveHere({ ...shared, health, budgets, budgetMetrics, secrets })
        : await serveFromWorkers({ ...shared, packed, program, budgets })
    started.push(() => serving.close(0))
    const rateLimits = await startRateLimits({ config: () => current, health, metrics, log })
    started.push(() => rateLimits.close(0))
    const pages = createAdminPages({
      serving,
      metricsType: metrics.registry.contentType,
      isDraining: () => draining,
      unreachable: () => checkStores({ config: () => current, budgetsReady: () => budgets.store.ready(), limitsReady: () => rateLimits.ready() }),
      budgets: () => current.budgets,
      budgetStore: budgets.store,
      callers: () => current.callers,
      ledgerDirectory: config.ledger?.directory,
    })
    const admin = await startAdminServer({
      address: config.listen.admin,
      access: () => current.adminAccess,
      readSecret: (source) => secrets.read(source),
      pages,
      onError: (err) => log.error({ err }, 'An admin page failed.'),
    })
    metrics.configLoaded('success')
    return {
      addresses: { extproc: serving.addresses.join(', '), ratelimit: rateLimits.address, admin: admin.address },
      metrics,
      config: () => current,
      swap: async (next) => {
        current = next.config
        await serving.use(next)
        metrics.configLoaded('success')
      },
      drain: () => {
        draining = true
        health.changed()
        serving.drain()
      },
      close: async (graceMs) => {
        await serving.close(graceMs)
        if (graceMs > 0 && current.limits.length > 0) await sleep(LAST_CHARGES_MS)
        await rateLimits.close(graceMs)
        await budgets.close()
        await admin.close()
      },
    }
  } catch (error) {
    for (const stop of started.reverse()) await stop()
    throw error
  }
}
