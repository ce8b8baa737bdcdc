// Rows added up: per day, model, provider or any attribute of the caller.

import type { ListedRow } from './listed-row.ts'

/** What rows are added up by. `day`: of the end of the exchange, in UTC. `model` is the canonical one. */
export type SumDimension = 'day' | 'model' | 'upstream_model' | 'billed_model' | 'provider' | { readonly attribute: string }

export interface RowSum {
  /** In the order of the dimensions; '' where a row has none. */
  readonly group: readonly string[]
  readonly rows: number
  /** Rows with a number in them that no provider has said. */
  readonly estimatedRows: number
  /** Rows of which only the cost is known, or nothing: their tokens are missing in the sums. */
  readonly rowsWithoutUsage: number
  readonly inputTokens: number
  /** Parts of the input. */
  readonly cachedInputTokens: number
  readonly cacheCreationInputTokens: number
  readonly outputTokens: number
  /** Exact, also where the sum is no safe integer any more. */
  readonly nanoDollars: bigint
  /** Of it, what is estimated. */
  readonly estimatedNanoDollars: bigint
}

type MutableSum = { -readonly [Field in keyof RowSum]: RowSum[Field] }

/**
 * `batches`: from the oldest to the newest. What was charged for an exchange whose end was not seen counts until a row says what it was. In the order
 * of their groups.
 */
export async function sumRows(batches: AsyncIterable<readonly ListedRow[]>, by: readonly SumDimension[]): Promise<readonly RowSum[]> {
  const sums = new Map<string, MutableSum>()
  // Few: they come of crashes.
  const unended = new Map<string, ListedRow>()
  for await (const rows of batches) {
    for (const row of rows) {
      const before = unended.get(row.id)
      if (before !== undefined) add(sums, before, { by, sign: -1 })
      if (isUnended(row)) unended.set(row.id, row)
      else unended.delete(row.id)
      add(sums, row, { by, sign: 1 })
    }
  }
  return [...sums.values()].filter(({ rows }) => rows > 0).toSorted((a, b) => compareGroups(a.group, b.group))
}

function isUnended({ outcome }: ListedRow): boolean {
  return outcome === 'orphaned' || outcome === 'expired'
}

function add(sums: Map<string, MutableSum>, row: ListedRow, { by, sign }: { readonly by: readonly SumDimension[]; readonly sign: 1 | -1 }): void {
  const group = by.map((dimension) => valueOf(row, dimension))
  const key = JSON.stringify(group)
  let sum = sums.get(key)
  if (sum === undefined) {
    sum = { group, rows: 0, estimatedRows: 0, rowsWithoutUsage: 0, inputTokens: 0, cachedInputTokens: 0, cacheCreationInputTokens: 0, outputTokens: 0, nanoDollars: 0n, estimatedNanoDollars: 0n }
    sums.set(key, sum)
  }
  const { usage, estimated, nanoDollars = 0 } = row
  const dollars = BigInt(sign * nanoDollars)
  sum.rows += sign
  sum.nanoDollars += dollars
  if (estimated) {
    sum.estimatedRows += sign
    sum.estimatedNanoDollars += dollars
  }
  if (usage === undefined) sum.rowsWithoutUsage += sign
  sum.inputTokens += sign * (usage?.inputTokens ?? 0)
  sum.cachedInputTokens += sign * (usage?.cachedInputTokens ?? 0)
  sum.cacheCreationInputTokens += sign * (usage?.cacheCreationInputTokens ?? 0)
  sum.outputTokens += sign * (usage?.outputTokens ?? 0)
}

function valueOf(row: ListedRow, dimension: SumDimension): string {
  if (typeof dimension === 'object') return Object.hasOwn(row.caller, dimension.attribute) ? (row.caller[dimension.attribute] ?? '') : ''
  switch (dimension) {
    case 'day':
      return row.finishedAt.slice(0, 'YYYY-MM-DD'.length)
    case 'model':
      return row.clientModel ?? ''
    case 'upstream_model':
      return row.upstreamModel ?? ''
    case 'billed_model':
      return row.responseModel ?? row.upstreamModel ?? ''
    case 'provider':
      return row.provider ?? ''
  }
}

function compareGroups(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((value, index) => value !== b[index])
  if (at === -1) return 0
  return (a[at] ?? '') < (b[at] ?? '') ? -1 : 1
}
