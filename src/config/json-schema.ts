// The published JSON Schema: editors complete and check tollgate.yaml with it. schema/tollgate.schema.json is its committed copy.

import { z } from 'zod'
import { configSchema } from './schema.ts'

/** A fresh plain object, JSON Schema draft 2020-12. What only cross-checks can see is not in it. */
export function configJsonSchema(): Record<string, unknown> {
  const schema: Record<string, unknown> = z.toJSONSchema(configSchema, { io: 'input' })
  return { ...schema, title: 'tollgate.yaml' }
}
