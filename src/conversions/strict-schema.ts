// OpenAI refuses `strict` for schemas that leave an object open or a property optional (platform.openai.com, "Structured Outputs"); Anthropic
// allows both. Such a schema is sent without it, which binds the model less instead of failing the request.

import type { JsonObject, JsonValue } from './conversation.ts'
import { isJsonObject, isList } from './json-value.ts'

/** Whether OpenAI would take this JSON Schema as a strict one, as far as closed objects and required properties go. */
export function isStrictSchema(schema: JsonValue): boolean {
  if (isList(schema)) return schema.every((each) => isStrictSchema(each))
  if (!isJsonObject(schema)) return true
  const properties = schema['properties']
  if ((schema['type'] === 'object' || isJsonObject(properties)) && !isClosed(schema, isJsonObject(properties) ? properties : {})) return false
  for (const name in schema) {
    const value = schema[name]
    if (value === undefined || name === 'enum' || name === 'const' || name === 'default' || name === 'examples') continue
    const inner = (name === 'properties' || name === '$defs' || name === 'definitions') && isJsonObject(value) ? Object.values(value) : [value]
    if (!inner.every((each) => isStrictSchema(each))) return false
  }
  return true
}

function isClosed(schema: JsonObject, properties: JsonObject): boolean {
  if (schema['additionalProperties'] !== false) return false
  const required = schema['required']
  return Object.keys(properties).every((name) => isList(required) && required.includes(name))
}
