// A row as it is shown to people and programs: in the words and units of the log and of the admin interface.

import { formatDecimal, nanoToDollars } from '../core/money.ts'
import type { ListedRow } from './listed-row.ts'

/** Digits of a dollar behind the point: amounts are nano-dollars. */
const DOLLAR_DIGITS = 9

/** What is undefined is missing in JSON. Times are ISO 8601, UTC. */
export interface ShownRow {
  readonly exchange_id: string
  readonly admitted_at: string
  readonly finished_at: string
  /** As in the log; `orphaned` and `expired` for exchanges whose end was not seen. */
  readonly outcome: string
  readonly status: number | undefined
  readonly caller: Readonly<Record<string, string>>
  readonly format: string | undefined
  readonly stream: boolean
  /** As the client wrote it. */
  readonly asked_model: string | undefined
  readonly model: string | undefined
  readonly downgraded_from: string | undefined
  readonly provider: string | undefined
  readonly upstream_model: string | undefined
  readonly response_model: string | undefined
  readonly attempts: number
  readonly input_tokens: number | undefined
  readonly cached_input_tokens: number | undefined
  readonly cache_creation_input_tokens: number | undefined
  readonly output_tokens: number | undefined
  readonly reasoning_tokens: number | undefined
  readonly total_tokens: number | undefined
  readonly cost_usd: number | undefined
  /** The same, exactly. */
  readonly cost_nano_usd: number | undefined
  readonly rate_card: string | undefined
  readonly estimated: boolean
  readonly flags: readonly string[]
  readonly costs: Readonly<Record<string, number>>
  /** Amounts are dollars where `unit` is `usd`. */
  readonly charges: readonly { readonly budget: string; readonly unit: string; readonly amount: number; readonly key: string }[]
  /** Where it stands: whose file, and which line of that writer's. */
  readonly writer: string
  readonly seq: number
}

export function showRow(row: ListedRow): ShownRow {
  const { usage } = row
  return {
    exchange_id: row.id,
    admitted_at: row.admittedAt,
    finished_at: row.finishedAt,
    outcome: row.outcome,
    status: row.status,
    caller: row.caller,
    format: row.format,
    stream: row.stream,
    asked_model: row.askedModel,
    model: row.clientModel,
    downgraded_from: row.downgradedFrom,
    provider: row.provider,
    upstream_model: row.upstreamModel,
    response_model: row.responseModel,
    attempts: row.attempts,
    input_tokens: usage?.inputTokens,
    cached_input_tokens: usage?.cachedInputTokens,
    cache_creation_input_tokens: usage?.cacheCreationInputTokens,
    output_tokens: usage?.outputTokens,
    reasoning_tokens: usage?.reasoningTokens,
    total_tokens: usage?.totalTokens,
    cost_usd: row.nanoDollars === undefined ? undefined : nanoToDollars(row.nanoDollars),
    cost_nano_usd: row.nanoDollars,
    rate_card: row.rateCard,
    estimated: row.estimated,
    flags: row.flags,
    costs: row.costs,
    charges: row.charges.map(({ budget, unit, amount, key }) => ({ budget, unit, amount: unit === 'usd' ? nanoToDollars(amount) : amount, key })),
    writer: row.writer,
    seq: row.seq,
  }
}

/** Dollars in decimal, to the nano-dollar: `0.00027`. */
export function formatDollars(nanoDollars: number): string {
  return formatDecimal(nanoDollars, DOLLAR_DIGITS)
}
