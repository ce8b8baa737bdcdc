// In which orders the steps of a model's chain may be tried: as configured, beginning with one drawn by weight, or as a caller chooses.

import type { ChainStep, ModelConfig } from '../config/runtime-config.ts'
import { memoize } from '../core/memoize.ts'

type Order = readonly ChainStep[]

export function hasOneOrder(model: ModelConfig): boolean {
  return model.providerChoice === undefined && !hasWeights(model)
}

export function hasWeights({ chain }: ModelConfig): boolean {
  return chain.some((step) => step.weight !== undefined)
}

/** The orders that weights allow: one for each step that may be drawn, the others after it as configured. Else the configured one. */
export const weightedOrders: (model: ModelConfig) => readonly Order[] = memoize((model) => {
  const heads = model.chain.filter((step) => step.weight !== undefined)
  return heads.length === 0 ? [model.chain] : heads.map((head) => beginningWith(model.chain, [head]))
})

/** The order of `weightedOrders` that begins with `head`. */
export function orderFrom(model: ModelConfig, head: ChainStep): Order {
  return weightedOrders(model).find((order) => order[0] === head) ?? model.chain
}

/** Enough orders that each step is first in one, and each that can come before another does in one. */
export const typicalOrders: (model: ModelConfig) => readonly Order[] = memoize((model) => {
  if (model.providerChoice === undefined || model.chain.length === 1) return weightedOrders(model)
  const pairs = model.chain.flatMap((first) => model.chain.filter((second) => second !== first).map((second) => beginningWith(model.chain, [first, second])))
  return [model.chain, ...weightedOrders(model), ...pairs]
})

/** Every list that a caller may choose: any of the steps in any order. 5 steps have 325 of them. */
export const chosenOrders: (model: ModelConfig) => readonly Order[] = memoize((model) => (model.providerChoice === undefined ? [] : arrangements(model.chain)))

function arrangements(steps: Order): readonly Order[] {
  return steps.flatMap((first) => {
    const others = steps.filter((step) => step !== first)
    return [[first], ...arrangements(others).map((rest) => [first, ...rest])]
  })
}

function beginningWith(chain: Order, first: Order): Order {
  return [...first, ...chain.filter((step) => !first.includes(step))]
}
