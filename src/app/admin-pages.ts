// What the admin interface shows.

import { type AdminAnswer, type AdminPages, textAnswer } from '../edge/admin-page.ts'
import type { Metrics } from '../edge/metrics.ts'

export interface AdminPagesOptions {
  readonly metrics: Metrics
  readonly isDraining: () => boolean
  /** Never rejects. */
  readonly storeReady: () => Promise<boolean>
}

export function createAdminPages({ metrics, isDraining, storeReady }: AdminPagesOptions): AdminPages {
  return {
    '/healthz': { access: 'open', GET: () => textAnswer('ok\n') },
    '/readyz': { access: 'open', GET: () => readiness(isDraining, storeReady) },
    '/metrics': { GET: async () => ({ status: 200, contentType: metrics.registry.contentType, body: await metrics.registry.metrics() }) },
  }
}

async function readiness(isDraining: () => boolean, storeReady: () => Promise<boolean>): Promise<AdminAnswer> {
  const reachable = await storeReady()
  if (isDraining()) return textAnswer('draining\n', 503)
  return reachable ? textAnswer('ready\n') : textAnswer('the store cannot be reached\n', 503)
}
