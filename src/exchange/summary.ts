// What is said about an exchange once it is over: the log line and the metrics are made from this and nothing else.

import type { Admitted, Denied } from '../budgets/admission.ts'
import type { BudgetCharge } from '../budgets/budgets.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import type { FormatName } from '../formats/format.ts'
import type { Usage } from '../core/usage.ts'
import type { ExchangePrice } from '../prices/price-book.ts'

export type Outcome =
  /** The provider's 2xx answer went to the client, whole. */
  | 'answered'
  /** The client left, or the connection was cut, before the end of the answer. */
  | 'aborted'
  /** A limit said no (429). */
  | 'limited'
  /** We refused it: unknown path or model, no caller, malformed body … */
  | 'refused'
  /** The last provider tried answered with an error status. */
  | 'provider_error'
  /** Envoy answered by itself: no provider could be reached, a timeout, a body too large. */
  | 'envoy_error'
  /** We failed; the log has the cause. */
  | 'internal_error'

export interface ExchangeSummary {
  /** Ours, never a client's header. */
  readonly exchangeId: string
  /** The one it began with. */
  readonly config: RuntimeConfig
  readonly outcome: Outcome
  /** Undefined when the path was not known. */
  readonly format: FormatName | undefined
  /** The model as the body names it; undefined when it names none, and for a request that was refused. */
  readonly askedModel: string | undefined
  /** Undefined when it was not decided. */
  readonly clientModel: string | undefined
  /** The provider that answered and the model it was asked for; undefined when none answered. */
  readonly provider: string | undefined
  readonly upstreamModel: string | undefined
  /** The model the provider says it used. */
  readonly responseModel: string | undefined
  readonly callerAttributes: ReadonlyMap<string, string>
  /** HTTP status the client got; undefined when the exchange ended without one. */
  readonly status: number | undefined
  readonly stream: boolean
  /** How many providers were tried; 0 when none was. */
  readonly attempts: number
  /** Who serves the model and was not asked, and why; empty as a rule. */
  readonly leftOut: readonly string[]
  /** Undefined for exchanges that cost nothing. Flag `estimated` when no provider said it. */
  readonly usage: Usage | undefined
  /** Cost name → value as written for the rate limit charge. Zeros for what cost nothing. */
  readonly costs: ReadonlyMap<string, number>
  /** What it costs in dollars, and by which rate card; undefined when nothing is charged, and when no price is known. */
  readonly price: ExchangePrice | undefined
  /** When it began, in milliseconds since 1970. */
  readonly startedAtMs: number
  /** What the budgets decided; undefined when they were not asked, and when there are none. */
  readonly decision: Admitted | Denied | undefined
  /** The model that was asked for, where a budget wanted a cheaper one. */
  readonly downgradedFrom: string | undefined
  /** What each counter was charged; empty when no budget counts it. */
  readonly charges: readonly BudgetCharge[]
  /** Our error code or Envoy's response code details. */
  readonly reason: string | undefined
  readonly durationMs: number
  /** To the first body byte of the answer; undefined when there was none. */
  readonly timeToFirstTokenMs: number | undefined
}

/** Implemented by the edge (log and metrics) and by tests. Must not throw. */
export interface ExchangeObserver {
  finished(summary: ExchangeSummary): void
  /** A cost expression failed at run time; the estimate of the same cost was charged instead. */
  costFailed(event: { readonly exchangeId: string; readonly cost: string; readonly error: string }): void
}
