// Candidates for expressions that parse but do not type-check: mostly a missing `u`, a misspelt name, or a function CEL does not have.

import type { ASTNode } from 'cel-js'
import { CEL_VARIABLES } from './cel-variables.ts'
import type { CelFault } from './compile-cel.ts'
import { nearestVariable } from './nearest-variable.ts'
import { childrenOf } from './survey-cel.ts'

/** Texts with one fault less, most likely first; empty for faults that are not of this kind. */
export function repairTypes(fault: CelFault): string[] {
  const { problem, root } = fault
  const { text } = fault.source
  if (problem.code === 'result_bool') return [`(${text}) ? 1u : 0u`]
  if (problem.start === undefined || problem.end === undefined) return []
  const range = { start: problem.start, end: problem.end }
  if (problem.code === 'unknown_variable') return repairVariable(text, range)
  const node = root === undefined ? undefined : findNode(root, range)
  if (node === undefined) return []
  if (problem.code === 'unknown_function') return repairFunction(text, node)
  if (problem.code === 'incompatible_ternary_branches') return repairBranches(text, node, problem.message)
  if (problem.code === 'invalid_condition_type') return [replace(text, node, `${sliceOf(text, node)} > ${zeroOf(problem.message)}`)]
  if (problem.code === 'division_by_zero' && node.op === '/') return guardDivision(text, node)
  if (problem.code.startsWith('heterogeneous_')) return repairElement(text, node)
  if (problem.code === 'no_such_overload' && node.op === '-_') return [replace(text, node.args, `int(${sliceOf(text, node.args)})`)]
  return []
}

interface Range {
  readonly start: number
  readonly end: number
}

function findNode(root: ASTNode, range: Range): ASTNode | undefined {
  if (root.start === range.start && root.end === range.end) return root
  for (const child of childrenOf(root)) {
    const found = findNode(child, range)
    if (found !== undefined) return found
  }
  return undefined
}

// A node begins and ends at its outermost tokens, so it may miss the parenthesis around its own first or last operand.
function balance(text: string, range: Range): Range {
  let { start, end } = range
  for (;;) {
    const { unopened, unclosed } = countParentheses(text.slice(start, end))
    if (unopened > 0 && start > 0) start -= 1
    else if (unclosed > 0 && end < text.length) end += 1
    else return { start, end }
  }
}

function countParentheses(slice: string): { unopened: number; unclosed: number } {
  let unopened = 0
  let unclosed = 0
  for (const character of slice) {
    if (character === '(') unclosed += 1
    else if (character === ')' && unclosed > 0) unclosed -= 1
    else if (character === ')') unopened += 1
  }
  return { unopened, unclosed }
}

function sliceOf(text: string, range: Range): string {
  const { start, end } = balance(text, range)
  return text.slice(start, end)
}

function replace(text: string, range: Range, replacement: string): string {
  const { start, end } = balance(text, range)
  return text.slice(0, start) + replacement + text.slice(end)
}

function repairVariable(text: string, range: Range): string[] {
  const name = text.slice(range.start, range.end)
  const nearest = nearestVariable(name, CEL_VARIABLES.keys())
  return nearest === undefined ? [] : [text.slice(0, range.start) + nearest + text.slice(range.end)]
}

// `math.max(a, b)`: the function without its namespace is looked at next.
function dropPrefix(text: string, prefix: Range): string {
  return text.slice(0, prefix.start) + text.slice(prefix.end).replace(/^\s*\.\s*/, '')
}

// The counts are 0 in the rehearsal, and in real answers too.
function guardDivision(text: string, node: Extract<ASTNode, { op: '/' }>): string[] {
  const division = sliceOf(text, node)
  const divisor = sliceOf(text, node.args[1])
  return ['0u', '0', '0.0'].map((zero) => {
    const guarded = `${divisor} == 0 ? ${zero} : ${division}`
    return replace(text, node, division.length === text.length ? guarded : `(${guarded})`)
  })
}

const FUNCTION_NAMES: Readonly<Record<string, string>> = {
  float: 'double',
  int64: 'int',
  uint64: 'uint',
  str: 'string',
  len: 'size',
  length: 'size',
  startswith: 'startsWith',
  hasprefix: 'startsWith',
  endswith: 'endsWith',
  hassuffix: 'endsWith',
  includes: 'contains',
}

function repairFunction(text: string, node: ASTNode): string[] {
  if (node.op !== 'call' && node.op !== 'rcall') return []
  if (node.op === 'rcall' && node.args[1].op === 'id' && /^math$/i.test(node.args[1].args)) return [dropPrefix(text, node.args[1])]
  const name = node.args[0].toLowerCase()
  const renamed = FUNCTION_NAMES[name.replaceAll('_', '')]
  if (renamed !== undefined) {
    const from = text.indexOf(node.args[0], node.op === 'rcall' ? node.args[1].end : node.start)
    return [text.slice(0, from) + renamed + text.slice(from + node.args[0].length)]
  }
  if (node.op !== 'call') return []
  const operands = node.args[1].map((operand) => sliceOf(text, operand))
  const computed = computeInstead(name, operands)
  if (computed === undefined) return []
  const whole = node.start === 0 && node.end === text.length
  return [replace(text, node, whole || /^\w+(\(|$)/.test(computed) ? computed : `(${computed})`)]
}

// The element that differs from the first one: mostly a literal with or without its `u`.
function repairElement(text: string, node: ASTNode): string[] {
  if (node.op !== 'value') return []
  const literal = text.slice(node.start, node.end)
  const others = /u$/i.test(literal) ? [literal.slice(0, -1)] : [`${literal}u`, `${literal}.0`]
  return others.map((other) => text.slice(0, node.start) + other + text.slice(node.end))
}

// What people reach for that is not there. ceil() needs no replacement: a fractional cost is rounded up anyway.
function computeInstead(name: string, operands: readonly string[]): string | undefined {
  const [first, second] = operands
  if (first === undefined) return undefined
  if (operands.length === 1 && (name === 'ceil' || name === 'dyn')) return first
  if (operands.length === 1 && (name === 'floor' || name === 'trunc')) return `int(${first})`
  if (operands.length === 1 && name === 'round') return `int(${first} + 0.5)`
  if (operands.length !== 2 || second === undefined) return undefined
  if (name === 'max') return `${first} > ${second} ? ${first} : ${second}`
  if (name === 'min') return `${first} < ${second} ? ${first} : ${second}`
  return undefined
}

function zeroOf(message: string): string {
  if (message.endsWith('uint')) return '0u'
  return message.endsWith('double') ? '0.0' : '0'
}

function repairBranches(text: string, node: ASTNode, message: string): string[] {
  if (node.op !== '?:') return []
  const [, left, right] = node.args
  const types = /here (\S+) and (\S+)$/.exec(message)
  const sides = [
    { type: types?.[1], node: left, other: types?.[2] },
    { type: types?.[2], node: right, other: types?.[1] },
  ]
  const candidates: string[] = []
  for (const side of sides) {
    if (side.type === 'int' && side.other === 'uint' && !contains(side.node, '-')) candidates.push(suffixLiterals(text, side.node, 'u'))
    if (side.type === 'int' && side.other === 'double') candidates.push(suffixLiterals(text, side.node, '.0'))
  }
  for (const side of sides) {
    if (side.type === 'uint' && side.other === 'int') candidates.push(replace(text, side.node, `int(${sliceOf(text, side.node)})`))
    if (/^u?int$/.test(side.type ?? '') && side.other === 'double') candidates.push(replace(text, side.node, `double(${sliceOf(text, side.node)})`))
  }
  return candidates.filter((candidate) => candidate !== text)
}

// Unsigned subtraction fails below 0, signed does not: there the `u` would change what is computed.
function contains(node: ASTNode, operator: '-'): boolean {
  return node.op === operator || node.op === '-_' || childrenOf(node).some((child) => contains(child, operator))
}

function suffixLiterals(text: string, node: ASTNode, suffix: string): string {
  if (node.op === 'value') return typeof node.args === 'bigint' ? text.slice(0, node.end) + suffix + text.slice(node.end) : text
  // From the last operand to the first, so that the offsets of the earlier ones stay true.
  return childrenOf(node).reduceRight((result, child) => suffixLiterals(result, child, suffix), text)
}
