// Serves Envoy from several processes. This one owns what they share: counters, cool-downs, metrics, the configuration.

import { answerStore } from '../budgets/remote-store.ts'
import type { PackedConfig } from '../config/packed-config.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { systemClock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { workerAddresses } from '../core/worker-address.ts'
import { addCounted, joinMetrics } from '../edge/forward-counts.ts'
import type { Metrics } from '../edge/metrics.ts'
import { watchWorkers } from '../edge/worker-metrics.ts'
import { type Explainer, joinExplainers } from '../exchange/explainer.ts'
import type { CoolDownNews } from '../exchange/follow-cool-downs.ts'
import { leadCoolDowns } from '../exchange/follow-cool-downs.ts'
import { launchWorker } from '../workers/launch-worker.ts'
import type { WorkerChannel } from '../workers/protocol.ts'
import { startWorkerPool, type WorkerPool } from '../workers/worker-pool.ts'
import type { WorkerProgram } from './app.ts'
import type { Serving } from './serving.ts'
import type { RunningBudgets } from './start-budgets.ts'
import { startCoolDowns } from './start-cool-downs.ts'

export interface ServeFromWorkersOptions {
  readonly config: () => RuntimeConfig
  /** The same, for the workers to begin with. */
  readonly packed: PackedConfig
  readonly program: WorkerProgram
  /** Where this process counts for all, it also writes down for all. */
  readonly budgets: Pick<RunningBudgets, 'countersForOthers' | 'record'>
  readonly metrics: Metrics
  readonly log: Log
  readonly env: Readonly<Record<string, string | undefined>>
}

/** A scrape has a few seconds, and workers answer within milliseconds. */
const SCRAPE_WAIT_MS = 1_000
/** Somebody waits for the page; one that has much to do answers later than it would for a scrape. */
const EXPLAIN_WAIT_MS = 3_000

/** Rejects when one of the workers cannot serve; none is left then. */
export async function serveFromWorkers({ config, packed, program, budgets, metrics, log, env }: ServeFromWorkersOptions): Promise<Serving> {
  let pool: WorkerPool | undefined
  let draining = false
  const tellAll = (coolDown: CoolDownNews): void => pool?.tell('coolDown', coolDown)
  const coolDowns = startCoolDowns({ config, metrics, log, onLonger: (coolDown) => tellAll({ kind: 'cool_down', coolDown }) })
  const lead = leadCoolDowns(coolDowns, tellAll)
  const greet = (channel: WorkerChannel): void => {
    for (const coolDown of coolDowns.list()) channel.tell('coolDown', { kind: 'cool_down', coolDown })
    if (draining) channel.tell('drain', null)
  }
  try {
    const running = await startWorkerPool({
      addresses: workerAddresses(config().listen.extproc, config().workers),
      config: packed,
      logSettings: program.log,
      launch: () => launchWorker({ command: program.command, env, write: program.write }),
      handlers: {
        answers: { budgets: (question) => answerStore(budgets.countersForOthers, question) },
        hears: { counted: (counted) => addCounted(metrics.registry, counted), attempt: (news) => lead.hear(news), row: (row) => budgets.record(() => row) },
      },
      onServing: greet,
      monotonic: () => systemClock.monotonic(),
      log,
    })
    pool = running
    watchWorkers(metrics.registry, () => running.health())
    return {
      addresses: running.addresses,
      use: (read) => running.use(read.packed),
      drain: () => {
        draining = true
        running.tell('drain', null)
      },
      workers: () => running.health(),
      explainer: joinExplainers(() => running.channels().map(explainerOf)),
      metricsPage: async () => {
        const { states, silent } = await running.states(SCRAPE_WAIT_MS)
        return `${silent.map(missingNote).join('')}${await joinMetrics(metrics.registry, states)}`
      },
      close: async (graceMs) => {
        await running.close(graceMs)
        coolDowns.close()
      },
    }
  } catch (error) {
    coolDowns.close()
    throw error
  }
}

function explainerOf(channel: WorkerChannel): Explainer {
  return { find: (id) => channel.ask('find', id, EXPLAIN_WAIT_MS), explain: (question) => channel.ask('explain', question, EXPLAIN_WAIT_MS) }
}

function missingNote(worker: number): string {
  return `# Worker ${worker} did not answer within ${SCRAPE_WAIT_MS} ms: what it counted until it was last heard of is here, its memory and open calls are not.\n`
}
