// JSON Schema as Gemini reads it (parametersJsonSchema, responseJsonSchema): the same language with a few words missing.
// Source: ai.google.dev/api/generate-content, GenerationConfig.responseJsonSchema: the known keywords; a $ref may have no neighbours but $….

import { TollgateError } from '../../core/errors.ts'
import type { JsonObject, JsonValue } from '../conversation.ts'
import { asList, asObject, asString, isList } from '../json-value.ts'

/** Deeper schemas than this are no one's: the bound is for the stack. */
const maxDepth = 100

const schemaMembers = new Set(['items', 'additionalProperties', 'not', 'contains', 'propertyNames', 'if', 'then', 'else'])
const schemaListMembers = new Set(['prefixItems', 'anyOf', 'oneOf', 'allOf'])
const schemaMapMembers = new Set(['properties', 'patternProperties', '$defs'])

/** The same schema in Gemini's words. Throws TollgateError `malformed_request` naming `param` when it is nested too deep. */
export function writeSchema(schema: JsonObject, param: string): JsonObject {
  return asObject(rewrite(schema, param, 0)) ?? schema
}

/** A schema for the arguments of a function, which are an object even where the schema does not say so. */
export function writeArgumentsSchema(schema: JsonObject, param: string): JsonObject {
  const written = writeSchema(schema, param)
  return ['type', '$ref', 'anyOf', 'oneOf', 'allOf'].some((name) => Object.hasOwn(written, name)) ? written : { type: 'object', ...written }
}

function rewrite(value: JsonValue, param: string, depth: number): JsonValue {
  const schema = asObject(value)
  if (schema === undefined) return value
  if (depth > maxDepth) throw new TollgateError('malformed_request', `${param} holds a schema that is nested more than ${maxDepth} levels deep.`, { param })
  const members: [string, JsonValue][] = []
  for (const [name, member] of Object.entries(schema)) {
    if (name === '$schema') continue
    members.push(rewriteMember(name, member, schema, param, depth + 1))
  }
  return refAlone(singleAllOf(Object.fromEntries(members)))
}

function rewriteMember(name: string, member: JsonValue, schema: JsonObject, param: string, depth: number): [string, JsonValue] {
  if (name === 'const') return Object.hasOwn(schema, 'enum') ? [name, member] : ['enum', [member]]
  if (name === '$ref') return [name, asString(member)?.replace(/^#\/definitions\//, '#/$defs/') ?? member]
  if (name === 'definitions') return ['$defs', rewriteMap(member, param, depth)]
  // A list of items is a tuple, which JSON Schema has called prefixItems since 2020.
  if (name === 'items' && isList(member)) return ['prefixItems', member.map((item) => rewrite(item, param, depth))]
  if (schemaMembers.has(name)) return [name, rewrite(member, param, depth)]
  if (schemaListMembers.has(name)) return [name, asList(member).map((item) => rewrite(item, param, depth))]
  if (schemaMapMembers.has(name)) return [name, rewriteMap(member, param, depth)]
  return [name, member]
}

function rewriteMap(value: JsonValue, param: string, depth: number): JsonValue {
  const map = asObject(value)
  return map === undefined ? value : Object.fromEntries(Object.entries(map).map(([name, schema]) => [name, rewrite(schema, param, depth)]))
}

// allOf with one schema is how generators put a description beside a $ref.
function singleAllOf(schema: JsonObject): JsonObject {
  const all = asList(schema['allOf'])
  const only = all.length === 1 ? asObject(all[0]) : undefined
  const { allOf: _, ...rest } = schema
  if (only === undefined || Object.keys(only).some((name) => Object.hasOwn(rest, name))) return schema
  return { ...only, ...rest }
}

// Gemini refuses a $ref with neighbours; behind an anyOf of one they may stay.
function refAlone(schema: JsonObject): JsonObject {
  const ref = schema['$ref']
  if (ref === undefined || Object.hasOwn(schema, 'anyOf') || Object.keys(schema).every((name) => name.startsWith('$'))) return schema
  const { $ref: _, ...rest } = schema
  return { anyOf: [{ $ref: ref }], ...rest }
}
