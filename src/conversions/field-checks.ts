// Checks of one request field each, for the APIs of OpenAI, with messages that say which field, what it may be and what it was. By hand, because a schema library
// would cost more than the rest of the conversion.

import { TollgateError } from '../core/errors.ts'
import type { JsonObject, JsonValue } from './conversation.ts'
import { isJsonObject, isList } from './json-value.ts'

/** 400: what OpenAI itself would refuse. `rule`: the end of the sentence that the field's name begins. */
export function malformed(param: string, rule: string): TollgateError {
  return new TollgateError('malformed_request', `${param} ${rule}.`, { param })
}

/** 422: what no other API can do and would change the answer. */
export function unsupported(param: string, rule: string): TollgateError {
  return new TollgateError('unsupported_parameter', `${param} ${rule}.`, { param })
}

export function expectObject(value: JsonValue | undefined, param: string): JsonObject {
  if (!isJsonObject(value)) throw malformed(param, `must be an object, ${notThis(value)}`)
  return value
}

export function expectArray(value: JsonValue | undefined, param: string): readonly JsonValue[] {
  if (!isList(value)) throw malformed(param, `must be an array, ${notThis(value)}`)
  return value
}

export function expectString(value: JsonValue | undefined, param: string): string {
  if (typeof value !== 'string') throw malformed(param, `must be a string, ${notThis(value)}`)
  return value
}

/** Null is how OpenAI writes "not said". */
export function optionalString(value: JsonValue | undefined, param: string): string | undefined {
  return value === undefined || value === null ? undefined : expectString(value, param)
}

export function optionalObject(value: JsonValue | undefined, param: string): JsonObject | undefined {
  return value === undefined || value === null ? undefined : expectObject(value, param)
}

export function optionalBoolean(value: JsonValue | undefined, param: string): boolean | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'boolean') throw malformed(param, `must be true or false, ${notThis(value)}`)
  return value
}

/** An object whose values are all strings, such as `metadata`. */
export function optionalStrings(value: JsonValue | undefined, param: string): Readonly<Record<string, string>> | undefined {
  const fields = optionalObject(value, param)
  if (fields === undefined) return undefined
  return Object.fromEntries(Object.entries(fields).map(([key, text]) => [key, expectString(text, `${param}.${key}`)]))
}

export interface NumberRange {
  readonly least?: number
  readonly most?: number
}

export function optionalNumber(value: JsonValue | undefined, param: string, { least = -Infinity, most = Infinity }: NumberRange = {}): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number') throw malformed(param, `must be a number, ${notThis(value)}`)
  if (value < least || value > most) throw malformed(param, `must be ${range(least, most)}, not ${value}`)
  return value
}

export function optionalInteger(value: JsonValue | undefined, param: string, limits: NumberRange = {}): number | undefined {
  const number = optionalNumber(value, param, limits)
  if (number !== undefined && !Number.isInteger(number)) throw malformed(param, `must be a whole number, not ${number}`)
  return number
}

export function expectOneOf<Name extends string>(value: JsonValue | undefined, param: string, allowed: readonly Name[]): Name {
  const known = allowed.find((name) => name === value)
  if (known === undefined) throw malformed(param, `must be one of ${allowed.map((name) => `"${name}"`).join(', ')}, ${notThis(value)}`)
  return known
}

/** The end of a sentence that says what a value had to be. */
export function notThis(value: JsonValue | undefined): string {
  return value === undefined ? 'and is missing' : `not ${describe(value)}`
}

/** A value in the words of a message. Strings are shown when they are short, and never longer. */
export function describe(value: JsonValue): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return value.length <= 40 ? JSON.stringify(value) : 'a long string'
  if (typeof value === 'object') return isList(value) ? 'an array' : 'an object'
  return typeof value === 'number' ? `the number ${value}` : String(value)
}

function range(least: number, most: number): string {
  return most === Infinity ? `at least ${least}` : `between ${least} and ${most}`
}
