// What runs in a worker: the processor, and the other end of everything that the owner has.

import type { Duplex } from 'node:stream'
import { createRemoteBudgetStore } from '../budgets/remote-store.ts'
import { unpackConfig } from '../config/packed-config.ts'
import { systemClock } from '../core/clock.ts'
import { TollgateError } from '../core/errors.ts'
import type { Log } from '../core/log.ts'
import { createSecretReader } from '../credentials/secret-reader.ts'
import { createBudgetMetrics } from '../edge/budget-metrics.ts'
import { type Counted, createCountForwarder } from '../edge/forward-counts.ts'
import { createHealthRoutes } from '../edge/grpc-health.ts'
import { growHeapFreely } from '../edge/heap-growth.ts'
import { createLogger } from '../edge/logger.ts'
import { createMetrics } from '../edge/metrics.ts'
import type { Explainer } from '../exchange/explainer.ts'
import { createFollowingCoolDowns } from '../exchange/follow-cool-downs.ts'
import { createChannel } from '../workers/channel.ts'
import type { OwnerChannel, OwnerNews, OwnerQuestions, WorkerNews, WorkerQuestions, WorkerStart } from '../workers/protocol.ts'
import { type OpenCounters, openCounters } from './open-counters.ts'
import { startBudgets } from './start-budgets.ts'
import { startProcessor } from './start-processor.ts'

export interface WorkerOptions {
  /** To the owner. */
  readonly stream: Duplex
  readonly env: Readonly<Record<string, string | undefined>>
  /** Gets the lines of the log. */
  readonly write: (lines: string) => void
}

/** How often the owner is told what was counted: as much is lost when this process is killed. */
const REPORT_MS = 200

/** Resolves when the owner has closed the channel or is gone. Whatever is under way then has nobody left to account for it. */
export async function runWorker({ stream, env, write }: WorkerOptions): Promise<void> {
  let serving: ServingWorker | undefined
  const started = (): ServingWorker => {
    if (serving === undefined) throw new TollgateError('internal', 'This worker has not been started.')
    return serving
  }
  const channel: OwnerChannel = createChannel<OwnerQuestions, OwnerNews, WorkerQuestions, WorkerNews>(stream, {
    answers: {
      start: async (start) => {
        serving = await serve(start, { owner: () => channel, env, write })
        return serving.address
      },
      use: (packed) => started().use(packed),
      ping: () => null,
      state: () => started().state(),
      find: (id) => started().explainer.find(id),
      explain: (question) => started().explainer.explain(question),
      close: ({ graceMs }) => started().close(graceMs),
    },
    hears: { drain: () => started().drain(), coolDown: (news) => started().coolDown(news) },
    onError: (err) => serving?.log.error({ err }, 'What the owner of the workers said could not be dealt with.'),
  })
  await channel.closed
}

/** How long the owner may take: an exchange waits for it. It needs a tenth of a millisecond. */
const COUNTERS_TIMEOUT_MS = 3_000

interface ServingWorker {
  readonly log: Log
  readonly address: string
  readonly explainer: Explainer
  use(packed: WorkerQuestions['use']['question']): null
  state(): Promise<WorkerQuestions['state']['answer']>
  drain(): void
  coolDown(news: WorkerNews['coolDown']): void
  close(graceMs: number): Promise<null>
}

async function serve({ worker, address, log: { level, format }, config: packed }: WorkerStart, { owner, env, write }: Pick<WorkerOptions, 'env' | 'write'> & { readonly owner: () => OwnerChannel }): Promise<ServingWorker> {
  let config = unpackConfig(packed)
  let draining = false
  const log = createLogger({ level, format, write, worker })
  growHeapFreely()
  const metrics = createMetrics()
  const forwarder = createCountForwarder(metrics.registry)
  const budgetMetrics = createBudgetMetrics(metrics.registry)
  const secrets = createSecretReader({ env, log, clock: systemClock })
  const ownerCounts = config.store.kind === 'memory'
  const counters = ownerCounts ? remoteCounters(owner) : await openCounters({ config, writer: `worker-${worker}`, log })
  const budgets = startBudgets({ config: () => config, counters, isKeeper: !ownerCounts, ...(ownerCounts && config.ledger !== undefined ? { passRow: (row) => owner().tell('row', row) } : {}), metrics: budgetMetrics, secrets, log })
  const health = createHealthRoutes({ isServing: () => !draining })
  const coolDowns = createFollowingCoolDowns({ settings: () => config.coolDown, clock: systemClock, tell: (news) => owner().tell('attempt', news) })
  const processor = await startProcessor({ address, config: () => config, health, coolDowns, budgets, metrics, budgetMetrics, secrets, log, env }).catch((cause: unknown) => {
    // The owner shows it to whoever started it all.
    throw new TollgateError('internal', cause instanceof Error ? cause.message : String(cause), { cause })
  })

  const report = (counted: Counted | undefined): void => {
    if (counted !== undefined) owner().tell('counted', counted)
  }
  const reporting = setInterval(() => report(forwarder.take()), REPORT_MS).unref()

  return {
    log,
    address: processor.address,
    explainer: processor.explainer,
    use(next) {
      config = unpackConfig(next)
      processor.follow(config)
      return null
    },
    async state() {
      report(await forwarder.takeAll())
      return forwarder.state()
    },
    drain() {
      draining = true
      health.changed()
    },
    coolDown: (news) => coolDowns.hear(news),
    async close(graceMs) {
      await processor.close(graceMs)
      await budgets.close()
      clearInterval(reporting)
      report(await forwarder.takeAll())
      return null
    },
  }
}

/** Counters in memory are those of the owner, who also writes the ledger; a Redis is asked by each worker itself. */
function remoteCounters(owner: () => OwnerChannel): OpenCounters {
  return { store: createRemoteBudgetStore({ ask: (question) => owner().ask('budgets', question, COUNTERS_TIMEOUT_MS) }), ledger: undefined, isJournal: true }
}
