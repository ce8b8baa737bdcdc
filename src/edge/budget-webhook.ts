// Warnings of budgets, posted to where somebody reads them. A webhook that does not answer costs a line in the log, never a request.

import { formatAmount, unitName } from '../budgets/amount.ts'
import { WHOLE_SHARE } from '../budgets/budget.ts'
import type { BudgetWarning } from '../budgets/warnings.ts'
import type { BudgetWebhook, SecretSource } from '../config/runtime-config.ts'
import type { Log } from '../core/log.ts'

export interface BudgetWebhookOptions {
  readonly readSecret: (source: SecretSource) => string | undefined
  readonly log: Log
  readonly sleep: (milliseconds: number) => Promise<void>
}

const TIMEOUT_MS = 5_000
/** Pauses between the tries. */
const RETRY_AFTER_MS = [1_000, 5_000, 25_000]

/** What is posted, and what the log says, as plain JSON: amounts in the budget's unit, dollars as decimal text. */
export function describeWarning({ budget, attributes, action, threshold, limit, used, held, resetMs }: BudgetWarning): Readonly<Record<string, unknown>> {
  return {
    budget: budget.name,
    caller: Object.fromEntries(attributes),
    action,
    below_percent: (threshold * 100) / WHOLE_SHARE,
    unit: unitName(budget.unit),
    limit: formatAmount(budget.unit, limit),
    spent: formatAmount(budget.unit, used),
    held: formatAmount(budget.unit, held),
    left: formatAmount(budget.unit, Math.max(0, limit - used - held)),
    resets_at: new Date(resetMs).toISOString(),
  }
}

/** Posts the warning as JSON; tries again a few times when that fails. Never rejects. */
export async function postWarning({ url, token }: BudgetWebhook, warning: BudgetWarning, { readSecret, log, sleep }: BudgetWebhookOptions): Promise<void> {
  const body = JSON.stringify({ type: 'tollgate.budget', ...describeWarning(warning) })
  for (const pauseMs of [...RETRY_AFTER_MS, undefined]) {
    const secret = token === undefined ? undefined : readSecret(token)
    const failure = await post(url, body, secret)
    if (failure === undefined) return
    if (pauseMs === undefined) {
      log.error({ budget: warning.budget.name, reason: failure }, 'The budget webhook could not be reached; this warning is only in the log.')
      return
    }
    await sleep(pauseMs)
  }
}

/** What went wrong, or undefined. */
async function post(url: string, body: string, secret: string | undefined): Promise<string | undefined> {
  try {
    const headers = { 'content-type': 'application/json', ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }) }
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
    await response.body?.cancel()
    return response.ok ? undefined : `it answered ${String(response.status)}`
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}
