// The external processor on its own address, with all that an exchange needs.

import { randomUUID } from 'node:crypto'
import type { ListenAddress, RuntimeConfig } from '../config/runtime-config.ts'
import { systemClock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { GrpcRoutes, GrpcServer } from '../core/transport.ts'
import { createCloudCredentials } from '../credentials/cloud-credentials.ts'
import { createProviderCredentials } from '../credentials/provider-credentials.ts'
import type { SecretReader } from '../credentials/secret-reader.ts'
import { logExchange } from '../edge/exchange-log.ts'
import { startGrpcServer } from '../edge/grpc-server.ts'
import type { BudgetMetrics } from '../edge/budget-metrics.ts'
import type { Metrics } from '../edge/metrics.ts'
import type { AttemptFailure, CoolDowns } from '../exchange/cool-down.ts'
import type { ExchangeDependencies } from '../exchange/dependencies.ts'
import { createExplainer, type Explainer } from '../exchange/explainer.ts'
import { createRecentExchanges, type RecentExchanges } from '../exchange/recent-exchanges.ts'
import type { ExchangeObserver } from '../exchange/summary.ts'
import { ATTEMPT_LOG_METHOD, type AttemptLog, createAttemptLog } from '../extproc/attempt-log.ts'
import { createExtProcService, EXTPROC_METHOD } from '../extproc/service.ts'
import { createCallerKeys } from './create-caller-keys.ts'
import type { RunningBudgets } from './start-budgets.ts'
import { toLedgerRow } from './to-ledger-row.ts'

/** Room for protobuf framing, headers and attributes around a body of the largest accepted size. */
const MESSAGE_OVERHEAD_BYTES = 1024 * 1024
/** How often cloud credentials are looked at: far more often than any of them ends. */
const CREDENTIAL_CHECK_MS = 5_000

export interface ProcessorOptions {
  readonly address: ListenAddress
  readonly config: () => RuntimeConfig
  readonly health: GrpcRoutes
  readonly coolDowns: CoolDowns
  readonly budgets: Pick<RunningBudgets, 'budgets' | 'estimator' | 'record'>
  readonly metrics: Metrics
  readonly budgetMetrics: BudgetMetrics
  readonly secrets: SecretReader
  readonly log: Log
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface Processor extends GrpcServer {
  /** Looks after the keys and credentials of this configuration from now on. */
  follow(config: RuntimeConfig): void
  /** About the exchanges that were served here. */
  readonly explainer: Explainer
}

/** Rejects when the address cannot be bound. */
export async function startProcessor({ address, config, health, coolDowns, budgets, metrics, budgetMetrics, secrets, log, env }: ProcessorOptions): Promise<Processor> {
  const cloud = createCloudCredentials({ env, secrets, clock: systemClock, random: Math.random, log, onRefresh: (refresh) => metrics.credentialRefreshed(refresh) })
  const callerKeys = createCallerKeys(config(), log)
  const attempts = createAttempts({ config, coolDowns, metrics, log })
  const recent = createRecentExchanges({ clock: systemClock })
  const exchanges: ExchangeDependencies = {
    config,
    clock: systemClock,
    random: Math.random,
    coolDowns,
    newExchangeId: randomUUID,
    observer: createObserver({ metrics, budgetMetrics, budgets, recent, log }),
    credentials: createProviderCredentials(secrets, cloud),
    callerKeys,
    budgets: budgets.budgets,
    estimator: budgets.estimator,
  }
  const routes: GrpcRoutes = new Map([...health, [EXTPROC_METHOD, createService(exchanges, metrics, log)], [ATTEMPT_LOG_METHOD, (call) => attempts.open(call)]])
  const server = await startGrpcServer({ address, transport: config().transport, routes, maxMessageBytes: config().envoy.maxBodyBytes + MESSAGE_OVERHEAD_BYTES, log })
  const follow = (next: RuntimeConfig): void => {
    cloud.follow(next)
    callerKeys.follow(next)
  }
  follow(config())
  const renewing = setInterval(() => cloud.check(), CREDENTIAL_CHECK_MS).unref()
  return {
    address: server.address,
    follow,
    explainer: createExplainer(exchanges, recent),
    close: async (graceMs) => {
      attempts.close()
      await server.close(graceMs)
      callerKeys.close()
      clearInterval(renewing)
    },
  }
}

function createService(exchanges: ExchangeDependencies, metrics: Metrics, log: Log): ReturnType<typeof createExtProcService> {
  return createExtProcService({
    ...exchanges,
    log,
    extprocObserver: {
      opened: (stage) => metrics.extprocOpened(stage),
      closed: (stage) => metrics.extprocClosed(stage),
      message: (kind, stage) => metrics.extprocMessage(kind, stage),
      failed: (stage, code) => metrics.failed(`extproc_${stage}`, code),
    },
  })
}

function createAttempts({ config, coolDowns, metrics, log }: Pick<ProcessorOptions, 'config' | 'coolDowns' | 'metrics' | 'log'>): AttemptLog {
  const observer = {
    attemptFailed: (failure: AttemptFailure) => metrics.attemptFailed(failure),
    failed: (code: string) => metrics.failed('attempt_log', code),
  }
  return createAttemptLog({ config, clock: systemClock, coolDowns, log, observer })
}

function createObserver({ metrics, budgetMetrics, budgets, recent, log }: Pick<ProcessorOptions, 'metrics' | 'budgetMetrics' | 'budgets' | 'log'> & { readonly recent: Pick<RecentExchanges, 'add'> }): ExchangeObserver {
  return {
    finished: (summary) => {
      budgets.record(() => toLedgerRow(summary, systemClock.now()))
      recent.add(summary)
      metrics.exchangeFinished(summary)
      budgetMetrics.exchangeFinished(summary)
      logExchange(log, summary)
    },
    costFailed: ({ exchangeId, cost, error }) => {
      metrics.costFailed(cost)
      log.warn({ exchange_id: exchangeId, cost, error }, 'A cost expression failed; its estimate is charged instead.')
    },
  }
}
