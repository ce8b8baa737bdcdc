// One walk over the parsed expression: refuses what would not mean what CEL says it means, and notes what is used.

import type { ASTNode } from 'cel-js'
import { CHECKED_CONVERSIONS } from './cel-conversions.ts'
import { findPatternFault, SAFE_MATCHES } from './cel-matches.ts'
import type { CelProblem } from './cel-problem.ts'

/** What an expression uses. */
export interface CelSurvey {
  /** Every identifier read; may hold iteration variables of macros too. */
  readonly identifiers: ReadonlySet<string>
  /** Every string literal: most are names of models or providers. */
  readonly strings: ReadonlySet<string>
}

// Standard functions of CEL that are right in the library. It knows more (split, join, json …), which cel-go does not, so nobody can have
// tried them there; and of the standard it has timestamps and durations wrong at the edges, which no cost needs: there is no time in it.
const FUNCTIONS = new Set(['int', 'uint', 'double', 'string', 'bool', 'bytes', 'dyn', 'type', 'size', 'matches', 'has'])
const MACROS = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])
const METHODS = new Set(['contains', 'startsWith', 'endsWith', 'matches', 'size', ...MACROS])

/** A macro inside (or on the result of) two others could take minutes: work grows with the product of the list lengths. */
const MAX_MACRO_DEPTH = 2
const MAX_INT = 9_223_372_036_854_775_807n

type SurveyResult = { readonly ok: true; readonly survey: CelSurvey } | { readonly ok: false; readonly problem: CelProblem }

/** Whatever else the owner of the compiler does not want in an expression. */
export type RefuseNode = (node: ASTNode) => CelProblem | undefined

/**
 * Walks the tree, which must not have been type-checked yet: calls of int(), uint() and matches() are renamed to our own on the way.
 * @returns the survey, or the first construct that is refused
 */
export function surveyCel(root: ASTNode, refuse: RefuseNode): SurveyResult {
  const identifiers = new Set<string>()
  const strings = new Set<string>()
  let problem: CelProblem | undefined
  const visit = (node: ASTNode, macroDepth: number, negated: boolean): void => {
    problem ??= findRefused(node, macroDepth, negated) ?? refuse(node)
    if (node.op === 'id') identifiers.add(node.args)
    if (node.op === 'value' && typeof node.args === 'string') strings.add(node.args)
    if (node.op === 'call' || node.op === 'rcall') node.args[0] = safeName(node)
    const depth = macroDepth + (isMacro(node) ? 1 : 0)
    for (const child of childrenOf(node)) visit(child, depth, node.op === '-_')
  }
  visit(root, 0, false)
  return problem === undefined ? { ok: true, survey: { identifiers, strings } } : { ok: false, problem }
}

function findRefused(node: ASTNode, macroDepth: number, negated: boolean): CelProblem | undefined {
  // The grammar reads -9223372036854775808 as the negation of a number that does not fit by itself.
  if (node.op === 'value' && typeof node.args === 'bigint' && node.args > MAX_INT + (negated ? 1n : 0n)) {
    return refusal(node, 'invalid_integer', `the number ${node.args} does not fit 64 bits`)
  }
  if (node.op === 'call' && !FUNCTIONS.has(node.args[0])) {
    return refusal(node, 'unknown_function', `unknown function ${node.args[0]}(): there are int, uint, double, string, bool, type, size, has`)
  }
  if (node.op === 'rcall' && !METHODS.has(node.args[0])) {
    return refusal(node, 'unknown_function', `unknown method .${node.args[0]}(): there are ${[...METHODS].join(', ')}`)
  }
  if (node.op === 'call' && node.args[0] === 'matches') return refusePattern(node.args[1][1])
  if (node.op === 'rcall' && node.args[0] === 'matches') return refusePattern(node.args[2][0])
  if (isMacro(node) && macroDepth >= MAX_MACRO_DEPTH) {
    return refusal(node, 'limit_exceeded', `the expression is too large: all, exists, map and filter are nested more than ${MAX_MACRO_DEPTH} deep`)
  }
  return undefined
}

// The pattern is compiled here, once, and so must be known. A missing one is left to the type check.
function refusePattern(pattern: ASTNode | undefined): CelProblem | undefined {
  if (pattern === undefined) return undefined
  if (pattern.op !== 'value' || typeof pattern.args !== 'string') return refusal(pattern, 'pattern', 'the pattern of matches() must be a string literal')
  const fault = findPatternFault(pattern.args)
  return fault === undefined ? undefined : refusal(pattern, 'pattern', `the pattern of matches() is wrong: ${fault}`)
}

/** A problem with the place of a node. */
export function refusal(node: ASTNode, code: string, message: string): CelProblem {
  return { code, message, start: node.start, end: node.end }
}

function isMacro(node: ASTNode): boolean {
  return node.op === 'rcall' && MACROS.has(node.args[0]) && node.args[2].length > 1
}

function safeName(node: Extract<ASTNode, { op: 'call' | 'rcall' }>): string {
  const [name] = node.args
  if (name === 'matches') return SAFE_MATCHES
  return node.op === 'call' && node.args[1].length === 1 ? (CHECKED_CONVERSIONS.get(name) ?? name) : name
}

/** The operands of a node, in source order. */
export function childrenOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return []
    case '.':
    case '.?':
      return [node.args[0]]
    case 'call':
      return node.args[1]
    case 'rcall':
      return [node.args[1], ...node.args[2]]
    case 'map':
      return node.args.flat()
    case '!_':
    case '-_':
      return [node.args]
    default:
      return node.args
  }
}
