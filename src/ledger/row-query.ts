// Which rows are asked for, and whether one of them is meant.

import { createPattern } from '../core/star-pattern.ts'
import type { LedgerRow } from './ledger-row.ts'

export interface RowQuery {
  /** By when the row was written, which is the end of its exchange: ISO 8601 in UTC with milliseconds, `from` included and `to` not. */
  readonly from?: string
  readonly to?: string
  /** Caller attribute → its value. */
  readonly where?: ReadonlyMap<string, string>
  /** Name or pattern (`*`: any characters) of the model that was asked for, routed, called or billed: one of them. */
  readonly model?: string
  readonly provider?: string
  /** Rows that this budget counted. */
  readonly budget?: string
  /** Of the exchange. */
  readonly id?: string
}

export interface RowFilter {
  /** Texts that the line of every row that is meant has in it. Looking for them is cheaper than reading the line. */
  readonly needles: readonly Buffer[]
  matches(row: LedgerRow): boolean
}

export function createRowFilter({ where = new Map(), model, provider, budget, id }: RowQuery): RowFilter {
  const isModel = model === undefined ? undefined : createPattern(model)
  const texts = [...where.values(), ...[id, provider, budget].filter((text) => text !== undefined)]
  return {
    needles: texts.map((text) => Buffer.from(JSON.stringify(text).slice(1, -1))),
    matches: (row) =>
      (id === undefined || row.id === id) &&
      (provider === undefined || row.provider === provider) &&
      (budget === undefined || row.charges.some((charge) => charge.budget === budget)) &&
      (isModel === undefined || [row.askedModel, row.clientModel, row.upstreamModel, row.responseModel].some((name) => name !== undefined && isModel(name))) &&
      [...where].every(([name, value]) => Object.hasOwn(row.caller, name) && row.caller[name] === value),
  }
}
