// The schema of the answer. Source: docs.anthropic.com, "Structured outputs".

import type { JsonObject, OutputFormat } from '../conversation.ts'
import { isStrictSchema } from '../strict-schema.ts'
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
  return { kind: 'schema', name: 'answer', description: undefined, schema, strict: isStrictSchema(schema) ? true : undefined }
}
