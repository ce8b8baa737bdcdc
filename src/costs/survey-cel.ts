// One walk over the parsed expression: refuses what has no place in a cost, and notes what it uses.

import type { ASTNode } from 'cel-js'
import { CHECKED_CONVERSIONS } from './cel-conversions.ts'
import type { CelProblem } from './cel-problem.ts'

/** What an expression uses. */
export interface CelSurvey {
  /** Every identifier read; may hold iteration variables of macros too. */
  readonly identifiers: ReadonlySet<string>
  /** Every string literal: most are names of models or providers. */
  readonly strings: ReadonlySet<string>
}

// The standard functions of CEL. The library knows more (split, join, json …), which cel-go does not, so nobody can have tried them there.
const FUNCTIONS = new Set(['int', 'uint', 'double', 'string', 'bool', 'bytes', 'dyn', 'type', 'size', 'timestamp', 'duration', 'has'])
const MACROS = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])
const STRING_METHODS = ['contains', 'startsWith', 'endsWith', 'size', ...MACROS]
const TIME_METHODS = 'getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes getSeconds getMilliseconds'.split(' ')
const METHODS = new Set([...STRING_METHODS, ...TIME_METHODS])

/** A macro inside (or on the result of) two others could take minutes: work grows with the product of the list lengths. */
const MAX_MACRO_DEPTH = 2
const MAX_INT = 9_223_372_036_854_775_807n

/**
 * Walks the tree, which must not have been type-checked yet: int() and uint() are renamed to the checked conversions on the way.
 * @returns the survey, or the first construct a cost may not use
 */
export function surveyCel(root: ASTNode): { readonly ok: true; readonly survey: CelSurvey } | { readonly ok: false; readonly problem: CelProblem } {
  const identifiers = new Set<string>()
  const strings = new Set<string>()
  let problem: CelProblem | undefined
  const visit = (node: ASTNode, macroDepth: number, negated: boolean): void => {
    problem ??= findRefused(node, macroDepth, negated)
    if (node.op === 'id') identifiers.add(node.args)
    if (node.op === 'value' && typeof node.args === 'string') strings.add(node.args)
    if (node.op === 'call') node.args[0] = checkedName(node.args[0], node.args[1].length)
    const depth = macroDepth + (isMacro(node) ? 1 : 0)
    for (const child of childrenOf(node)) visit(child, depth, node.op === '-_')
  }
  visit(root, 0, false)
  return problem === undefined ? { ok: true, survey: { identifiers, strings } } : { ok: false, problem }
}

function findRefused(node: ASTNode, macroDepth: number, negated: boolean): CelProblem | undefined {
  // The grammar reads -9223372036854775808 as the negation of a number that does not fit by itself.
  if (node.op === 'value' && typeof node.args === 'bigint' && node.args > MAX_INT + (negated ? 1n : 0n)) {
    return refuse(node, 'invalid_integer', `the number ${node.args} does not fit 64 bits`)
  }
  if (node.op === 'call' && !FUNCTIONS.has(node.args[0])) {
    return refuse(node, 'unknown_function', `unknown function ${node.args[0]}(): a cost can use ${[...FUNCTIONS].join(', ')}`)
  }
  if (node.op === 'rcall' && node.args[0] === 'matches') {
    return refuse(node, 'matches_refused', 'matches() is not available: use ==, in, startsWith(), endsWith() or contains()')
  }
  if (node.op === 'rcall' && !METHODS.has(node.args[0])) {
    return refuse(node, 'unknown_function', `unknown method .${node.args[0]}(): a cost can use ${STRING_METHODS.join(', ')}`)
  }
  if (isMacro(node) && macroDepth >= MAX_MACRO_DEPTH) {
    return refuse(node, 'limit_exceeded', `the expression is too large: all, exists, map and filter are nested more than ${MAX_MACRO_DEPTH} deep`)
  }
  return undefined
}

function refuse(node: ASTNode, code: string, message: string): CelProblem {
  return { code, message, start: node.start, end: node.end }
}

function isMacro(node: ASTNode): boolean {
  return node.op === 'rcall' && MACROS.has(node.args[0]) && node.args[2].length > 1
}

function checkedName(name: string, argumentCount: number): string {
  return argumentCount === 1 ? (CHECKED_CONVERSIONS.get(name) ?? name) : name
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
