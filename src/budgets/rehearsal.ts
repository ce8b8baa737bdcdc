// An admission that is only tried: the same decision by the same counters, which are read and not changed, and nobody waits.

import { after, recovering } from '../core/after.ts'
import type { Clock } from '../core/clock.ts'
import { TollgateError } from '../core/errors.ts'
import type { AdmissionDependencies, BudgetCounters, PlannedAdmission } from './admission.ts'
import type { AdmissionAnswer, BudgetStore } from './budget-store.ts'
import { hasRoom } from './claim.ts'
import type { WaitingLines } from './waiting-line.ts'

export interface RehearsalOptions {
  readonly counters: Pick<BudgetCounters, 'read'>
  readonly clock: Clock
  readonly lines: Pick<WaitingLines, 'isWaitedFor'>
}

/** For decideAdmission. Whoever would have to wait is denied as `line_full`. Fails with `budgets_unavailable` when the counters cannot be read. */
export function createRehearsal({ counters, clock, lines }: RehearsalOptions): AdmissionDependencies {
  return {
    counters: { admit: (request) => answerFrom(counters, request) },
    clock,
    lines: { isWaitedFor: (key) => lines.isWaitedFor(key), enter: () => undefined, changed: () => undefined, length: 0 },
  }
}

function answerFrom(counters: Pick<BudgetStore, 'read'>, { claims, nowMs }: PlannedAdmission): AdmissionAnswer | Promise<AdmissionAnswer> {
  const fail = (cause: unknown): never => {
    throw new TollgateError('budgets_unavailable', 'The counters cannot be reached now, and each budget does what its on_store_failure says. /readyz and the log say more.', { cause })
  }
  return after(recovering(() => counters.read(claims, nowMs), fail), (states) => ({
    admitted: claims.every((claim, index) => hasRoom(claim, states[index])),
    counters: states,
  }))
}
