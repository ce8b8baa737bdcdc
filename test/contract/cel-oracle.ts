// The oracle: @bufbuild/cel with the variables of a cost. It does not type-check, so only expressions that cel-go accepts may be asked of it.

import { CelScalar, celEnv, celUint, isCelError, parse, plan } from '@bufbuild/cel'
import type { CostInput } from '../../src/costs/cost.ts'
import { plainOfOracle } from './cel-values.ts'
import type { PlainValue } from './cel-values.ts'

const environment = celEnv({
  variables: {
    model: CelScalar.STRING,
    backend: CelScalar.STRING,
    route_name: CelScalar.STRING,
    input_tokens: CelScalar.UINT,
    cached_input_tokens: CelScalar.UINT,
    cache_creation_input_tokens: CelScalar.UINT,
    output_tokens: CelScalar.UINT,
    reasoning_tokens: CelScalar.UINT,
    total_tokens: CelScalar.UINT,
  },
})

/** Returns what evaluates `expression`: `int:7`, `uint:7`, `double:7.5` …, or `error`. */
export function askOracle(expression: string): (input: CostInput) => PlainValue {
  const program = plan(environment, parse(expression))
  return ({ usage, model, backend, routeName }) => {
    const value = program({
      model,
      backend,
      route_name: routeName,
      input_tokens: count(usage.inputTokens),
      cached_input_tokens: count(usage.cachedInputTokens),
      cache_creation_input_tokens: count(usage.cacheCreationInputTokens),
      output_tokens: count(usage.outputTokens),
      reasoning_tokens: count(usage.reasoningTokens),
      total_tokens: count(usage.totalTokens),
    })
    return isCelError(value) ? 'error' : plainOfOracle(value)
  }
}

function count(tokens: number | undefined) {
  return celUint(BigInt(tokens ?? 0))
}
