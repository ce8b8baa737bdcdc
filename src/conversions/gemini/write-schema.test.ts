import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JsonObject } from '../conversation.ts'
import { writeArgumentsSchema, writeSchema } from './write-schema.ts'

function written(schema: JsonObject): JsonObject {
  return writeSchema(schema, 'tools')
}

describe("a schema in Gemini's words", () => {
  it('is the same where there is nothing to say otherwise', () => {
    const schema: JsonObject = {
      type: 'object',
      properties: { const: { type: ['string', 'null'], enum: ['a', null] }, $ref: { type: 'array', items: { $ref: '#/$defs/x' }, minItems: 1 } },
      required: ['const'],
      additionalProperties: false,
      $defs: { x: { oneOf: [{ type: 'integer' }, { type: 'boolean' }] } },
    }
    assert.deepEqual(written(schema), schema)
  })

  it('has an enum of one for a constant, wherever it is', () => {
    assert.deepEqual(written({ anyOf: [{ const: 'a' }], properties: { b: { items: { const: 1 } } }, additionalProperties: { const: null } }), {
      anyOf: [{ enum: ['a'] }],
      properties: { b: { items: { enum: [1] } } },
      additionalProperties: { enum: [null] },
    })
  })

  it('has $defs for definitions, tuples as prefixItems, and no $schema', () => {
    const old: JsonObject = { $schema: 'http://json-schema.org/draft-07/schema#', definitions: { a: { const: 1 } }, properties: { b: { items: [{ $ref: '#/definitions/a' }] } } }
    assert.deepEqual(written(old), { $defs: { a: { enum: [1] } }, properties: { b: { prefixItems: [{ $ref: '#/$defs/a' }] } } })
  })

  it('keeps a $ref apart from its neighbours', () => {
    assert.deepEqual(written({ $ref: '#/$defs/a', description: 'An a' }), { anyOf: [{ $ref: '#/$defs/a' }], description: 'An a' })
    assert.deepEqual(written({ allOf: [{ $ref: '#/$defs/a' }], description: 'An a' }), { anyOf: [{ $ref: '#/$defs/a' }], description: 'An a' })
    assert.deepEqual(written({ $ref: '#/$defs/a', $defs: { a: {} } }), { $ref: '#/$defs/a', $defs: { a: {} } })
  })

  it('merges an allOf of one only where nothing is lost', () => {
    assert.deepEqual(written({ allOf: [{ type: 'string' }], title: 'T' }), { type: 'string', title: 'T' })
    const both: JsonObject = { allOf: [{ required: ['a'] }], required: ['b'] }
    assert.deepEqual(written(both), both)
  })

  it('describes an object when it is for arguments', () => {
    assert.deepEqual(writeArgumentsSchema({ properties: {} }, 'tools'), { type: 'object', properties: {} })
    assert.deepEqual(writeArgumentsSchema({ $ref: '#/$defs/a', $defs: {} }, 'tools'), { $ref: '#/$defs/a', $defs: {} })
  })

  it('is not nested without end', () => {
    let schema: JsonObject = { type: 'string' }
    for (let depth = 0; depth < 101; depth += 1) schema = { items: schema }
    assert.throws(() => written(schema), { code: 'malformed_request', param: 'tools' })
    assert.ok(written({ items: { items: { type: 'string' } } }))
  })
})
