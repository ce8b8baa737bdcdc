// Where API keys are looked up: in files, and in the store's Redis once the configuration has keys there.

import { createFileKeys } from '../callers/file-keys.ts'
import { createKeyFinder } from '../callers/create-key-finder.ts'
import type { KeyFinder } from '../callers/key-finder.ts'
import { createRedisKeys, type RedisKeys } from '../callers/redis-keys.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { systemClock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { closeRedis, connectRedis } from '../redis/redis-connection.ts'

/** How long a lookup of an API key in Redis may take. */
const KEY_LOOKUP_TIMEOUT_MS = 1_000

export interface CallerKeys extends KeyFinder {
  /** Connects to Redis when the configuration has keys there. A store is only changed by a restart. */
  follow(config: RuntimeConfig): void
  close(): void
}

export function createCallerKeys({ store }: RuntimeConfig, log: Log): CallerKeys {
  const files = createFileKeys({ clock: systemClock, log })
  let redis: RedisKeys | undefined
  let disconnect = (): void => undefined
  return {
    ...createKeyFinder({ files, redis: () => redis }),
    follow(config) {
      if (!hasKeysInStore(config.callers) || redis !== undefined || store.kind === 'memory') return
      // A connection of its own: keys are asked for before a request is read, whatever the counters wait for.
      const client = connectRedis({ target: store, usedFor: 'API keys', log, commandTimeoutMs: KEY_LOOKUP_TIMEOUT_MS })
      redis = createRedisKeys({ redis: client, clock: systemClock, log })
      disconnect = () => closeRedis(client)
    },
    close: () => disconnect(),
  }
}

export function hasKeysInStore(callers: RuntimeConfig['callers']): boolean {
  return callers.some((source) => source.kind === 'api_keys' && source.place.kind === 'store')
}
