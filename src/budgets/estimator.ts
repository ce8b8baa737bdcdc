// How many tokens a request will probably take, from what answers have taught so far: as many as only few requests exceed, since what
// all of them exceed together is what a budget can be overshot by.

import type { ModelConfig } from '../config/runtime-config.ts'
import { createHabits, type Habits, type ObservedAnswer, WHOLE_RATIO } from './habits.ts'
import type { QuantileSketch } from './quantile-sketch.ts'

/** Share of the requests that stay within what is expected of them. By simulation: docs/decisions/0012-estimate-percentile.md. */
export const DEFAULT_PERCENTILE = 0.97

/** Answers after which a caller, or a model, is believed. */
export const MIN_ANSWERS = 20

export interface ExpectedRequest {
  readonly callerKey: string
  readonly model: Pick<ModelConfig, 'clientModel' | 'maxOutputTokens' | 'contextTokens'>
  /** The guess from the body, in tokens. */
  readonly inputGuess: number
  /** Output of one choice as long as nothing has been learned; 0 for formats without output, of which none is expected ever. */
  readonly priorOutputTokens: number
  /** The client's own bound for one choice. */
  readonly maxOutputTokens: number | undefined
  readonly choices: number
}

export interface ExpectedTokens {
  /** Integers. `outputTokens`: of all choices together. */
  readonly inputTokens: number
  readonly outputTokens: number
}

export interface Estimator {
  expect(request: ExpectedRequest): ExpectedTokens
  learn(answer: ObservedAnswer): void
  /** For a snapshot: all models, and as many callers, those that were used last. */
  toJson: Habits['toJson']
  /** Learns what another process has learned, or what this one had before it was started. */
  merge: Habits['merge']
}

export interface EstimatorOptions {
  /** Above 0, below 1; default DEFAULT_PERCENTILE. */
  readonly percentile?: number
  /** Callers × models remembered; default MAX_CALLERS. */
  readonly maxCallers?: number
  /** Called with every answer, so that others can learn of it too. */
  readonly onLearn?: (answer: ObservedAnswer) => void
}

export function createEstimator({ percentile = DEFAULT_PERCENTILE, maxCallers, onLearn }: EstimatorOptions = {}): Estimator {
  const habits = createHabits(maxCallers === undefined ? {} : { maxCallers })

  function expectOutput({ callerKey, model, priorOutputTokens, maxOutputTokens, choices }: ExpectedRequest): number {
    if (priorOutputTokens === 0) return 0
    const usual = blend(habits.outputOf(model.clientModel), percentile, priorOutputTokens)
    const own = blend(habits.outputOf(model.clientModel, callerKey), percentile, usual)
    return Math.min(Math.ceil(own), ...[maxOutputTokens, model.maxOutputTokens, model.contextTokens].filter((bound) => bound !== undefined)) * choices
  }

  function expectInput({ model, inputGuess }: ExpectedRequest): number {
    const ratio = blend(habits.inputOf(model.clientModel, inputGuess), percentile, WHOLE_RATIO) / WHOLE_RATIO
    return Math.min(Math.ceil(inputGuess * ratio), model.contextTokens ?? Number.POSITIVE_INFINITY)
  }

  return {
    expect: (request) => ({ inputTokens: expectInput(request), outputTokens: expectOutput(request) }),
    learn(answer) {
      habits.learn(answer)
      onLearn?.(answer)
    },
    toJson: (options) => habits.toJson(options),
    merge: (json) => habits.merge(json),
  }
}

/**
 * The percentile of what was observed, drawn towards `fallback` while it rests on few answers: half-way after MIN_ANSWERS, when a high
 * percentile is just the longest answer or the one before, and by a sixth after a hundred. By factors, because lengths differ by factors.
 */
function blend(observed: QuantileSketch | undefined, percentile: number, fallback: number): number {
  const value = observed !== undefined && observed.count >= MIN_ANSWERS ? observed.quantile(percentile) : undefined
  if (observed === undefined || value === undefined) return fallback
  const trust = observed.count / (observed.count + MIN_ANSWERS)
  return value ** trust * fallback ** (1 - trust)
}
