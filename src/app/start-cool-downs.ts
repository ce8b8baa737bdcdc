// Cool-downs that are logged and counted, and shared where the store is a Redis.

import type { RuntimeConfig } from '../config/runtime-config.ts'
import { systemClock } from '../core/clock.ts'
import { type Log, silentLog } from '../core/log.ts'
import type { Metrics } from '../edge/metrics.ts'
import { type CoolDown, type CoolDowns, createCoolDowns } from '../exchange/cool-down.ts'
import { LOOK_INTERVAL_MS, shareCoolDowns } from '../exchange/share-cool-downs.ts'
import { closeRedis, connectRedis } from '../redis/redis-connection.ts'

export interface RunningCoolDowns extends CoolDowns {
  close(): void
}

export interface CoolDownsOptions {
  readonly config: () => RuntimeConfig
  readonly metrics: Metrics
  readonly log: Log
  /** A provider cools down longer than was known. */
  readonly onLonger?: (coolDown: CoolDown) => void
}

/** A store is only changed by a restart. */
export function startCoolDowns({ config, metrics, log, onLonger }: CoolDownsOptions): RunningCoolDowns {
  const onStart = ({ provider, reason, remainingMs }: CoolDown): void => {
    metrics.coolDownStarted({ provider, reason })
    log.warn({ provider, reason, seconds: Math.round(remainingMs / 100) / 10 }, 'A provider is left out of chains for a while.')
  }
  let tell: (coolDown: CoolDown) => void = () => undefined
  const coolDowns = createCoolDowns({ settings: () => config().coolDown, clock: systemClock, onStart, onChange: (coolDown) => tell(coolDown), ...(onLonger === undefined ? {} : { onLonger }) })
  metrics.watchCoolDowns(() => coolDowns.list())
  const { store } = config()
  if (store.kind === 'memory') return { ...coolDowns, close: () => undefined }
  // A connection of its own, so that counting never waits for it, and a silent one: that of the counters says what there is to say.
  const client = connectRedis({ target: store, usedFor: 'cool-downs', log: silentLog, commandTimeoutMs: LOOK_INTERVAL_MS })
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
