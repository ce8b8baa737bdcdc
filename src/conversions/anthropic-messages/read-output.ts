// The schema of the answer. Source: docs.anthropic.com, "Structured outputs".

import type { JsonObject, JsonValue, OutputFormat } from '../conversation.ts'
import { asList, asObject, asString, isList } from '../json-value.ts'
import { expectObject, expectOneOf, optionalObject } from './field-checks.ts'

/** `output_format` is where it was during the beta. */
export function readOutput(body: JsonObject): OutputFormat | undefined {
  const config = optionalObject(body['output_config'], 'output_config')
  const inConfig = config?.['format'] ?? null
  const param = inConfig === null ? 'output_format' : 'output_config.format'
  const format = optionalObject(inConfig ?? body['output_format'], param)
  if (format === undefined) return undefined
  expectOneOf(format['type'], `${param}.type`, ['json_schema'])
  const schema = expectObject(format['schema'], `${param}.schema`)
  return { kind: 'schema', name: 'answer', description: undefined, schema, strict: isStrict(schema) ? true : undefined }
}

/**
 * Whether OpenAI takes this schema as a strict one too: it wants every object closed and all of its members required
 * (platform.openai.com, "Structured Outputs"), Anthropic only the former.
 */
function isStrict(schema: JsonValue): boolean {
  if (typeof schema !== 'object' || schema === null) return true
  if (isList(schema)) return schema.every(isStrict)
  if (asString(schema['type']) === 'object') {
    const required = new Set(asList(schema['required']))
    if (schema['additionalProperties'] !== false || !Object.keys(asObject(schema['properties']) ?? {}).every((name) => required.has(name))) return false
  }
  return Object.values(schema).every(isStrict)
}
