// What requests will probably take, learned by this process and by those before it and beside it.

import { randomUUID } from 'node:crypto'
import { createEstimator, type Estimator } from '../budgets/estimator.ts'
import { LEARNING_INTERVAL_MS, shareLearning } from '../budgets/share-learning.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { type Log, silentLog } from '../core/log.ts'
import { readLearned, writeLearned } from '../ledger/learned-file.ts'
import { closeRedis, connectRedis } from '../redis/redis-connection.ts'

export interface RunningEstimator {
  readonly estimator: Estimator
  close(): Promise<void>
}

export interface EstimatorStart {
  readonly config: RuntimeConfig
  /** Whether this process is the one that keeps what is learned beside the ledger. */
  readonly isKeeper: boolean
  /** Whether anybody asks for estimates now: what is learned is exchanged with others only then. */
  readonly isNeeded: () => boolean
  readonly log: Log
}

const SAVE_INTERVAL_MS = 60_000
/** Callers that are remembered for the next start; the others begin again with what is usual for their model. */
const CALLERS_SAVED = 2_000

export function startEstimator({ config, isKeeper, isNeeded, log }: EstimatorStart): RunningEstimator {
  const { store, ledger } = config
  if (store.kind !== 'memory') return shareOnRedis(store, isNeeded, log)
  if (ledger === undefined || !isKeeper) return { estimator: createEstimator(), close: () => Promise.resolve() }
  return keepInFile(ledger.directory, log)
}

/** On a connection of its own, so that counting never waits for it, and a silent one: that of the counters says what there is to say. */
function shareOnRedis(target: Exclude<RuntimeConfig['store'], { kind: 'memory' }>, isNeeded: () => boolean, log: Log): RunningEstimator {
  const client = connectRedis({ target, usedFor: 'estimates', log: silentLog, commandTimeoutMs: LEARNING_INTERVAL_MS })
  const estimator = createEstimator({ onLearn: (answer) => shared.learned(answer) })
  const shared = shareLearning({ board: client, estimator, writer: randomUUID(), log })
  const exchange = async (): Promise<void> => {
    if (isNeeded()) await shared.exchange()
  }
  const exchanging = setInterval(() => void exchange(), LEARNING_INTERVAL_MS).unref()
  client.once('ready', () => void exchange())
  return {
    estimator,
    async close() {
      clearInterval(exchanging)
      await exchange()
      closeRedis(client)
    },
  }
}

function keepInFile(directory: string, log: Log): RunningEstimator {
  let hasLearned = false
  const estimator = createEstimator({
    onLearn: () => {
      hasLearned = true
    },
  })
  estimator.merge(readLearned(directory))
  const save = (): void => {
    if (!hasLearned) return
    hasLearned = false
    try {
      writeLearned(directory, estimator.toJson({ maxCallers: CALLERS_SAVED }))
    } catch (err) {
      log.warn({ directory, err }, 'What estimates have learned could not be kept for the next start.')
    }
  }
  const saving = setInterval(save, SAVE_INTERVAL_MS).unref()
  return {
    estimator,
    close() {
      clearInterval(saving)
      save()
      return Promise.resolve()
    },
  }
}
