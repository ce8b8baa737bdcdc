// Cost of one evaluation: compiled expressions against a plain function that computes the same, interleaved in one run so that a noisy
// machine hits both alike. Run: npx tsx test/bench/cel.ts

import { compileCost } from '../../src/costs/compile-costs.ts'
import type { CostInput } from '../../src/costs/cost.ts'
import { costInput } from '../support/cost-input.ts'

const EVALUATIONS = 100_000
const ROUNDS = 15

const counts = { inputTokens: 1200, cachedInputTokens: 400, outputTokens: 350, totalTokens: 1550 }
const inputs = ['gpt-4o', 'gpt-4o-mini', 'claude-sonnet-4-5', 'o3'].map((model) => costInput(counts, { model }))

const arms: Readonly<Record<string, (input: CostInput) => number>> = {
  'input_tokens + output_tokens * 4u': ({ usage }) => (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0) * 4,
  'input_tokens * 2.5 + output_tokens * 10.0': ({ usage }) => Math.ceil((usage.inputTokens ?? 0) * 2.5 + (usage.outputTokens ?? 0) * 10),
  'double(input_tokens - cached_input_tokens) * 2.5 + double(cached_input_tokens) * 1.25 + double(output_tokens) * 10.0': ({ usage }) => {
    const cached = usage.cachedInputTokens ?? 0
    return Math.ceil(((usage.inputTokens ?? 0) - cached) * 2.5 + cached * 1.25 + (usage.outputTokens ?? 0) * 10)
  },
  "model == 'gpt-4o' ? total_tokens * 10u : model == 'gpt-4o-mini' ? total_tokens : total_tokens * 5u": ({ usage, model }) =>
    (usage.totalTokens ?? 0) * (model === 'gpt-4o' ? 10 : model === 'gpt-4o-mini' ? 1 : 5),
  "model.startsWith('gpt-4') && input_tokens > 1000u ? total_tokens * 2u : total_tokens": ({ usage, model }) =>
    (usage.totalTokens ?? 0) * (model.startsWith('gpt-4') && (usage.inputTokens ?? 0) > 1000 ? 2 : 1),
  "model.matches('^gpt-(4|5)') ? total_tokens * 2u : total_tokens": ({ usage, model }) => (usage.totalTokens ?? 0) * (/^gpt-(4|5)/.test(model) ? 2 : 1),
}

function microsecondsPerEvaluation(evaluate: (input: CostInput) => unknown): number {
  const start = process.cpuUsage()
  for (let index = 0; index < EVALUATIONS; index += 1) evaluate(inputs[index % inputs.length] ?? costInput({}))
  const { user, system } = process.cpuUsage(start)
  return (user + system) / EVALUATIONS
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

console.log('µs CPU per evaluation, median of', ROUNDS, 'rounds: compiled | plain function')
for (const [cel, plain] of Object.entries(arms)) {
  const compiled = compileCost({ name: 'cost', type: 'CEL', cel })
  if (!compiled.ok) throw new Error(compiled.message)
  const times: { compiled: number[]; plain: number[] } = { compiled: [], plain: [] }
  for (let round = 0; round < ROUNDS; round += 1) {
    times.compiled.push(microsecondsPerEvaluation((input) => compiled.cost.evaluate(input)))
    times.plain.push(microsecondsPerEvaluation(plain))
  }
  console.log(`${median(times.compiled).toFixed(2).padStart(6)} | ${median(times.plain).toFixed(3)}  ${cel}`)
}
