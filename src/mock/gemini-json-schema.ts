// What Gemini refuses in a JSON Schema, and a sample value of one. Source: ai.google.dev/api/generate-content, responseJsonSchema.

import { isObject, stringOf } from './json-object.ts'
import type { JsonObject } from './json-object.ts'

const types = new Set(['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'])
const maxDepth = 32

/** The first thing that is wrong with a schema, or undefined. Keywords that Gemini does not know are ignored, as there. */
export function jsonSchemaFault(schema: unknown): string | undefined {
  return isObject(schema) ? faultOf(schema, definitionsOf(schema), 0) : 'the schema must be an object'
}

/** The same schema with every reference replaced by what it refers to, and alternatives by the first one that is not null. */
export function inlineReferences(schema: unknown, definitions: JsonObject = definitionsOf(schema), depth = 0): unknown {
  if (!isObject(schema) || depth > maxDepth) return schema
  const ref = stringOf(schema['$ref'])
  if (ref !== undefined) return inlineReferences(definitions[ref.replace('#/$defs/', '')], definitions, depth + 1)
  const alternatives = schema['anyOf'] ?? schema['oneOf']
  if (Array.isArray(alternatives)) return inlineReferences(alternatives.find((each) => !isObject(each) || each['type'] !== 'null'), definitions, depth + 1)
  const { type, properties } = schema
  return {
    ...schema,
    ...(Array.isArray(type) ? { type: type.find((each) => each !== 'null') } : {}),
    ...(isObject(properties) ? { properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, inlineReferences(each, definitions, depth + 1)])) } : {}),
  }
}

function definitionsOf(schema: unknown): JsonObject {
  const definitions = isObject(schema) ? schema['$defs'] : undefined
  return isObject(definitions) ? definitions : {}
}

function faultOf(schema: JsonObject, definitions: JsonObject, depth: number): string | undefined {
  if (depth > maxDepth) return 'the schema is nested too deep'
  const ref = stringOf(schema['$ref'])
  if (ref !== undefined) {
    if (Object.keys(schema).some((name) => !name.startsWith('$'))) return '$ref must not have other properties beside it'
    if (ref !== '#' && !Object.hasOwn(definitions, ref.replace('#/$defs/', ''))) return `reference to undefined schema at ${ref}`
  }
  const type = schema['type']
  const unknownType = type === undefined ? undefined : (Array.isArray(type) ? type : [type]).find((each) => typeof each !== 'string' || !types.has(each))
  if (unknownType !== undefined) return `unknown type ${JSON.stringify(unknownType)}`
  for (const inner of innerSchemas(schema)) {
    const fault = faultOf(inner, definitions, depth + 1)
    if (fault !== undefined) return fault
  }
  return undefined
}

function innerSchemas(schema: JsonObject): readonly JsonObject[] {
  const maps = [schema['properties'], schema['$defs']].flatMap((map) => (isObject(map) ? Object.values(map) : []))
  const lists = [schema['anyOf'], schema['oneOf'], schema['prefixItems']].flatMap((list) => (Array.isArray(list) ? list : []))
  return [...maps, ...lists, schema['items'], schema['additionalProperties']].filter(isObject)
}
