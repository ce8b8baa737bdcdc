// The row of an exchange whose end nobody has seen: who it was is in the names of its counters, what it cost is what was held.

import type { CounterCharge } from '../budgets/budget-store.ts'
import { parseCounterKey } from '../budgets/counter-key.ts'
import type { LedgerCharge, LedgerRow } from './ledger-row.ts'
import type { OpenHold } from './replay.ts'

/** `ending`: how it became known. `at`: when, in ISO 8601. */
export function unendedRow({ id, charges, subject }: OpenHold, { ending, at }: { readonly ending: 'orphaned' | 'expired'; readonly at: string }): LedgerRow {
  const named = charges.map(nameCharge)
  return {
    id,
    admittedAt: at,
    finishedAt: at,
    caller: subject?.caller ?? Object.assign({}, ...charges.map(({ key }) => Object.fromEntries(parseCounterKey(key)?.attributes ?? []))),
    format: subject?.format,
    stream: subject?.stream ?? false,
    askedModel: subject?.askedModel,
    clientModel: subject?.clientModel,
    downgradedFrom: subject?.downgradedFrom,
    provider: undefined,
    upstreamModel: undefined,
    responseModel: undefined,
    attempts: 0,
    outcome: ending,
    status: undefined,
    usage: undefined,
    costs: {},
    nanoDollars: dollarsOf(named),
    rateCard: undefined,
    estimated: true,
    flags: [ending],
    charges: named,
  }
}

function nameCharge(charge: CounterCharge): LedgerCharge {
  const name = parseCounterKey(charge.key)
  return { ...charge, budget: name?.budget ?? charge.key, unit: name?.unit ?? 'unknown' }
}

/** Several budgets in dollars hold as much each, unless one holds nothing. */
function dollarsOf(charges: readonly LedgerCharge[]): number | undefined {
  const amounts = charges.flatMap(({ unit, amount }) => (unit === 'usd' ? [amount] : []))
  return amounts.length === 0 ? undefined : Math.max(...amounts)
}
