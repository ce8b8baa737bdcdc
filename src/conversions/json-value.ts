// Looking into JSON that somebody else wrote: a value of the expected kind, or nothing.

import type { JsonObject, JsonValue } from './conversation.ts'

export function asObject(value: JsonValue | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined
}

/** [] for anything else. */
export function asList(value: JsonValue | undefined): readonly JsonValue[] {
  return isList(value) ? value : []
}

export function asString(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Array.isArray does not narrow readonly arrays. */
export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** Undefined for text that is no JSON. */
export function parseJsonText(text: string): JsonValue | undefined {
  try {
    // JSON.parse gives nothing else.
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
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
