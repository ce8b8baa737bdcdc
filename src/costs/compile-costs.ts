// Costs are compiled when the configuration is loaded, so that whatever is wrong with one is said then and not on the first request.

import { compileCelExpression } from './compile-cel-expression.ts'
import { createDollarCost } from './dollar-cost.ts'
import { createTokenCost } from './token-cost.ts'
import type { Cost, CostType } from './cost.ts'

/** A cost as the configuration file has it. */
export interface CostSpec {
  readonly name: string
  readonly type: CostType
  /** The expression of a CEL cost; nothing else may have one. */
  readonly cel?: string
}

export type CompiledCost =
  /** `warnings`: sentences about exchanges for which the expression fails or exceeds MAX_COST. */
  | { readonly ok: true; readonly cost: Cost; readonly warnings: readonly string[] }
  /**
   * `column`: 1-based, within `cel`, a line break counting as one character; absent when the whole is meant.
   * `corrected`: an expression that compiles and is probably what was meant.
   */
  | { readonly ok: false; readonly message: string; readonly column?: number; readonly corrected?: string }

/** Rate limit rules name a cost inside `%DYNAMIC_METADATA(io.envoy.ai_gateway:<name>)%`, where `:`, `)` and `%` end it. */
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/

/** Compiles one cost: checks its name and type, and for CEL parses, type-checks and rehearses the expression. */
export function compileCost(spec: CostSpec): CompiledCost {
  const { name, type, cel } = spec
  if (!NAME.test(name)) {
    return { ok: false, message: 'a cost name starts with a letter or _ and goes on with letters, digits, _, . or - (128 at most)' }
  }
  if (type !== 'CEL') {
    if (cel !== undefined) return { ok: false, message: `a cost of type ${type} has no expression: remove cel, or make its type CEL` }
    return { ok: true, cost: type === 'MicroDollar' ? createDollarCost(name) : createTokenCost(name, type), warnings: [] }
  }
  if (cel === undefined) return { ok: false, message: 'a cost of type CEL needs an expression in cel' }
  const compiled = compileCelExpression(cel)
  if (!compiled.ok) return compiled
  return { ok: true, cost: { name, type, expression: cel, evaluate: compiled.evaluate }, warnings: compiled.warnings }
}
