// Which percentile of past answers a budget should hold for a request: what the limit is overshot by when far too many clients come, and how
// many requests are refused that would have fitted. Usage: npx tsx test/bench/estimate-percentile.ts

import { createEstimator, type Estimator } from '../../src/budgets/estimator.ts'
import { createRandom, drawLogNormal } from '../support/random.ts'

const RUNS = 1_000
const PERCENTILES = [0.5, 0.8, 0.9, 0.95, 0.96, 0.97, 0.98, 0.99]
const LEARNING_ANSWERS = 1_000
/** Output alone: input is known much better beforehand, so it only makes things easier. */
const MEAN_TOKENS = 400
const SIGMA = 1

function drawTokens(random: () => number): number {
  return drawLogNormal(random, { mean: MEAN_TOKENS, sigma: SIGMA })
}

function learn(estimator: Estimator, outputTokens: number): void {
  estimator.learn({ callerKey: 'caller', model: 'model', inputGuess: 1, usage: { inputTokens: undefined, outputTokens, flags: [] }, choices: 1 })
}

function createTaughtEstimator(percentile: number, random: () => number): Estimator {
  const estimator = createEstimator({ percentile })
  for (let answer = 0; answer < LEARNING_ANSWERS; answer += 1) learn(estimator, drawTokens(random))
  return estimator
}

interface Crowd {
  /** In average requests. */
  readonly limit: number
  /** When each client asks, ascending; an average answer takes 1, longer ones take longer. */
  readonly arrivals: readonly number[]
}

/** One window of one budget: everybody asks once. */
function run({ limit, arrivals }: Crowd, estimator: Estimator, random: () => number): { readonly used: number; readonly denied: number } {
  let used = 0
  let held = 0
  let denied = 0
  const inFlight: { readonly endsAt: number; readonly held: number; readonly tokens: number }[] = []
  const settleUntil = (time: number): void => {
    inFlight.sort((left, right) => right.endsAt - left.endsAt)
    for (let next = inFlight.at(-1); next !== undefined && next.endsAt <= time; next = inFlight.at(-1)) {
      inFlight.pop()
      held -= next.held
      used += next.tokens
      learn(estimator, next.tokens)
    }
  }
  for (const arrival of arrivals) {
    settleUntil(arrival)
    const hold = estimator.expect({ callerKey: 'caller', model: { clientModel: 'model' }, inputGuess: 0, priorOutputTokens: 256, maxOutputTokens: undefined, choices: 1 }).outputTokens
    if (used + held + hold > limit * MEAN_TOKENS) denied += 1
    else {
      const tokens = drawTokens(random)
      held += hold
      inFlight.push({ endsAt: arrival + tokens / MEAN_TOKENS, held: hold, tokens })
    }
  }
  settleUntil(Number.POSITIVE_INFINITY)
  return { used, denied }
}

function arriveWithin(time: number, count: number, random: () => number): readonly number[] {
  return Array.from({ length: count }, () => random() * time).toSorted((left, right) => left - right)
}

interface Overshoot {
  /** In average requests. */
  readonly mean: number
  readonly p99: number
  readonly max: number
  /** Share of the runs that were over by more than one average request. */
  readonly beyondOne: number
  /** Share of the limit that was used, on average. */
  readonly used: number
}

/** A budget for 10 average requests and 500 clients who come within `spread` answers' time. */
function overshoot(percentile: number, spread: number): Overshoot {
  const limit = 10
  const random = createRandom(1)
  const over: number[] = []
  let total = 0
  for (let round = 0; round < RUNS; round += 1) {
    const { used } = run({ limit, arrivals: arriveWithin(spread, 500, random) }, createTaughtEstimator(percentile, random), random)
    over.push(Math.max(0, used / MEAN_TOKENS - limit))
    total += used
  }
  over.sort((left, right) => left - right)
  return {
    mean: over.reduce((sum, value) => sum + value, 0) / RUNS,
    p99: over[Math.ceil(RUNS * 0.99) - 1] ?? 0,
    max: over.at(-1) ?? 0,
    beyondOne: over.filter((value) => value > 1).length / RUNS,
    used: total / MEAN_TOKENS / limit / RUNS,
  }
}

/** Half of a budget for 200 is asked for at random times of a window in which an answer takes a tenth: about 10 are in flight. */
function falseDenials(percentile: number): number {
  const random = createRandom(2)
  let denied = 0
  let asked = 0
  for (let round = 0; round < RUNS; round += 1) {
    const arrivals = arriveWithin(10, 100, random)
    denied += run({ limit: 200, arrivals }, createTaughtEstimator(percentile, random), random).denied
    asked += arrivals.length
  }
  return denied / asked
}

const number = (value: number): string => value.toFixed(2).padStart(7)
const percent = (value: number, digits: number): string => `${(100 * value).toFixed(digits)} %`.padStart(8)
process.stdout.write(`${RUNS} runs each; overshoot in average requests, limit 10, 500 clients\n`)
process.stdout.write(`            ${'all before the first answer'.padEnd(39)}   ${'while answers come back'.padEnd(39)}   denied for nothing\n`)
const columns = '   mean     p99     max      > 1     used'
process.stdout.write(`percentile  ${columns}  ${columns}   at 50 % load\n`)
for (const percentile of PERCENTILES) {
  const cells = [0, 20].map((spread) => {
    const { mean, p99, max, beyondOne, used } = overshoot(percentile, spread)
    return `${number(mean)} ${number(p99)} ${number(max)} ${percent(beyondOne, 1)} ${percent(used, 0)}`
  })
  process.stdout.write(`${String(percentile).padEnd(10)}  ${cells.join('  ')}  ${percent(falseDenials(percentile), 2)}\n`)
}
