import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JsonObject, OutputFormat } from './conversation.ts'
import { answerInstruction, answerTool, answerToolName, isAnswerTool } from './structured-output.ts'

const output = (schema: JsonObject, description?: string): OutputFormat => ({ kind: 'schema', name: 'city', description, schema, strict: true })

describe('the tool that stands for structured output', () => {
  it('takes the schema as its arguments, with the description of the format or else its name', () => {
    const schema: JsonObject = { type: 'object', properties: { name: { type: 'string' } }, additionalProperties: false }
    assert.deepEqual(answerTool(output(schema, 'A city')), { name: answerToolName, description: 'A city', parameters: schema, strict: undefined })
    assert.match(answerTool(output(schema)).description ?? '', /\(city\)/)
  })

  it('takes any object for plain JSON', () => {
    assert.deepEqual(answerTool({ kind: 'json' }).parameters, { type: 'object' })
  })

  it('says that the root is an object where the schema does not, and refuses roots that are none', () => {
    const schema: JsonObject = { $ref: '#/$defs/city', $defs: { city: { type: 'object' } } }
    assert.deepEqual(answerTool(output(schema)).parameters, { type: 'object', ...schema })
    for (const wrong of [{ type: 'array', items: {} }, { anyOf: [{ type: 'object' }] }, { type: 'object', oneOf: [] }]) {
      assert.throws(() => answerTool(output(wrong)), { code: 'unsupported_parameter', param: 'response_format' })
    }
  })

  it('is known by its name alone, which every provider takes and the instruction tells', () => {
    assert.deepEqual([isAnswerTool(answerToolName), isAnswerTool('answer')], [true, false])
    assert.match(answerToolName, /^[a-zA-Z0-9_-]{1,64}$/)
    assert.ok(answerInstruction.includes(answerToolName))
  })
})
