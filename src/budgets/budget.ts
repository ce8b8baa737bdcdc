// What a budget is: a limit on what exchanges cost, for each caller of some kind, per window. Compiled from `budgets:`; never changed.

/**
 * What is counted. Amounts and limits are integers: tokens, requests, nano-dollars for `usd`, and the values of a named cost as they are.
 */
export type BudgetUnit = { readonly kind: 'tokens' | 'input_tokens' | 'output_tokens' | 'requests' | 'usd' } | { readonly kind: 'cost'; readonly name: string }

/**
 * What happens to a request that a budget has no room for, or that comes when too little remains.
 * `deny`: refused. `downgrade`: the next model of `downgrade_to`, else refused. `queue`: waits a bounded time for room, else refused.
 * `warn`: passes, and is reported. `allow`: passes and is reported as what would have been refused (shadow).
 */
export type BudgetAction = 'deny' | 'downgrade' | 'queue' | 'warn' | 'allow'

/** Shares of a limit are in ten-thousandths, so that they are integers. */
export const WHOLE_SHARE = 10_000

/** Acts on requests that begin while less than this share of the limit remains. */
export interface BudgetTier {
  /** 1 … WHOLE_SHARE. */
  readonly remainingShare: number
  readonly action: BudgetAction
}

/** Attribute → patterns (`*`: any characters), one of which its value must match. Empty: everybody. */
export type CallerCondition = ReadonlyMap<string, readonly string[]>

export interface BudgetOverride {
  readonly where: CallerCondition
  readonly limit: number
}

/** Another limit until a moment has passed. */
export interface BudgetBoost extends BudgetOverride {
  /** Milliseconds since 1970. */
  readonly untilMs: number
}

export type CalendarUnit = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year'

export type WindowSpec =
  /** By the clock on the wall of `timeZone` (IANA). `weekStart`: 1 Monday … 7 Sunday. `monthDay`: 1 … 28, where months, quarters and years begin. */
  | { readonly kind: 'calendar'; readonly every: CalendarUnit; readonly timeZone: string; readonly weekStart: number; readonly monthDay: number }
  /** One after the other since 1970-01-01T00:00Z. */
  | { readonly kind: 'fixed'; readonly lengthMs: number }
  /** What was charged in the last `lengthMs`, and in up to a sixtieth of it before that. */
  | { readonly kind: 'sliding'; readonly lengthMs: number }

/** How much is held for an exchange until its cost is known. `none`: nothing, it is only asked whether anything is left. */
export type ReserveMode = 'estimate' | 'worst_case' | 'none'

/** What becomes of requests while the counters cannot be reached. `local`: each process lets through a share of the limit by itself. */
export type StoreFailureMode = 'deny' | 'allow' | 'local'

export interface Budget {
  /** Unique; [a-z0-9] then [a-z0-9_-], at most 63 characters. */
  readonly name: string
  /** Caller attributes; each combination of their values has a counter of its own. Empty: one counter for all. */
  readonly per: readonly string[]
  readonly where: CallerCondition
  /** Patterns of the canonical model names it counts; empty: all. */
  readonly models: readonly string[]
  /** Patterns of provider names; what another provider serves is not charged to it. Empty: all. */
  readonly providers: readonly string[]
  /** Names of header routes; empty: all requests, routed or not. */
  readonly routes: readonly string[]
  readonly unit: BudgetUnit
  readonly limit: number
  /** The first that matches the caller replaces the limit. */
  readonly overrides: readonly BudgetOverride[]
  /** The first that matches the caller and has not ended replaces even that. */
  readonly boosts: readonly BudgetBoost[]
  readonly window: WindowSpec
  /** From the largest share to the smallest; all that apply act, and the strictest decides. */
  readonly tiers: readonly BudgetTier[]
  /** For a request that does not fit into what remains. */
  readonly onExhausted: Exclude<BudgetAction, 'warn'>
  /** Longest wait of a queue, at most 30 s; used only where an action is `queue`. */
  readonly queueMs: number
  /** Lowers the client's bound on output tokens to what is left before anything else is done about a request that does not fit. */
  readonly clamp: boolean
  readonly reserve: ReserveMode
  /** How long a hold lasts that nobody renews; then it is charged. */
  readonly holdTtlMs: number
  readonly onStoreFailure: StoreFailureMode
  /** Of the limit, per process and window, while the store is away under `local`; in ten-thousandths. */
  readonly localShare: number
}
