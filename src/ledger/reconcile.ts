// What a provider says was used, beside what the ledger says: per day and model, with the difference.

import { nanoToDollars } from '../core/money.ts'
import type { ProviderUsage } from './provider-usage.ts'
import type { RowSum } from './sum-rows.ts'

/** One number of both sides. Undefined: that side does not say. */
export interface Compared {
  readonly theirs: number | undefined
  readonly ours: number | undefined
}

export interface ReconciledModel {
  readonly day: string
  readonly model: string
  /** `close`: every number that both say differs by no more than the tolerance. */
  readonly verdict: 'close' | 'different' | 'only theirs' | 'only ours'
  readonly requests: Compared
  readonly inputTokens: Compared
  readonly outputTokens: Compared
  /** Dollars. */
  readonly cost: Compared
  /** Of ours: rows with a number in them that no provider has said, and what they cost in dollars. */
  readonly estimatedRows: number
  readonly estimatedCost: number
  /** Of ours: rows whose tokens are not known at all. */
  readonly rowsWithoutUsage: number
}

export interface ReconcileInput {
  readonly theirs: readonly ProviderUsage[]
  /** Per day, provider and billed model. */
  readonly ours: readonly RowSum[]
  /** Ours by name; undefined: those that serve a model which the provider names. */
  readonly providers: ReadonlySet<string> | undefined
  /** A share: 0.01 is one percent. */
  readonly tolerance: number
}

export interface Reconciliation {
  readonly models: readonly ReconciledModel[]
  /** Whose rows were compared. */
  readonly providers: readonly string[]
  /** Rows of exchanges whose end was not seen, so that nobody knows who served them. They belong to no model. */
  readonly unattributed: { readonly rows: number; readonly cost: number }
}

/** What one side says of one model on one day. */
interface Side {
  /** As that side writes it. */
  readonly model: string
  requests: number | undefined
  inputTokens: number | undefined
  outputTokens: number | undefined
  nanoDollars: bigint | undefined
  estimatedRows: number
  estimatedNanoDollars: bigint
  rowsWithoutUsage: number
}

export function reconcile({ theirs, ours, providers, tolerance }: ReconcileInput): Reconciliation {
  const theirModels = new Set(theirs.map(({ model }) => comparableModel(model)))
  const days = theirs.map(({ day }) => day).toSorted()
  const [first = '', last = ''] = [days[0], days.at(-1)]
  const inTime = ours.filter(({ group: [day = ''] }) => day >= first && day <= last)
  const chosen = providers ?? new Set(inTime.flatMap(({ group: [, provider = '', model = ''] }) => (provider !== '' && theirModels.has(comparableModel(model)) ? [provider] : [])))
  const theirSides = addUp(theirs.map((usage) => [usage.day, sideOfUsage(usage)]))
  const ourSides = addUp(inTime.filter(({ group: [, provider = ''] }) => chosen.has(provider)).map((sum) => [sum.group[0] ?? '', sideOfSum(sum)]))
  // What a provider has refused is a row of ours and no line of its bill.
  const isSomething = (key: string): boolean => [theirSides.get(key), ourSides.get(key)].some((side) => side !== undefined && (side.inputTokens || side.outputTokens || side.nanoDollars))
  const keys = [...new Set([...theirSides.keys(), ...ourSides.keys()])].filter(isSomething).toSorted()
  const unattributed = inTime.filter(({ group: [, provider] }) => provider === '')
  return {
    models: keys.map((key) => compare(key.slice(0, key.indexOf(' ')), { theirs: theirSides.get(key), ours: ourSides.get(key), tolerance })),
    providers: [...chosen].toSorted(),
    unattributed: { rows: unattributed.reduce((sum, { rows }) => sum + rows, 0), cost: dollars(unattributed.reduce((sum, { nanoDollars }) => sum + nanoDollars, 0n)) },
  }
}

/** Bills name models with the date of their version, or in words (`Claude Sonnet 4.5`), where the other side may not. */
function comparableModel(model: string): string {
  return model
    .toLowerCase()
    .replace(/[ .]/g, '-')
    .replace(/[-@](?:\d{4}-\d\d-\d\d|\d{8})$/, '')
}

function sideOfUsage({ model, requests, inputTokens, outputTokens, nanoDollars }: ProviderUsage): Side {
  return { model, requests, inputTokens, outputTokens, nanoDollars, estimatedRows: 0, estimatedNanoDollars: 0n, rowsWithoutUsage: 0 }
}

function sideOfSum({ group: [, , model = ''], rows, inputTokens, outputTokens, nanoDollars, estimatedRows, estimatedNanoDollars, rowsWithoutUsage }: RowSum): Side {
  return { model, requests: rows, inputTokens, outputTokens, nanoDollars, estimatedRows, estimatedNanoDollars, rowsWithoutUsage }
}

/** By day and model. */
function addUp(sides: readonly (readonly [day: string, side: Side])[]): ReadonlyMap<string, Side> {
  const sums = new Map<string, Side>()
  for (const [day, side] of sides) {
    const key = `${day} ${comparableModel(side.model)}`
    const sum = sums.get(key)
    if (sum === undefined) {
      sums.set(key, { ...side })
      continue
    }
    sum.requests = plus(sum.requests, side.requests)
    sum.inputTokens = plus(sum.inputTokens, side.inputTokens)
    sum.outputTokens = plus(sum.outputTokens, side.outputTokens)
    sum.nanoDollars = sum.nanoDollars === undefined || side.nanoDollars === undefined ? undefined : sum.nanoDollars + side.nanoDollars
    sum.estimatedRows += side.estimatedRows
    sum.estimatedNanoDollars += side.estimatedNanoDollars
    sum.rowsWithoutUsage += side.rowsWithoutUsage
  }
  return sums
}

function plus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b
}

function compare(day: string, { theirs, ours, tolerance }: { readonly theirs: Side | undefined; readonly ours: Side | undefined; readonly tolerance: number }): ReconciledModel {
  const numbers = {
    requests: { theirs: theirs?.requests, ours: ours?.requests },
    inputTokens: { theirs: theirs?.inputTokens, ours: ours?.inputTokens },
    outputTokens: { theirs: theirs?.outputTokens, ours: ours?.outputTokens },
    cost: { theirs: dollarsOf(theirs), ours: dollarsOf(ours) },
  }
  // Retries within a provider, and requests that cost nothing, are counted by one side only.
  const compared = [numbers.inputTokens, numbers.outputTokens, numbers.cost]
  const verdict = theirs === undefined ? 'only ours' : ours === undefined ? 'only theirs' : compared.every((each) => isClose(each, tolerance)) ? 'close' : 'different'
  return {
    day,
    model: theirs?.model ?? ours?.model ?? '',
    verdict,
    ...numbers,
    estimatedRows: ours?.estimatedRows ?? 0,
    estimatedCost: dollars(ours?.estimatedNanoDollars ?? 0n),
    rowsWithoutUsage: ours?.rowsWithoutUsage ?? 0,
  }
}

function isClose({ theirs, ours }: Compared, tolerance: number): boolean {
  return theirs === undefined || ours === undefined || Math.abs(theirs - ours) <= tolerance * Math.max(Math.abs(theirs), Math.abs(ours))
}

function dollarsOf(side: Side | undefined): number | undefined {
  return side?.nanoDollars === undefined ? undefined : dollars(side.nanoDollars)
}

/** For people and for shares of it: the nearest double. */
function dollars(nanoDollars: bigint): number {
  return nanoToDollars(Number(nanoDollars))
}
