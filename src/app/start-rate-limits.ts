// The rate limit service on its own address, and the counters behind it.

import type { RuntimeConfig } from '../config/runtime-config.ts'
import { systemClock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { GrpcRoutes, GrpcServer } from '../core/transport.ts'
import { startGrpcServer } from '../edge/grpc-server.ts'
import type { Metrics } from '../edge/metrics.ts'
import type { CounterStore } from '../ratelimit/counter-store.ts'
import { createMemoryStore } from '../ratelimit/memory-store.ts'
import { createRedisStore } from '../ratelimit/redis-store.ts'
import { createRateLimitService, RATE_LIMIT_METHOD } from '../ratelimit/service.ts'

/** Descriptors are short: this is far more than a request can have. */
const MAX_MESSAGE_BYTES = 1024 * 1024

export interface RateLimitsOptions {
  readonly config: () => RuntimeConfig
  readonly health: GrpcRoutes
  readonly metrics: Metrics
  readonly log: Log
}

export interface RateLimits extends GrpcServer {
  /** Whether the counters can be reached; never rejects. */
  ready(): Promise<boolean>
}

/** Rejects when the address cannot be bound. */
export async function startRateLimits({ config, health, metrics, log }: RateLimitsOptions): Promise<RateLimits> {
  const store = createStore(config(), log)
  const observer = {
    decided: (decision: Parameters<Metrics['rateLimitDecided']>[0]) => metrics.rateLimitDecided(decision),
    failed: ({ domain }: { domain: string }) => metrics.rateLimitFailed(domain),
  }
  const routes: GrpcRoutes = new Map([...health, [RATE_LIMIT_METHOD, createRateLimitService({ config, store, clock: systemClock, log, observer })]])
  try {
    const server = await startGrpcServer({ address: config().listen.ratelimit, transport: config().transport, routes, maxMessageBytes: MAX_MESSAGE_BYTES, log })
    return {
      address: server.address,
      ready: () => store.ready(),
      close: async (graceMs) => {
        await server.close(graceMs)
        await store.close()
      },
    }
  } catch (error) {
    await store.close()
    throw error
  }
}

function createStore({ store }: RuntimeConfig, log: Log): CounterStore {
  return store.kind === 'memory' ? createMemoryStore({ clock: systemClock }) : createRedisStore({ store, log })
}
