// From the text of a cost expression to something that charges, or to a problem with its place and, where possible, its repair.

import { createCelCompiler } from './compile-cel.ts'
import type { CelFault } from './compile-cel.ts'
import { CEL_VARIABLES } from './cel-variables.ts'
import { correctCel } from './correct-cel.ts'
import type { CelSource } from './cel-source.ts'
import { createEvaluator } from './evaluate-cel.ts'
import type { CelEvaluator } from './evaluate-cel.ts'
import { refuseInCost } from './refuse-in-cost.ts'
import { rehearseCel } from './rehearse-cel.ts'
import type { CelProblem } from './cel-problem.ts'
import type { CostInput, CostResult } from './cost.ts'

export type CompiledCelExpression =
  | { readonly ok: true; readonly evaluate: (input: CostInput) => CostResult; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly message: string; readonly column?: number; readonly corrected?: string }

const compileCel = createCelCompiler({ variables: CEL_VARIABLES, refuse: refuseInCost })

const RESULT_TYPES = new Set(['int', 'uint', 'double'])

/** Compiles an expression over the cost variables. The result must be int, uint or double (rounded up). */
export function compileCelExpression(expression: string): CompiledCelExpression {
  const attempt = attemptCel(expression)
  if (attempt.ok) return attempt
  const { source, problem } = attempt.fault
  const corrected = correctCel(attempt.fault, attemptCel)
  return {
    ok: false,
    message: problem.message,
    ...(problem.start === undefined ? {} : { column: source.columnOf(problem.start) }),
    ...(corrected === undefined ? {} : { corrected }),
  }
}

type CelAttempt = Extract<CompiledCelExpression, { ok: true }> | { readonly ok: false; readonly fault: CelFault }

function attemptCel(expression: string): CelAttempt {
  const compilation = compileCel(expression)
  if (!compilation.ok) return { ok: false, fault: compilation }
  const { source, program } = compilation
  const fail = (problem: CelProblem): CelAttempt => ({ ok: false, fault: { ok: false, source, root: program.root, problem } })
  if (!RESULT_TYPES.has(program.type)) {
    const message = `a cost must be a number (int, uint or double), this is ${program.type}`
    return fail({ code: `result_${program.type}`, message, start: undefined, end: undefined })
  }
  const evaluate = createEvaluator(program)
  const rehearsal = rehearseCel(evaluate, program.survey.strings)
  if (rehearsal.refusal !== undefined) return fail(rehearsal.refusal)
  return { ok: true, evaluate: withColumns(evaluate, source), warnings: rehearsal.warnings }
}

function withColumns(evaluate: CelEvaluator, source: CelSource): (input: CostInput) => CostResult {
  return (input) => {
    const result = evaluate(input)
    if (result.ok) return result
    return { ok: false, error: result.start === undefined ? result.message : `${result.message} (column ${source.columnOf(result.start)})` }
  }
}
