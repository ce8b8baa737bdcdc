// What one model would take from the budgets of a request: the estimate, or the most that it can come to.

import type { BudgetUnit } from '../budgets/budget.ts'
import type { Estimator, ExpectedTokens } from '../budgets/estimator.ts'
import type { Candidate } from '../budgets/plan-claims.ts'
import type { RuntimeConfig } from '../config/runtime-config.ts'
import { TollgateError } from '../core/errors.ts'
import { memoize } from '../core/memoize.ts'
import { NANO_PER_MICRO } from '../core/money.ts'
import { MAX_TOKENS, type Usage } from '../core/usage.ts'
import { estimatedUsage, priorOutputTokens } from './estimate.ts'
import type { RequestInput, RequestPlan, RequestReading } from './prepare-request.ts'
import { boundRequest, type RequestBound } from './worst-case.ts'

export interface CandidateInput {
  readonly input: RequestInput
  readonly reading: RequestReading
  readonly plan: RequestPlan
  readonly depth: number
  readonly estimator: Estimator
  /** When the exchange began, in milliseconds since 1970. */
  readonly atMs: number
}

export function createCandidate(given: CandidateInput): Candidate {
  const { input, reading, plan, depth } = given
  const { clientModel } = plan.model
  const expected = rememberLast((maxOutputTokens) => expectTokens(given, maxOutputTokens))
  const bound = rememberLast((maxOutputTokens) => boundTokens(given, maxOutputTokens))
  return {
    attributes: input.caller.attributes,
    clientModel,
    providers: plan.chain.map(({ provider }) => provider.name),
    route: reading.route,
    depth,
    isCheapest: plan.model.downgradeTo === undefined && (depth > 0 || downgradeTargets(input.config).has(clientModel)),
    leastOutputTokens: reading.parsed.leastOutputTokens,
    need(unit, mode, maxOutputTokens) {
      if (unit.kind === 'requests') return 1
      if (!input.format.metered) return 0
      return mode === 'estimate' ? expectedNeed(given, unit, expected(maxOutputTokens)) : largestNeed(given, unit, bound(maxOutputTokens))
    },
  }
}

/** The models that some model is downgraded to. */
const downgradeTargets = memoize(({ models }: RuntimeConfig): ReadonlySet<string> => new Set([...models.values()].flatMap(({ downgradeTo }) => downgradeTo ?? [])))

/** What the estimator knows this caller's requests by. */
export function callerKeyOf(attributes: ReadonlyMap<string, string>): string {
  return [...attributes].map(([name, value]) => `${name}=${value}`).join('|')
}

/** The same for every budget of a request, so it is worked out once; anew when a clamp tries another bound. */
function rememberLast<Value>(compute: (maxOutputTokens: number | undefined) => Value): (maxOutputTokens: number | undefined) => Value {
  let last: { readonly maxOutputTokens: number | undefined; readonly value: Value } | undefined
  return (maxOutputTokens) => {
    if (last === undefined || last.maxOutputTokens !== maxOutputTokens) last = { maxOutputTokens, value: compute(maxOutputTokens) }
    return last.value
  }
}

function expectTokens({ input, reading, plan, estimator }: CandidateInput, maxOutputTokens: number | undefined): ExpectedTokens {
  const { parsed } = reading
  return estimator.expect({
    callerKey: callerKeyOf(input.caller.attributes),
    model: plan.model,
    inputGuess: parsed.inputTokensEstimate,
    maxOutputTokens: maxOutputTokens ?? parsed.maxOutputTokens,
    choices: parsed.choices,
    priorOutputTokens: priorOutputTokens(input.format.name),
  })
}

function expectedNeed({ input, plan, atMs }: CandidateInput, unit: BudgetUnit, { inputTokens, outputTokens }: ExpectedTokens): number {
  const usage = estimatedUsage(inputTokens, outputTokens)
  const [first] = plan.chain
  if (first === undefined) throw new TollgateError('internal', 'A request was planned without a provider.')
  const call = { provider: first.provider.name, model: first.upstreamModel, at: atMs }
  const nanoDollars = unit.kind === 'usd' || unit.kind === 'cost' ? input.config.prices.priceOf(usage, call)?.nanoDollars : undefined
  return amountIn(input.config, unit, { usage, model: first.upstreamModel, backend: first.provider.name, nanoDollars })
}

function boundTokens({ input, reading, plan }: CandidateInput, maxOutputTokens: number | undefined): RequestBound {
  const parsed = maxOutputTokens === undefined ? reading.parsed : { ...reading.parsed, maxOutputTokens }
  return boundRequest({ format: input.format.name, body: input.body, parsed, model: plan.model })
}

function largestNeed({ input, plan, atMs }: CandidateInput, unit: BudgetUnit, bound: RequestBound): number {
  if (!bound.ok) throw new TollgateError('cost_unbounded', `A budget of this gateway reserves the most that a request can cost, and this one has no bound: ${bound.why}`)
  const usage = estimatedUsage(Math.min(bound.inputTokens, MAX_TOKENS), Math.min(bound.outputTokens, MAX_TOKENS))
  const amounts = plan.chain.map(({ provider, upstreamModel }) => {
    const nanoDollars = input.config.prices.mostOf(bound, { provider: provider.name, model: upstreamModel, at: atMs })
    return amountIn(input.config, unit, { usage, model: upstreamModel, backend: provider.name, nanoDollars })
  })
  return Math.max(...amounts)
}

interface Served {
  readonly usage: Usage
  readonly model: string
  readonly backend: string
  readonly nanoDollars: number | undefined
}

const noCosts: ReadonlyMap<string, number> = new Map()

function amountIn(config: RuntimeConfig, unit: BudgetUnit, served: Served): number {
  if (unit.kind === 'cost') return costIn(config, unit.name, served)
  const { usage, model, nanoDollars } = served
  if (unit.kind === 'usd') return nanoDollars ?? unpriced(model)
  return chargedIn(unit, { usage, nanoDollars, costs: noCosts }) ?? 0
}

function costIn({ costs }: RuntimeConfig, name: string, { usage, model, backend, nanoDollars }: Served): number {
  const cost = costs.find((each) => each.name === name)
  if (cost?.type === 'MicroDollar') return Math.ceil((nanoDollars ?? unpriced(model)) / NANO_PER_MICRO)
  const result = cost?.evaluate({ usage, model, backend, routeName: '', nanoDollars })
  return result?.ok === true ? result.value : (usage.totalTokens ?? 0)
}

function unpriced(model: string): never {
  throw new TollgateError('price_unknown', `The model ${model} has no known price, and a budget of this gateway counts dollars. Ask another model; the operator can set its price.`)
}

/** What an exchange was charged, in a unit; undefined when nobody can say. */
export function chargedIn(unit: BudgetUnit, { usage, nanoDollars, costs }: { readonly usage: Usage | undefined; readonly nanoDollars: number | undefined; readonly costs: ReadonlyMap<string, number> }): number | undefined {
  switch (unit.kind) {
    case 'requests':
      return 1
    case 'tokens':
      return usage?.totalTokens
    case 'input_tokens':
      return usage?.inputTokens
    case 'output_tokens':
      return usage?.outputTokens
    case 'usd':
      return nanoDollars
    case 'cost':
      return costs.get(unit.name)
  }
}
