// One evaluation of a compiled expression. The program is bound to its variables once; after that it costs less than a microsecond.

import { describeRunTimeError } from './cel-problem.ts'
import type { CelProblem } from './cel-problem.ts'
import { toCostResult } from './cel-result.ts'
import { createBinder } from './cel-variables.ts'
import type { CelProgram } from './compile-cel.ts'
import type { CostInput, CostResult } from './cost.ts'

/** The value, or a problem whose message holds nothing of the request but numbers. Never throws. */
export type CelEvaluator = (input: CostInput) => Extract<CostResult, { ok: true }> | ({ readonly ok: false } & CelProblem)

/** Binds a program to the counts and names of exchanges. */
export function createEvaluator(program: CelProgram): CelEvaluator {
  const bind = createBinder(program.survey.identifiers)
  return (input) => {
    try {
      const result = toCostResult(program.run(bind(input)))
      return result.ok ? result : { ok: false, code: 'result', message: result.error, start: undefined, end: undefined }
    } catch (error) {
      return { ok: false, ...describeRunTimeError(error) }
    }
  }
}
