// Arithmetic between uint, int and double. CEL refuses it at load, so adding it changes nothing that CEL accepts,
// and `input_tokens * 0.25` is what everybody writes first.

import { EvaluationError } from 'cel-js'
import type { Environment } from 'cel-js'
import type { UnsignedInt } from 'cel-js/evaluator'

const MAX_INT = 9_223_372_036_854_775_807n
const MIN_INT = -9_223_372_036_854_775_808n

type Unsigned = UnsignedInt
type Whole = bigint | Unsigned
type Numeric = Whole | number

/** A run-time failure of an expression, with the same code the library uses for its own. */
export function celFailure(code: string, message: string): EvaluationError {
  return new EvaluationError({ code, message })
}

/** The value, or a throw when it does not fit CEL's 64-bit int. */
export function boundInt(value: bigint): bigint {
  if (value > MAX_INT || value < MIN_INT) throw celFailure('numeric_overflow', 'integer overflow')
  return value
}

// uint with int is int, computed exactly: `input_tokens - 1000` may be negative, as anybody would expect of it.
const WHOLE_OPERATORS: Readonly<Record<string, (left: bigint, right: bigint) => bigint>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => {
    if (right === 0n) throw celFailure('division_by_zero', 'division by zero')
    return left / right
  },
  '%': (left, right) => {
    if (right === 0n) throw celFailure('modulo_by_zero', 'modulo by zero')
    return left % right
  },
}

// No %: CEL has none for doubles.
const DOUBLE_OPERATORS: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
}

const MIXED_WHOLE = [
  ['uint', 'int'],
  ['int', 'uint'],
] as const
const MIXED_DOUBLE = [
  ['uint', 'double'],
  ['double', 'uint'],
  ['int', 'double'],
  ['double', 'int'],
] as const
const MIXED_EQUAL = [
  ['uint', 'int'],
  ['uint', 'double'],
  ['int', 'double'],
] as const

/** Registers the mixed operators. The ordering comparisons (<, <=, >, >=) of mixed numbers are the library's own. */
export function registerMixedOperators(environment: Environment): void {
  for (const [left, right] of MIXED_WHOLE) {
    for (const [operator, compute] of Object.entries(WHOLE_OPERATORS)) {
      environment.registerOperator(`${left} ${operator} ${right}: int`, (a: Whole, b: Whole) => boundInt(compute(a.valueOf(), b.valueOf())))
    }
  }
  for (const [left, right] of MIXED_DOUBLE) {
    for (const [operator, compute] of Object.entries(DOUBLE_OPERATORS)) {
      environment.registerOperator(`${left} ${operator} ${right}: double`, (a: Numeric, b: Numeric) => compute(Number(a), Number(b)))
    }
  }
  for (const [left, right] of MIXED_EQUAL) {
    // JavaScript compares a bigint with a number by their exact mathematical values; === would be false for every such pair.
    // oxlint-disable-next-line eqeqeq
    environment.registerOperator(`${left} == ${right}`, (a: Numeric, b: Numeric) => a.valueOf() == b.valueOf())
  }
}
