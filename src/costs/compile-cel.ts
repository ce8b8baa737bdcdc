// Our CEL: the library's parser, type checker and evaluator, plus what it lacks, minus what a cost must not use.
// Knows nothing of costs, so that the conformance tests of CEL itself can run through it.

import { Environment, ParseError, TypeError as CelTypeError } from 'cel-js'
import type { ASTNode } from 'cel-js'
import { registerConversions } from './cel-conversions.ts'
import { registerMatches } from './cel-matches.ts'
import { registerMixedOperators } from './cel-operators.ts'
import { describeLibraryError } from './cel-problem.ts'
import type { CelProblem } from './cel-problem.ts'
import { readCelSource } from './cel-source.ts'
import type { CelSource } from './cel-source.ts'
import { surveyCel } from './survey-cel.ts'
import type { CelSurvey, RefuseNode } from './survey-cel.ts'

/** Longest expression in characters: a price for each of a hundred models fits; anything longer was generated and belongs elsewhere. */
export const MAX_EXPRESSION_LENGTH = 8192

// maxDepth is the minimum that the specification demands; the others hold a price table of 250 models.
const LIMITS = { maxAstNodes: 3000, maxDepth: 250, maxListElements: 250, maxMapEntries: 250, maxCallArguments: 8 }

export interface CelProgram {
  /** Static type of the result as CEL writes it: `uint`, `double`, `list<int>`, `dyn` … */
  readonly type: string
  readonly survey: CelSurvey
  /** Its positions are offsets in CelSource.text. */
  readonly root: ASTNode
  /** Throws what the library throws. int is bigint, uint is UnsignedInt, double is number. */
  readonly run: (context: Readonly<Record<string, unknown>>) => unknown
}

/** A compilation that failed. `root` is undefined when the expression could not even be parsed. */
export interface CelFault {
  readonly ok: false
  readonly source: CelSource
  readonly root: ASTNode | undefined
  readonly problem: CelProblem
}

export type CelCompilation = { readonly ok: true; readonly source: CelSource; readonly program: CelProgram } | CelFault

export interface CelDialect {
  /** Name → CEL type. */
  readonly variables: ReadonlyMap<string, string>
  /** What is refused beyond what the library gets wrong. */
  readonly refuse: RefuseNode
}

/** Returns what compiles expressions of a dialect. Building it is expensive: do it once. */
export function createCelCompiler({ variables, refuse }: CelDialect): (expression: string) => CelCompilation {
  const environment = new Environment({ limits: LIMITS })
  registerMixedOperators(environment)
  registerConversions(environment)
  registerMatches(environment)
  for (const [name, type] of variables) environment.registerVariable(name, type)
  const names = [...variables.keys()]
  return (expression) => compile(environment, refuse, names, expression)
}

function compile(environment: Environment, refuse: RefuseNode, variables: readonly string[], expression: string): CelCompilation {
  const source = readCelSource(expression.slice(0, MAX_EXPRESSION_LENGTH + 1))
  const fail = (problem: CelProblem, root?: ASTNode): CelCompilation => ({ ok: false, source, root, problem })
  if (expression.length > MAX_EXPRESSION_LENGTH) {
    const message = `the expression has ${expression.length} characters, more than the ${MAX_EXPRESSION_LENGTH} allowed`
    return fail({ code: 'too_long', message, start: undefined, end: undefined })
  }
  try {
    const parsed = environment.parse(source.text)
    const surveyed = surveyCel(parsed.ast, refuse)
    if (!surveyed.ok) return fail(surveyed.problem, parsed.ast)
    const checked = parsed.check()
    if (checked.valid) return { ok: true, source, program: { type: checked.type ?? 'dyn', survey: surveyed.survey, root: parsed.ast, run: parsed } }
    return fail(describeFault(checked.error, source, variables), parsed.ast)
  } catch (error) {
    return fail(describeFault(error, source, variables))
  }
}

function describeFault(error: unknown, source: CelSource, variables: readonly string[]): CelProblem {
  if (error instanceof ParseError || error instanceof CelTypeError) return describeLibraryError(error, source.text, variables)
  // A thousand minus signs in a row: the parser recurses, and maxDepth does not count unary operators.
  if (error instanceof RangeError) return { code: 'limit_exceeded', message: 'the expression is too deeply nested', start: undefined, end: undefined }
  // An operator on elements of an empty list: the library cannot choose among the overloads and throws a plain Error.
  return { code: 'untyped', message: 'the type of a value cannot be told: an empty list or map has no type', start: undefined, end: undefined }
}
