// Why a request is allowed, denied, downgraded or charged as it is: what `POST /explain` and `GET /explain` answer, as plain JSON.
// Amounts are dollars as decimal numbers where the unit is `usd`, else integers. Times are ISO 8601. What does not apply is missing.

import type { Miss } from '../budgets/explain-match.ts'
import type { LimitSourceName } from '../budgets/limit-of.ts'
import type { Outcome } from './summary.ts'

export interface Explanation {
  /** When the budgets decided; of an exchange: when it began. */
  readonly time: string
  /** Missing for a request that was only asked about. */
  readonly exchange_id?: string
  /**
   * `admitted`: it may go to a provider, as far as budgets are concerned. `denied`: a budget said no. `refused`: something else did, before the budgets were
   * asked or because one could not tell what it would cost. `would_wait`: a budget would let it wait for room; only for a request that was only asked about.
   * `none`: there was nothing to decide, as in `GET /v1/models`, or nobody was there any more.
   */
  readonly decision: 'admitted' | 'denied' | 'refused' | 'would_wait' | 'none'
  /** Of `denied` and `refused`: the error that the client gets. The message of an exchange that was refused is not kept. */
  readonly error?: { readonly code: string; readonly message?: string }
  /** Attribute → value. */
  readonly caller: Readonly<Record<string, string>>
  /** API dialect of the request. */
  readonly format?: string
  /** The model that was asked for, where another one serves. */
  readonly downgraded_from?: string
  /** What the client's bound on output tokens was lowered to. */
  readonly clamped_to?: number
  /** How long it waited for room. */
  readonly waited_seconds?: number
  /** Of `would_wait`: at most so long. */
  readonly waits_at_most_seconds?: number
  /** Of `denied`: the longest answer, in tokens, with which it would have been admitted. */
  readonly largest_output_tokens?: number
  /** From the model that was asked for along `downgrade_to` to the one that was decided on, which is the last. Empty where no model was found. */
  readonly models: readonly ExplainedModel[]
  /** Models on the way along `downgrade_to` that were never tried: this caller may not use them, or none of their providers can serve this request. */
  readonly skipped_models?: readonly string[]
  /** Missing for a request that was only asked about. */
  readonly ended?: ExplainedEnd
}

/** A model that the request could be served by, and what the budgets said about that. */
export interface ExplainedModel {
  readonly model: string
  readonly result: 'admitted' | 'passed_over' | 'denied' | 'refused' | 'would_wait'
  /** Its `downgrade_to`; missing: nothing cheaper is configured for it. */
  readonly downgrade_to?: string
  /** The header route that chose it; missing: none did, or one without a name. */
  readonly route?: string
  /** Who would be asked, in this order. */
  readonly providers: readonly string[]
  /** True: which of them is the first is drawn by weight, for each request anew. */
  readonly drawn_by_weight?: true
  /** Who serves the model and is not asked, and why: `openai (429, 12 s)`. */
  readonly left_out?: readonly string[]
  /** Of each provider, in the same order. An estimate goes by the first, a worst case by the dearest. */
  readonly prices: readonly ExplainedPrice[]
  /** What it is expected to use, where a budget reserves that; `output_tokens` of all choices together. */
  readonly estimate?: ExplainedTokens
  /** The most that it can use, where a budget reserves that. */
  readonly worst_case?: ExplainedTokens
  /** Those that count it, in the order of the configuration. */
  readonly budgets: readonly ExplainedBudget[]
  /** Those that do not, the nearest miss first. */
  readonly missed: readonly MissedBudget[]
}

export interface ExplainedTokens {
  readonly input_tokens: number
  readonly output_tokens: number
}

/** The price of a call that begins at this time and has this much input. */
export interface ExplainedPrice {
  readonly provider: string
  /** The name of the model at the provider. */
  readonly model: string
  /** False: nobody knows it. Only then the rest is missing. */
  readonly known: boolean
  /** `configuration`, or the vendor's list that has it, and under which name. */
  readonly source?: 'configuration' | { readonly vendor: string; readonly model: string }
  readonly rate_card?: string
  /** Unit (`input`, `cached_input`, `output` …) → dollars per million tokens; only what has a price of its own. Both empty: free. */
  readonly per_million_tokens?: Readonly<Record<string, number>>
  /** `request`, `web_search` → dollars per call. */
  readonly per_call?: Readonly<Record<string, number>>
  /** These rates hold for requests of more input tokens than this. */
  readonly above_input_tokens?: number
}

export interface ExplainedBudget {
  readonly budget: string
  readonly unit: string
  /** The attributes of which each combination of values has a counter; none: one counter for everybody. */
  readonly per: readonly string[]
  readonly limit: number
  /** Numbered as in the configuration, from 1. */
  readonly limit_from: LimitSourceName
  /** When a boost ends. */
  readonly limit_until?: string
  /** In words: `day (Europe/Berlin)`. */
  readonly window: string
  /** Missing where the window slides. */
  readonly window_start?: string
  /** Of a window that slides: when all of what counts now will be forgotten. */
  readonly resets_at: string
  /** Before this request. Missing, with `held` and `left`, where the counter was not asked. */
  readonly used?: number
  /** For requests under way. */
  readonly held?: number
  /** Neither used nor held; never below 0. */
  readonly left?: number
  readonly reserve: 'estimate' | 'worst_case' | 'none'
  /** What is held for this request, or would have to be. 0 where nothing is reserved; missing where nobody can say. */
  readonly needs?: number
  /** Those that have been reached; `satisfied`: by this model, or because they ask for nothing. */
  readonly tiers: readonly { readonly remaining_share: number; readonly action: string; readonly satisfied: boolean }[]
  /**
   * `fits`. `no_room`: what it needs is more than what is left. `tier`: so little is left that a tier does not let this model begin. `would_deny`: it does not
   * fit, and the budget only watches. `in_line`: others waited for room before it. `not_asked`: nobody came to ask this one.
   */
  readonly verdict: 'fits' | 'no_room' | 'tier' | 'would_deny' | 'in_line' | 'not_asked'
  /** What the budget asks for where the verdict is `no_room`, `tier` or `in_line`. */
  readonly action?: 'deny' | 'queue' | 'downgrade'
}

export interface MissedBudget {
  readonly budget: string
  /** Everything that is in the way; never empty. */
  readonly because: readonly Miss[]
}

/** What became of an exchange. */
export interface ExplainedEnd {
  readonly outcome: Outcome
  /** Our error code, what a client was told of a limit, or Envoy's response code details. */
  readonly reason?: string
  readonly status?: number
  /** Who answered, and the name of the model there. */
  readonly provider?: string
  readonly upstream_model?: string
  readonly attempts: number
  readonly input_tokens?: number
  readonly output_tokens?: number
  /** True: no provider said these numbers. Missing without numbers. */
  readonly estimated?: boolean
  readonly cost_usd?: number
  /** What that was computed with. */
  readonly price?: ExplainedPrice
  readonly duration_ms: number
  /** Of each budget that counts it. */
  readonly charges: readonly ExplainedCharge[]
}

export interface ExplainedCharge {
  readonly budget: string
  readonly unit: string
  /** What was held for it. */
  readonly held: number
  readonly charged: number
  /**
   * `exact`: by what the provider counted. `estimated`: by what is known without it, or by what was held. `nothing`: no provider can have done any work, or nobody
   * bills such a call. `other_provider`: the budget does not count who answered.
   */
  readonly basis: 'exact' | 'estimated' | 'nothing' | 'other_provider'
}
