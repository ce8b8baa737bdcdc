// What the admin interface shows.

import type { AdminPages } from '../edge/admin-server.ts'
import type { Metrics } from '../edge/metrics.ts'

export interface AdminPagesOptions {
  readonly metrics: Metrics
  readonly isDraining: () => boolean
  /** Never rejects. */
  readonly storeReady: () => Promise<boolean>
}

export function createAdminPages({ metrics, isDraining, storeReady }: AdminPagesOptions): AdminPages {
  return {
    '/healthz': () => ({ status: 200, contentType: 'text/plain', body: 'ok\n' }),
    '/readyz': async () => {
      const reachable = await storeReady()
      const ready = !isDraining() && reachable
      return { status: ready ? 200 : 503, contentType: 'text/plain', body: ready ? 'ready\n' : isDraining() ? 'draining\n' : 'the store cannot be reached\n' }
    },
    '/metrics': async () => ({ status: 200, contentType: metrics.registry.contentType, body: await metrics.registry.metrics() }),
  }
}
