// Checks of one request field each, in the words of Anthropic's own errors: `messages.0.content.1.text: Input should be a valid string`.
// By hand, because a schema library would cost more than the rest of the conversion.

import { TollgateError } from '../../core/errors.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { asObject, isList } from '../json-value.ts'

/** 400: what Anthropic itself would refuse. */
export function malformed(param: string, rule: string): TollgateError {
  return new TollgateError('malformed_request', `${param}: ${rule}`, { param })
}

/** 422: what no other API can do and would change the answer. */
export function unsupported(param: string, rule: string): TollgateError {
  return new TollgateError('unsupported_parameter', `${param}: ${rule}`, { param })
}

export function expectObject(value: JsonValue | undefined, param: string): JsonObject {
  const object = asObject(value)
  if (object === undefined) throw wrong(value, param, 'a valid dictionary')
  return object
}

export function expectList(value: JsonValue | undefined, param: string): readonly JsonValue[] {
  if (value === undefined || value === null || !isList(value)) throw wrong(value, param, 'a valid list')
  return value
}

export function expectString(value: JsonValue | undefined, param: string): string {
  if (typeof value !== 'string') throw wrong(value, param, 'a valid string')
  return value
}

/** Null is said by many clients, and means nothing to the API. */
export function optionalString(value: JsonValue | undefined, param: string): string | undefined {
  return value === undefined || value === null ? undefined : expectString(value, param)
}

export function optionalObject(value: JsonValue | undefined, param: string): JsonObject | undefined {
  return value === undefined || value === null ? undefined : expectObject(value, param)
}

export function optionalBoolean(value: JsonValue | undefined, param: string): boolean | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'boolean') throw wrong(value, param, 'a valid boolean')
  return value
}

export function expectInteger(value: JsonValue | undefined, param: string, least: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrong(value, param, 'a valid integer')
  if (value < least) throw malformed(param, `Input should be greater than or equal to ${least}`)
  return value
}

export function optionalInteger(value: JsonValue | undefined, param: string, least: number): number | undefined {
  return value === undefined || value === null ? undefined : expectInteger(value, param, least)
}

/** From 0 to 1. */
export function optionalShare(value: JsonValue | undefined, param: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number') throw wrong(value, param, 'a valid number')
  if (value < 0 || value > 1) throw malformed(param, 'Input should be between 0 and 1')
  return value
}

export function expectOneOf<Name extends string>(value: JsonValue | undefined, param: string, allowed: readonly Name[]): Name {
  const found = allowed.find((name) => name === value)
  if (found === undefined) throw wrong(value, param, allowed.map((name) => `'${name}'`).join(' or '))
  return found
}

function wrong(value: JsonValue | undefined, param: string, kind: string): TollgateError {
  return malformed(param, value === undefined ? 'Field required' : `Input should be ${kind}`)
}
