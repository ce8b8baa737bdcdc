// What the ledger says of one exchange: who, what, by whom, at what cost, and what each counter was charged. Plain JSON, and kept for years:
// fields are added, never renamed.

import type { CounterCharge } from '../budgets/budget-store.ts'
import type { Usage } from '../core/usage.ts'

/** Who asked for what. Also written with a hold where it is known then, so that an exchange that never ends is not nameless. */
export interface ExchangeSubject {
  /** Caller attribute → value. */
  readonly caller: Readonly<Record<string, string>>
  readonly format: string | undefined
  readonly stream: boolean
  /** The model as the client wrote it; undefined when it named none. Cut after 256 characters in the ledger, because anybody may write it. */
  readonly askedModel: string | undefined
  /** The canonical model that it was routed and limited by, after a downgrade; undefined when none was decided. */
  readonly clientModel: string | undefined
  /** The canonical model before it; undefined without a downgrade. */
  readonly downgradedFrom: string | undefined
}

/** What one counter was charged, and what is needed to charge it again after a loss of memory. */
export interface LedgerCharge extends CounterCharge {
  readonly budget: string
  /** `tokens`, `input_tokens`, `output_tokens`, `requests`, `usd` (nano-dollars), or `cost:` and the name of a cost. */
  readonly unit: string
}

/** Token counts; the flags that belong to them are those of the row. */
export type LedgerUsage = Omit<Usage, 'flags'>

export interface LedgerRow extends ExchangeSubject {
  /** Of the exchange; ours, unique. */
  readonly id: string
  /** ISO 8601, UTC, with milliseconds. */
  readonly admittedAt: string
  readonly finishedAt: string
  /** The provider that answered and the model it was asked for; undefined when none answered. */
  readonly provider: string | undefined
  readonly upstreamModel: string | undefined
  /** The model that the provider says it used; it is what its bill names. */
  readonly responseModel?: string | undefined
  /** How many providers were tried. */
  readonly attempts: number
  /** How the exchange ended; `orphaned` when the process died before it did. */
  readonly outcome: string
  /** HTTP status the client got; undefined when it got none, or when nobody knows. */
  readonly status: number | undefined
  /** Undefined when nothing was used, or when nobody knows. */
  readonly usage: LedgerUsage | undefined
  /** Cost name → value. */
  readonly costs: Readonly<Record<string, number>>
  /** Nano-dollars, an integer; undefined when no price is known and when nothing is known of what was used. */
  readonly nanoDollars: number | undefined
  readonly rateCard: string | undefined
  /** False: every number comes from the provider. */
  readonly estimated: boolean
  /** What was bounded, guessed or found late on the way; empty for a plain answer. */
  readonly flags: readonly string[]
  /** Empty: no budget counted it. All zero: cancelled. */
  readonly charges: readonly LedgerCharge[]
}
