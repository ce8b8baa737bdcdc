// Step 3: have the budgets room for it? If not for the model that was asked for, then perhaps for a cheaper one; else the client is told why not.

import type { Admitted, Denied } from '../budgets/admission.ts'
import type { Budgets } from '../budgets/budgets.ts'
import type { Estimator } from '../budgets/estimator.ts'
import { explainDenial } from '../budgets/explain-denial.ts'
import { mayUseModel } from '../callers/allowed-models.ts'
import { after } from '../core/after.ts'
import type { ModelConfig } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import { createCandidate } from './budget-candidate.ts'
import { type CompletedRequest, completeRequest, planRequest, type RequestInput, type RequestPlan, readRequest } from './prepare-request.ts'

export interface AdmissionContext {
  readonly budgets: Pick<Budgets, 'admit' | 'settle'>
  readonly estimator: Estimator
  /** When the exchange began, in milliseconds since 1970. */
  readonly atMs: number
  /** Aborts when the client has gone; asked for only by those who wait. */
  readonly gone: () => AbortSignal
}

export interface AdmittedRequest extends CompletedRequest {
  readonly kind: 'admitted'
  /** Undefined when the configuration has no budgets. */
  readonly admission: Admitted | undefined
  /** The model that was asked for, where another one serves. */
  readonly downgradedFrom: string | undefined
}

/** Throws (or rejects with) TollgateError for every request that cannot be served as it is, for whatever reason but a budget. */
export function admitRequest(input: RequestInput, context: AdmissionContext): AdmittedRequest | Denied | Promise<AdmittedRequest | Denied> {
  const { budgets } = input.config
  const reading = readRequest(input)
  const asked = planRequest(input, reading.model, reading.route)
  if (budgets.length === 0) return { kind: 'admitted', ...completeRequest(input, reading, asked, undefined), admission: undefined, downgradedFrom: undefined }
  const plans = [asked]
  const candidate = (depth: number): ReturnType<typeof createCandidate> | undefined => {
    const plan = depth === 0 ? asked : planCheaper(input, plans[depth - 1], reading.route)
    if (plan === undefined) return undefined
    plans[depth] = plan
    return createCandidate({ input, reading, plan, depth, estimator: context.estimator, atMs: context.atMs })
  }
  const decision = context.budgets.admit({ id: input.exchangeId, budgets, candidate, bytes: input.body.length, gone: context.gone })
  return after(decision, (decided): AdmittedRequest | Denied => {
    if (decided.kind === 'denied') return decided
    const plan = plans[decided.candidate.depth] ?? asked
    try {
      const completed = completeRequest(input, reading, plan, decided.maxOutputTokens)
      return { kind: 'admitted', ...completed, admission: decided, downgradedFrom: plan === asked ? undefined : asked.model.clientModel }
    } catch (thrown) {
      context.budgets.settle(decided.request, { amount: () => 0, provider: undefined })
      throw thrown
    }
  })
}

/** A denial as the client gets it. */
export function budgetError(denied: Denied, nowMs: number): TollgateError {
  const { message, headers } = explainDenial(denied, nowMs)
  return new TollgateError('budget_exceeded', message, { headers })
}

/** The plan for the next model below that can serve this request and this caller; undefined where the chain of models ends. */
function planCheaper(input: RequestInput, plan: RequestPlan | undefined, route: string | undefined): RequestPlan | undefined {
  const { models } = input.config
  let model = plan === undefined ? undefined : below(models, plan.model)
  for (; model !== undefined; model = below(models, model)) {
    const cheaper = mayUseModel(input.caller, model.clientModel) ? tryPlan(input, model, route) : undefined
    if (cheaper !== undefined) return cheaper
  }
  return undefined
}

function below(models: ReadonlyMap<string, ModelConfig>, { downgradeTo }: ModelConfig): ModelConfig | undefined {
  return downgradeTo === undefined ? undefined : models.get(downgradeTo)
}

function tryPlan(input: RequestInput, model: ModelConfig, route: string | undefined): RequestPlan | undefined {
  try {
    return planRequest(input, model, route)
  } catch (thrown) {
    if (TollgateError.from(thrown).code === 'internal') throw thrown
    return undefined
  }
}
