// The variables of a cost expression, with the names and types of Envoy AI Gateway, and the values an exchange gives them.

import { UnsignedInt } from 'cel-js/evaluator'
import type { CostInput } from './cost.ts'

interface CelVariable {
  readonly type: 'string' | 'uint'
  /** A string, or a count as UnsignedInt; a count nobody said reads 0, as in Envoy AI Gateway. */
  readonly read: (input: CostInput) => unknown
}

const count = (value: number | undefined): UnsignedInt => new UnsignedInt(value ?? 0)

const VARIABLES: Readonly<Record<string, CelVariable>> = {
  model: { type: 'string', read: (input) => input.model },
  backend: { type: 'string', read: (input) => input.backend },
  route_name: { type: 'string', read: (input) => input.routeName },
  input_tokens: { type: 'uint', read: (input) => count(input.usage.inputTokens) },
  cached_input_tokens: { type: 'uint', read: (input) => count(input.usage.cachedInputTokens) },
  cache_creation_input_tokens: { type: 'uint', read: (input) => count(input.usage.cacheCreationInputTokens) },
  output_tokens: { type: 'uint', read: (input) => count(input.usage.outputTokens) },
  reasoning_tokens: { type: 'uint', read: (input) => count(input.usage.reasoningTokens) },
  total_tokens: { type: 'uint', read: (input) => count(input.usage.totalTokens) },
}

/** Name → CEL type. */
export const CEL_VARIABLES: ReadonlyMap<string, string> = new Map(Object.entries(VARIABLES).map(([name, { type }]) => [name, type]))

/** Returns what builds the context of one evaluation. Only the variables that are used cost anything. */
export function createBinder(used: ReadonlySet<string>): (input: CostInput) => Readonly<Record<string, unknown>> {
  const bound = Object.entries(VARIABLES).filter(([name]) => used.has(name))
  return (input) => {
    const context: Record<string, unknown> = {}
    for (const [name, variable] of bound) context[name] = variable.read(input)
    return context
  }
}
