// What is left of the budgets of an exchange, in one response header.

import type { Standing } from './admission.ts'
import { formatAmount, unitName } from './amount.ts'
import { secondsUntil } from './explain-denial.ts'

/**
 * A list of structured fields (RFC 9651), one member per budget: `user-hour;left=99500;unit=tokens;reset=1800`. `left` may not be an integer (dollars),
 * `reset` is in seconds. Undefined without budgets.
 */
export function remainingHeader(standings: readonly Standing[], nowMs: number): string | undefined {
  if (standings.length === 0) return undefined
  return standings
    .map(({ claim, used, held }) => {
      const { name, unit } = claim.budget
      const left = formatAmount(unit, Math.max(0, claim.limitInForce - used - held))
      return `${name};left=${left};unit=${unitName(unit)};reset=${String(secondsUntil(claim.windowEndMs, nowMs))}`
    })
    .join(', ')
}
