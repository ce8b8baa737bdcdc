// Runs an expression before it may charge anybody: once as Envoy AI Gateway does, and on exchanges as they really occur.

import type { CelEvaluator } from './evaluate-cel.ts'
import type { CelProblem } from './cel-problem.ts'
import type { CostInput } from './cost.ts'
import type { Usage } from '../core/usage.ts'

/** What a rehearsal found: `refusal` when the expression cannot be used, else at most a few warnings. */
export interface Rehearsal {
  readonly refusal: CelProblem | undefined
  readonly warnings: readonly string[]
}

// input, cached, cache creation, output, reasoning; the total is input + output.
const EXAMPLES: readonly (readonly [number, number, number, number, number])[] = [
  [1200, 0, 0, 350, 0],
  [20, 0, 0, 1500, 800],
  [8, 0, 0, 0, 0],
  [180_000, 160_000, 5000, 32_000, 16_000],
]

/** More string literals than this are not tried as names; a price table of 250 models would need a thousand runs. */
const MAX_NAMES = 64

/** Never a real name: what Envoy AI Gateway calls everything in its own rehearsal. */
const UNKNOWN_NAME = 'dummy'

/** Every string literal of the expression is tried as model and provider, so that each branch of `model == "x" ? …` runs. */
export function rehearseCel(evaluate: CelEvaluator, strings: ReadonlySet<string>): Rehearsal {
  const zero = evaluate(exchange(UNKNOWN_NAME, [0, 0, 0, 0, 0]))
  if (!zero.ok) return { refusal: { ...zero, message: `with every count 0 and a model that is not named in it, ${zero.message}` }, warnings: [] }
  const failures = new Set<string>()
  let clamped = false
  let succeeded = false
  for (const name of [UNKNOWN_NAME, ...[...strings].slice(0, MAX_NAMES)]) {
    for (const example of EXAMPLES) {
      const result = evaluate(exchange(name, example))
      if (result.ok) succeeded = true
      else failures.add(`with ${describeExample(example, name)}: ${result.message}`)
      if (result.ok && result.clamped) clamped = true
    }
  }
  const [first] = failures
  if (!succeeded) {
    return { refusal: { code: 'never', message: `it fails for every ordinary exchange, ${first}`, start: undefined, end: undefined }, warnings: [] }
  }
  const warnings: string[] = []
  if (first !== undefined) warnings.push(`it fails for some exchanges, which are then charged by estimate: ${first}`)
  if (clamped) warnings.push('it exceeds 1,000,000,000 for large exchanges, the most that one exchange can be charged: choose a larger unit')
  return { refusal: undefined, warnings }
}

function exchange(name: string, example: (typeof EXAMPLES)[number]): CostInput {
  const [inputTokens, cachedInputTokens, cacheCreationInputTokens, outputTokens, reasoningTokens] = example
  const totalTokens = inputTokens + outputTokens
  const usage: Usage = { inputTokens, cachedInputTokens, cacheCreationInputTokens, outputTokens, reasoningTokens, totalTokens, flags: [] }
  return { usage, model: name, backend: name, routeName: name, nanoDollars: undefined }
}

function describeExample(example: (typeof EXAMPLES)[number], name: string): string {
  const of = name === UNKNOWN_NAME ? '' : ` of ${name}`
  return `${example[0]} input and ${example[3]} output tokens${of}`
}
