// How each step of a model's chain is asked for one client format, and through which of its provider's two clusters. Decided by the
// configuration alone, so that the renderer and both stages come to the same answer.

import type { ChainStep, ModelConfig, RuntimeConfig } from '../config/runtime-config.ts'
import { memoize } from '../core/memoize.ts'
import type { FormatName } from '../formats/format.ts'
import { hasOneOrder, typicalOrders } from './chain-orders.ts'
import { providerApis } from './index.ts'
import { findCall, type ProviderCall } from './provider-api.ts'

/**
 * `plain`: the body goes on as the client sent it, but for the model's name. `convert`: the attempt stage sees the body; for a step whose
 * body is converted, and for every later step of its chain, which must undo what was left in the headers.
 */
export type StepStage = 'plain' | 'convert'

export interface PlannedStep extends ChainStep {
  readonly call: ProviderCall
  readonly stage: StepStage
}

/** The steps of a model's chain that serve `format`, in the order of the configuration. */
export function planChain(model: ModelConfig, format: FormatName): readonly PlannedStep[] {
  return planOrder(model.chain, format)
}

/** The same for steps in an order of their own. Planned once for each list, so keep the list. */
export function planOrder(steps: readonly ChainStep[], format: FormatName): readonly PlannedStep[] {
  return plansOf(steps).get(format) ?? []
}

/** Every plan of some steps: format → steps. Formats that no step serves are not there. */
const plansOf: (steps: readonly ChainStep[]) => ReadonlyMap<FormatName, readonly PlannedStep[]> = memoize((steps) => {
  const formats = new Set(steps.flatMap((step) => [...providerApis[step.provider.api].calls.keys()]))
  return new Map([...formats].map((format) => [format, plan(steps, format)] as const))
})

function plan(steps: readonly ChainStep[], format: FormatName): readonly PlannedStep[] {
  let stage: StepStage = 'plain'
  return steps.flatMap((step) => {
    const call = findCall(providerApis[step.provider.api], format, step.upstreamModel)
    if (call === undefined) return []
    if (isConverted(call)) stage = 'convert'
    return [{ ...step, call, stage }]
  })
}

/** True when the provider gets another body than the client's. */
export function isConverted(call: ProviderCall): boolean {
  return call.dialect !== undefined || call.envelope !== 'none'
}

/**
 * The model name that the request stage writes into the body: the upstream name when all plain steps agree on one, so that a mere alias
 * costs no attempt stage; else the canonical name. Steps that are not plain write their own. Where the order differs from request to
 * request, every step counts that can be plain in some order.
 */
export function writtenModel(model: ModelConfig, format: FormatName): string {
  return writtenModels(model).get(format) ?? model.clientModel
}

const writtenModels = memoize((model: ModelConfig) => new Map(servedFormats(model.chain).map((format) => [format, findWrittenModel(model, format)] as const)))

function findWrittenModel(model: ModelConfig, format: FormatName): string {
  const isPlain = hasOneOrder(model) ? (step: PlannedStep) => step.stage === 'plain' : (step: PlannedStep) => !isConverted(step.call)
  const [first, ...rest] = planChain(model, format).filter(isPlain)
  return first !== undefined && rest.every((step) => step.upstreamModel === first.upstreamModel) ? first.upstreamModel : model.clientModel
}

/**
 * Plans of the configuration with the name that the request stage writes: every step at every stage it can have, and after every other
 * step that it can follow.
 */
export const allPlans: (config: Pick<RuntimeConfig, 'models'>) => readonly { readonly steps: readonly PlannedStep[]; readonly written: string }[] = memoize((config) =>
  [...config.models.values()].flatMap((model) => typicalOrders(model).flatMap((order) => [...plansOf(order)].map(([format, steps]) => ({ steps, written: writtenModel(model, format) })))),
)

/** Every format that some of the steps serve. */
export function servedFormats(steps: readonly ChainStep[]): readonly FormatName[] {
  return [...plansOf(steps).keys()]
}
