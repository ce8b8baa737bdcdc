// Looking into JSON that somebody else wrote: a value of the expected kind, or nothing.

import type { JsonObject, JsonValue } from './conversation.ts'

export function asObject(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !isList(value) ? value : undefined
}

/** [] for anything else. */
export function asList(value: JsonValue | undefined): readonly JsonValue[] {
  return value !== undefined && isList(value) ? value : []
}

export function asString(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

// Array.isArray does not narrow readonly arrays.
export function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** The members that are there, in order. */
export function withoutUndefined(members: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const kept: Record<string, JsonValue> = {}
  for (const name in members) {
    const value = members[name]
    if (value !== undefined) kept[name] = value
  }
  return kept
}
