// One plain form for the values of three CELs (ours, the oracle, the conformance data), so that they can be compared.

import { isCelError, isCelList, isCelMap, isCelUint } from '@bufbuild/cel'
import { UnsignedInt } from 'cel-js/evaluator'
import type { Value } from '@bufbuild/cel-spec/cel/expr/value_pb.js'

/** `int:7`, `uint:7`, `double:7`, `string:"a"`, `list:[…]` … */
export type PlainValue = string

export function plainDouble(value: number): PlainValue {
  return Object.is(value, -0) ? 'double:-0' : `double:${value}`
}

/** Of what our evaluator returns. */
export function plainOfOurs(value: unknown): PlainValue {
  if (value instanceof UnsignedInt) return `uint:${value.valueOf()}`
  if (value instanceof Map) return plainMap([...value].map(([key, entry]) => [plainOfOurs(key), plainOfOurs(entry)]))
  if (Array.isArray(value)) return `list:[${value.map(plainOfOurs).join(',')}]`
  if (value instanceof Date) return `timestamp:${value.toISOString()}`
  if (typeof value === 'object' && value !== null && value.constructor === Object) {
    return plainMap(Object.entries(value).map(([key, entry]) => [plainOfOurs(key), plainOfOurs(entry)]))
  }
  return plainScalar(value)
}

/** Of what the oracle returns. */
export function plainOfOracle(value: unknown): PlainValue {
  if (isCelError(value)) throw value
  if (isCelUint(value)) return `uint:${value.value}`
  if (isCelList(value)) return `list:[${[...value].map(plainOfOracle).join(',')}]`
  if (isCelMap(value)) return plainMap([...value].map(([key, entry]) => [plainOfOracle(key), plainOfOracle(entry)]))
  return plainScalar(value)
}

/** Of what the conformance data expects; undefined for kinds of values a cost cannot hold (messages, enums). */
export function plainOfExpected(value: Value): PlainValue | undefined {
  const { kind } = value
  switch (kind.case) {
    case 'int64Value':
      return `int:${kind.value}`
    case 'uint64Value':
      return `uint:${kind.value}`
    case 'nullValue':
      return 'null'
    case 'doubleValue':
    case 'stringValue':
    case 'boolValue':
    case 'bytesValue':
      return plainScalar(kind.value)
    case 'typeValue':
      return `type:${kind.value}`
    case 'listValue': {
      const entries = kind.value.values.map(plainOfExpected)
      return entries.includes(undefined) ? undefined : `list:[${entries.join(',')}]`
    }
    case 'mapValue': {
      const entries = kind.value.entries.map((entry) => [entry.key && plainOfExpected(entry.key), entry.value && plainOfExpected(entry.value)] as const)
      return entries.flat().includes(undefined) ? undefined : plainMap(entries.map(([key, entry]) => [`${key}`, `${entry}`]))
    }
    default:
      return undefined
  }
}

function plainScalar(value: unknown): PlainValue {
  if (value === null) return 'null'
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString('hex')}`
  switch (typeof value) {
    case 'bigint':
      return `int:${value}`
    case 'number':
      return plainDouble(value)
    case 'string':
      return `string:${JSON.stringify(value)}`
    case 'boolean':
      return `bool:${value}`
    default:
      return `type:${readTypeName(value)}`
  }
}

function readTypeName(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'name' in value) return String(value.name)
  return String(value)
}

function plainMap(entries: readonly (readonly [string, string])[]): PlainValue {
  return `map:{${entries.map(([key, value]) => `${key}=${value}`).toSorted().join(',')}}`
}
