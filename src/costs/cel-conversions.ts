// int() and uint() with the ranges of cel-go. The library's own do not check int(double), take int("") for 0 and have no int(uint);
// they cannot be replaced, so calls are renamed to these before the type check (survey-cel.ts).

import type { Environment } from 'cel-js'
import { UnsignedInt } from 'cel-js/evaluator'
import { boundInt, celFailure } from './cel-operators.ts'

/** Name in an expression → name of the checked function. No expression can spell the latter. */
export const CHECKED_CONVERSIONS: ReadonlyMap<string, string> = new Map([
  ['int', '@int'],
  ['uint', '@uint'],
])

const TWO_TO_63 = 2 ** 63
const TWO_TO_64 = 2 ** 64
const MAX_UINT = 18_446_744_073_709_551_615n

export function registerConversions(environment: Environment): void {
  register(environment, 'int', {
    int: (value: bigint) => value,
    uint: (value: UnsignedInt) => boundInt(value.valueOf()),
    double: doubleToInt,
    string: (value: string) => boundInt(readDigits(value, /^[+-]?\d{1,64}$/)),
  })
  register(environment, 'uint', {
    uint: (value: UnsignedInt) => value,
    int: toUnsigned,
    double: doubleToUint,
    string: (value: string) => toUnsigned(readDigits(value, /^\d{1,64}$/)),
  })
}

// The key is the CEL type of the argument, so the library passes nothing else; `never` is the parameter type every handler fits.
function register(environment: Environment, returnType: 'int' | 'uint', handlers: Readonly<Record<string, (value: never) => unknown>>): void {
  const name = CHECKED_CONVERSIONS.get(returnType) ?? returnType
  for (const [type, handler] of Object.entries(handlers)) {
    environment.registerFunction({ name, returnType, params: [{ type }], handler, async: false })
  }
}

// Both ends are excluded, as in cel-go: 2^63 is out of range and the double next to it is 1,024 away.
function doubleToInt(value: number): bigint {
  if (!(value > -TWO_TO_63 && value < TWO_TO_63)) throw celFailure('numeric_overflow', 'double does not fit int')
  return BigInt(Math.trunc(value))
}

function doubleToUint(value: number): UnsignedInt {
  if (!(value >= 0 && value < TWO_TO_64)) throw celFailure('numeric_overflow', 'double does not fit uint')
  return new UnsignedInt(BigInt(Math.trunc(value)))
}

function toUnsigned(value: bigint): UnsignedInt {
  if (value < 0n || value > MAX_UINT) throw celFailure('numeric_overflow', 'value does not fit uint')
  return new UnsignedInt(value)
}

function readDigits(value: string, form: RegExp): bigint {
  if (!form.test(value)) throw celFailure('invalid_conversion', 'the string is not a whole number')
  return BigInt(value.startsWith('+') ? value.slice(1) : value)
}
