// Which limits in tokens fit a budget in dollars, for a stated mix of models and a stated share of input among their tokens.

import { rateOf, type Rates } from './model-price.ts'

const PICO_PER_DOLLAR = 1e12

export interface PlannedModel {
  readonly model: string
  readonly rates: Rates
  /** Its part of all tokens, in proportion to the others: 3 of 3:1. */
  readonly weight: number
}

export interface PlanInput {
  readonly dollars: number
  readonly models: readonly PlannedModel[]
  readonly users: number
  /** 0 … 1: how many of all tokens are input. */
  readonly inputShare: number
}

export interface ModelPlan {
  readonly model: string
  /** Dollars per token of this mix of input and output. */
  readonly dollarsPerToken: number
  /** Whole tokens, of all users together and of each. */
  readonly tokens: number
  readonly tokensPerUser: number
  readonly dollars: number
}

export interface LimitPlan {
  readonly models: readonly ModelPlan[]
  /** What the limits allow to be spent when every token is of the dearer kind. */
  readonly worstDollars: number
}

/** Rounded down, so that the limits stay within the budget. Undefined when every model is free: no limit fits better than another. */
export function planLimits({ dollars, models, users, inputShare }: PlanInput): LimitPlan | undefined {
  const weights = models.reduce((sum, { weight }) => sum + weight, 0)
  const blended = models.map(({ rates }) => (inputShare * rateOf(rates, 'input') + (1 - inputShare) * rateOf(rates, 'output')) / PICO_PER_DOLLAR)
  const average = models.reduce((sum, { weight }, index) => sum + (weight / weights) * (blended[index] ?? 0), 0)
  if (average === 0) return undefined
  const planned = models.map(({ model, weight }, index): ModelPlan => {
    const tokensPerUser = Math.floor(((dollars / average) * (weight / weights)) / users)
    const tokens = tokensPerUser * users
    const dollarsPerToken = blended[index] ?? 0
    return { model, dollarsPerToken, tokens, tokensPerUser, dollars: tokens * dollarsPerToken }
  })
  const dearest = ({ rates }: PlannedModel): number => Math.max(rateOf(rates, 'input'), rateOf(rates, 'output')) / PICO_PER_DOLLAR
  return { models: planned, worstDollars: models.reduce((sum, model, index) => sum + dearest(model) * (planned[index]?.tokens ?? 0), 0) }
}
