// What is wrong with an expression, said so that the person who wrote it can repair it. The library's sentences name its own tokens.

import { EvaluationError } from 'cel-js'

/** A fault found while loading. Offsets are those of CelSource.text; undefined when the whole expression is meant. */
export interface CelProblem {
  /** The library's code, or one of ours: what corrections are looked up by. */
  readonly code: string
  readonly message: string
  readonly start: number | undefined
  readonly end: number | undefined
}

/** The parts of the library's errors that are read here. */
interface LibraryError {
  readonly code: string
  readonly summary: string
  readonly range?: { readonly start: number; readonly end: number }
}

/** Turns a parse or type error of the library into a problem. `variables` are the names the expression may use. */
export function describeLibraryError(error: LibraryError, text: string, variables: Iterable<string>): CelProblem {
  const start = error.range?.start
  const end = error.range?.end
  const found = start === undefined ? '' : text.slice(start, Math.max(end ?? start, start + 1))
  return { code: error.code, message: describe(error.code, error.summary, found, variables), start, end }
}

function describe(code: string, summary: string, found: string, variables: Iterable<string>): string {
  switch (code) {
    case 'unexpected_token':
      return found.trim() === '' ? 'the expression ends too early: a value is missing' : `unexpected ${quote(found)}: a value belongs here`
    case 'expected_token':
      return `${describeExpected(summary)} is missing${found.trim() === '' ? ' at the end' : ` before ${quote(found)}`}`
    case 'unexpected_character':
      return `unexpected ${quote(found)}`
    case 'unknown_variable':
      return `unknown variable ${quote(found)}: a cost can use ${[...variables].join(', ')}`
    case 'reserved_identifier':
      return `${quote(found)} is a reserved word of CEL`
    case 'invalid_integer':
    case 'invalid_hex_integer':
      return `the number ${found} does not fit 64 bits`
    case 'limit_exceeded':
      return `the expression is too large: ${summary.replace('Exceeded ', '')}`
    case 'no_such_overload':
      return describeOperator(summary)
    case 'no_matching_overload':
      return describeCall(summary)
    case 'incompatible_ternary_branches':
      return describeBranches(summary)
    case 'invalid_condition_type':
      return `what stands before ? must be true or false, not ${lastQuoted(summary)}`
    default:
      return summary.replaceAll('@', '')
  }
}

const EXPECTED: Readonly<Record<string, string>> = { RPAREN: ')', RBRACKET: ']', RBRACE: '}', COLON: ':' }

function describeExpected(summary: string): string {
  const token = /^Expected (\w+)/.exec(summary)?.[1] ?? ''
  return EXPECTED[token] ?? 'a name'
}

function describeOperator(summary: string): string {
  const binary = /^no such overload: (\S+) (\S+) (\S+)$/.exec(summary)
  if (binary !== null) return `there is no ${binary[2]} between ${binary[1]} and ${binary[3]}`
  const unary = /^no such overload: ([-!])(\S+)$/.exec(summary)
  if (unary !== null) return `there is no ${unary[1]} before ${unary[2]}`
  return summary
}

function describeCall(summary: string): string {
  const call = /^found no matching overload for '(.*)'$/.exec(summary)?.[1]?.replaceAll('@', '')
  return call === undefined ? summary : `there is no function ${call}`
}

function describeBranches(summary: string): string {
  const types = /got '(.+)' and '(.+)'$/.exec(summary)
  if (types === null) return summary
  return `both sides of : must have the same type, here ${types[1]} and ${types[2]}`
}

function lastQuoted(summary: string): string {
  return /'([^']*)'$/.exec(summary)?.[1] ?? 'this'
}

function quote(found: string): string {
  return `"${found.length > 40 ? `${found.slice(0, 40)}…` : found}"`
}

// Never the library's text: it quotes strings, and at run time those may come from a request.
const RUN_TIME: Readonly<Record<string, string>> = {
  numeric_overflow: 'a number left its range: unsigned below 0, or above 64 bits',
  division_by_zero: 'division by zero',
  modulo_by_zero: 'modulo by zero',
  no_such_key: 'a map has no entry for this key',
  no_such_overload: 'an operator met types it does not know',
  no_matching_overload: 'a function met types it does not know',
  index_out_of_range: 'an index is out of range',
  invalid_conversion: 'a string is not a whole number',
  double_conversion_error: 'a string is not a number',
  bool_conversion_error: 'a string is neither true nor false',
}

/** Reads whatever an evaluation threw: what is reported of it (never anything of the request) and, where the library says so, its place. */
export function describeRunTimeError(error: unknown): CelProblem {
  if (!(error instanceof EvaluationError)) return { code: 'unknown', message: 'the expression failed', start: undefined, end: undefined }
  const message = RUN_TIME[error.code] ?? `the expression failed (${error.code})`
  return { code: error.code, message, start: error.range?.start, end: error.range?.end }
}
