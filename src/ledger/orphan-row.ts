// The row of an exchange that its process did not live to end: who it was is in the names of its counters, what it cost is what was held.

import type { CounterCharge } from '../budgets/budget-store.ts'
import { parseCounterKey } from '../budgets/counter-key.ts'
import type { LedgerCharge, LedgerRow } from './ledger-row.ts'
import type { OpenHold } from './replay.ts'

export function orphanRow({ id, charges, subject }: OpenHold, nowMs: number): LedgerRow {
  const now = new Date(nowMs).toISOString()
  const named = charges.map(nameCharge)
  return {
    id,
    admittedAt: now,
    finishedAt: now,
    caller: subject?.caller ?? Object.assign({}, ...charges.map(({ key }) => Object.fromEntries(parseCounterKey(key)?.attributes ?? []))),
    format: subject?.format,
    stream: subject?.stream ?? false,
    askedModel: subject?.askedModel,
    clientModel: subject?.clientModel,
    downgradedFrom: subject?.downgradedFrom,
    provider: undefined,
    upstreamModel: undefined,
    attempts: 0,
    outcome: 'orphaned',
    status: undefined,
    usage: undefined,
    costs: {},
    nanoDollars: dollarsOf(named),
    rateCard: undefined,
    estimated: true,
    flags: ['orphaned'],
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
