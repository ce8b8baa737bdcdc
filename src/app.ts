// Builds every long-lived object once, by hand, and takes them down again. Nothing here decides anything about a request.

import { randomUUID } from 'node:crypto'
import { createFileKeys } from './callers/file-keys.ts'
import { createKeyFinder } from './callers/create-key-finder.ts'
import type { KeyFinder } from './callers/key-finder.ts'
import { createRedisKeys, type RedisKeys } from './callers/redis-keys.ts'
import type { RuntimeConfig } from './config/runtime-config.ts'
import { createCloudCredentials } from './credentials/cloud-credentials.ts'
import { createProviderCredentials } from './credentials/provider-credentials.ts'
import { createSecretReader } from './credentials/secret-reader.ts'
import { systemClock } from './core/clock.ts'
import { type Log, silentLog } from './core/log.ts'
import type { GrpcRoutes, GrpcServer } from './core/transport.ts'
import { type AdminPages, type AdminServer, startAdminServer } from './edge/admin-server.ts'
import { logExchange } from './edge/exchange-log.ts'
import { createHealthRoutes } from './edge/grpc-health.ts'
import { startGrpcServer } from './edge/grpc-server.ts'
import { growHeapFreely } from './edge/heap-growth.ts'
import { createMetrics, type Metrics } from './edge/metrics.ts'
import { ATTEMPT_LOG_METHOD, type AttemptLog, createAttemptLog } from './extproc/attempt-log.ts'
import { createExtProcService, EXTPROC_METHOD } from './extproc/service.ts'
import { type AttemptFailure, type CoolDown, type CoolDowns, createCoolDowns } from './exchange/cool-down.ts'
import { LOOK_INTERVAL_MS, shareCoolDowns } from './exchange/share-cool-downs.ts'
import type { ExchangeObserver } from './exchange/summary.ts'
import type { CounterStore } from './ratelimit/counter-store.ts'
import { createMemoryStore } from './ratelimit/memory-store.ts'
import { closeRedis, connectRedis } from './redis/redis-connection.ts'
import { createRedisStore } from './ratelimit/redis-store.ts'
import { createRateLimitService, RATE_LIMIT_METHOD } from './ratelimit/service.ts'

/** Room for protobuf framing, headers and attributes around a body of the largest accepted size. */
const MESSAGE_OVERHEAD_BYTES = 1024 * 1024
/** How long a lookup of an API key in Redis may take. */
const KEY_LOOKUP_TIMEOUT_MS = 1_000
/** How often cloud credentials are looked at: far more often than any of them ends. */
const CREDENTIAL_CHECK_MS = 5_000

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

/** Rejects when an address cannot be bound or the store cannot be set up; what was started by then is stopped again. */
export async function startApp({ config, log, env }: AppOptions): Promise<App> {
  let current = config
  let draining = false
  const started: (() => Promise<void>)[] = []
  growHeapFreely()
  const metrics = createMetrics()
  const secrets = createSecretReader({ env, log, clock: systemClock })
  const cloud = createCloudCredentials({ env, secrets, clock: systemClock, random: Math.random, log, onRefresh: (refresh) => metrics.credentialRefreshed(refresh) })
  const store = createStore(config, log)
  started.push(async () => store.close())
  const coolDowns = startCoolDowns({ config: () => current, metrics, log })
  started.push(async () => coolDowns.close())
  const callerKeys = createCallerKeys(config, log)
  started.push(async () => callerKeys.close())
  try {
    const health = createHealthRoutes({ isServing: () => !draining })
    const attempts = createAttempts()
    const extproc = await startGrpcServer({ address: config.listen.extproc, routes: extprocRoutes(), maxMessageBytes: config.envoy.maxBodyBytes + MESSAGE_OVERHEAD_BYTES, log })
    started.push(() => extproc.close(0))
    const ratelimit = await startGrpcServer({ address: config.listen.ratelimit, routes: ratelimitRoutes(), maxMessageBytes: MESSAGE_OVERHEAD_BYTES, log })
    started.push(() => ratelimit.close(0))
    const admin = await startAdmin()
    cloud.follow(config)
    callerKeys.follow(config)
    const renewing = setInterval(() => cloud.check(), CREDENTIAL_CHECK_MS).unref()
    metrics.configLoaded('success')
    return {
      addresses: { extproc: extproc.address, ratelimit: ratelimit.address, admin: admin.address },
      metrics,
      config: () => current,
      swap: (next) => {
        current = next
        cloud.follow(next)
        callerKeys.follow(next)
        metrics.configLoaded('success')
      },
      drain: () => {
        draining = true
        health.changed()
      },
      close: async (graceMs) => {
        attempts.close()
        coolDowns.close()
        await closeAll({ grpc: [extproc, ratelimit], admin, store, graceMs })
        callerKeys.close()
        clearInterval(renewing)
      },
    }

    function createAttempts(): AttemptLog {
      const observer = {
        attemptFailed: (failure: AttemptFailure) => metrics.attemptFailed(failure),
        failed: (code: string) => metrics.failed('attempt_log', code),
      }
      return createAttemptLog({ config: () => current, clock: systemClock, coolDowns, log, observer })
    }

    function extprocRoutes(): GrpcRoutes {
      const service = createExtProcService({
        config: () => current,
        clock: systemClock,
        random: Math.random,
        coolDowns,
        newExchangeId: randomUUID,
        observer: createObserver(metrics, log),
        credentials: createProviderCredentials(secrets, cloud),
        callerKeys,
        log,
        extprocObserver: {
          opened: (stage) => metrics.extprocOpened(stage),
          closed: (stage) => metrics.extprocClosed(stage),
          message: (kind, stage) => metrics.extprocMessage(kind, stage),
          failed: (stage, code) => metrics.failed(`extproc_${stage}`, code),
        },
      })
      return new Map([...health, [EXTPROC_METHOD, service], [ATTEMPT_LOG_METHOD, (call) => attempts.open(call)]])
    }

    function ratelimitRoutes(): GrpcRoutes {
      const observer = {
        decided: (decision: Parameters<Metrics['rateLimitDecided']>[0]) => metrics.rateLimitDecided(decision),
        failed: ({ domain }: { domain: string }) => metrics.rateLimitFailed(domain),
      }
      return new Map([...health, [RATE_LIMIT_METHOD, createRateLimitService({ config: () => current, store, clock: systemClock, log, observer })]])
    }

    function startAdmin(): Promise<AdminServer> {
      return startAdminServer({ address: config.listen.admin, pages: adminPages(), onError: (err) => log.error({ err }, 'An admin page failed.') })
    }

    function adminPages(): AdminPages {
      return {
        '/healthz': () => ({ status: 200, contentType: 'text/plain', body: 'ok\n' }),
        '/readyz': async () => {
          const storeReady = await store.ready()
          const ready = !draining && storeReady
          return { status: ready ? 200 : 503, contentType: 'text/plain', body: ready ? 'ready\n' : draining ? 'draining\n' : 'the store cannot be reached\n' }
        },
        '/metrics': async () => ({ status: 200, contentType: metrics.registry.contentType, body: await metrics.registry.metrics() }),
      }
    }
  } catch (error) {
    for (const stop of started.reverse()) await stop()
    throw error
  }
}

function createStore(config: RuntimeConfig, log: Log): CounterStore {
  return config.store.kind === 'memory' ? createMemoryStore({ clock: systemClock }) : createRedisStore({ store: config.store, log })
}

interface CallerKeys extends KeyFinder {
  /** Connects to Redis when the configuration has keys there. A store is only changed by a restart. */
  follow(config: RuntimeConfig): void
  close(): void
}

function createCallerKeys({ store }: RuntimeConfig, log: Log): CallerKeys {
  const files = createFileKeys({ clock: systemClock, log })
  let redis: RedisKeys | undefined
  let disconnect = (): void => undefined
  return {
    ...createKeyFinder({ files, redis: () => redis }),
    follow(config) {
      const needed = config.callers.some((source) => source.kind === 'api_keys' && source.place.kind === 'store')
      if (!needed || redis !== undefined || store.kind === 'memory') return
      // A connection of its own: keys are asked for before a request is read, whatever the counters wait for.
      const client = connectRedis({ target: store, log, commandTimeoutMs: KEY_LOOKUP_TIMEOUT_MS })
      redis = createRedisKeys({ redis: client, clock: systemClock, log })
      disconnect = () => closeRedis(client)
    },
    close: () => disconnect(),
  }
}

interface SharedCoolDownsOfApp extends CoolDowns {
  close(): void
}

/** Cool-downs that are logged and counted, and shared where the store is a Redis. A store is only changed by a restart. */
function startCoolDowns({ config, metrics, log }: { readonly config: () => RuntimeConfig; readonly metrics: Metrics; readonly log: Log }): SharedCoolDownsOfApp {
  const onStart = ({ provider, reason, remainingMs }: CoolDown): void => {
    metrics.coolDownStarted({ provider, reason })
    log.warn({ provider, reason, seconds: Math.round(remainingMs / 100) / 10 }, 'A provider is left out of chains for a while.')
  }
  let tell: (coolDown: CoolDown) => void = () => undefined
  const coolDowns = createCoolDowns({ settings: () => config().coolDown, clock: systemClock, onStart, onChange: (coolDown) => tell(coolDown) })
  metrics.watchCoolDowns(() => coolDowns.list())
  const { store } = config()
  if (store.kind === 'memory') return { ...coolDowns, close: () => undefined }
  // A connection of its own, so that counting never waits for it, and a silent one: that of the counters says what there is to say.
  const client = connectRedis({ target: store, log: silentLog, commandTimeoutMs: LOOK_INTERVAL_MS })
  const shared = shareCoolDowns({ board: client, coolDowns, log })
  tell = (coolDown) => void shared.tell(coolDown)
  const looking = setInterval(() => {
    if (config().coolDown !== undefined) void shared.look(config().providers.keys())
  }, LOOK_INTERVAL_MS).unref()
  return {
    ...coolDowns,
    close() {
      clearInterval(looking)
      closeRedis(client)
    },
  }
}

function createObserver(metrics: Metrics, log: Log): ExchangeObserver {
  return {
    finished: (summary) => {
      metrics.exchangeFinished(summary)
      logExchange(log, summary)
    },
    costFailed: ({ exchangeId, cost, error }) => {
      metrics.costFailed(cost)
      log.warn({ exchange_id: exchangeId, cost, error }, 'A cost expression failed; its estimate is charged instead.')
    },
  }
}

async function closeAll(parts: { grpc: readonly GrpcServer[]; admin: AdminServer; store: CounterStore; graceMs: number }): Promise<void> {
  await Promise.all(parts.grpc.map((server) => server.close(parts.graceMs)))
  await parts.admin.close()
  await parts.store.close()
}
