// What the processes of one Tollgate say to each other. The owner has the counters, the admin pages and the configuration; a worker serves Envoy.

import type { StoreQuestion } from '../budgets/remote-store.ts'
import type { PackedConfig } from '../config/packed-config.ts'
import type { ListenAddress } from '../config/runtime-config.ts'
import type { Counted, State } from '../edge/forward-counts.ts'
import type { LogFormat, LogLevel } from '../edge/logger.ts'
import type { FoundExchange } from '../exchange/explainer.ts'
import type { Explanation } from '../exchange/explanation.ts'
import type { ExplainQuestion } from '../exchange/explain-request.ts'
import type { AttemptNews, CoolDownNews } from '../exchange/follow-cool-downs.ts'
import type { LedgerRow } from '../ledger/ledger-row.ts'
import type { Channel } from './channel.ts'

export interface WorkerStart {
  /** From 1. */
  readonly worker: number
  readonly address: ListenAddress
  readonly log: LogSettings
  readonly config: PackedConfig
}

export interface LogSettings {
  readonly level: LogLevel
  readonly format: LogFormat
}

/** What a worker is asked. */
export type WorkerQuestions = {
  /** First, and once. Answered with the real address when it serves. */
  readonly start: { readonly question: WorkerStart; readonly answer: ListenAddress }
  /** Answered when new exchanges have this configuration. */
  readonly use: { readonly question: PackedConfig; readonly answer: null }
  /** Whether it lives. */
  readonly ping: { readonly question: null; readonly answer: null }
  /** Metrics that are no counts; what was counted is told before. */
  readonly state: { readonly question: null; readonly answer: State }
  /** The id of an exchange. */
  readonly find: { readonly question: string; readonly answer: FoundExchange }
  readonly explain: { readonly question: ExplainQuestion; readonly answer: Explanation }
  /** Answered when it serves nobody any more. */
  readonly close: { readonly question: { readonly graceMs: number }; readonly answer: null }
}

/** What a worker is told. */
export type WorkerNews = {
  /** Say no to health checks from now on. */
  readonly drain: null
  readonly coolDown: CoolDownNews
}

/** What the owner is asked. */
export type OwnerQuestions = {
  readonly budgets: { readonly question: StoreQuestion; readonly answer: unknown }
}

/** What the owner is told. */
export type OwnerNews = {
  readonly counted: Counted
  readonly attempt: AttemptNews
  /** An exchange that is over, where the owner writes the ledger. */
  readonly row: LedgerRow
}

export type WorkerChannel = Channel<WorkerQuestions, WorkerNews>
export type OwnerChannel = Channel<OwnerQuestions, OwnerNews>
